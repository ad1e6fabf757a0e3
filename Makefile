# One command each. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help nightly serve test test-slow test-faults test-install check fix bench bench-large constraints clean

# The first Python that is new enough; constraints.txt was resolved with 3.11. Set PYTHON to choose another.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for one in python3.11 python3 python3.12 python3.13; do \
	$$one $(NEW_ENOUGH) 2>/dev/null && echo $$one && break; done)

VENV := .venv
BIN := $(VENV)/bin
STORE ?= store
# Processes that run tests; the files of tests are shared out among them, those of docs and flows together.
JOBS ?= 2
SAMPLE := data/sample/iesiz.toml
ARGS ?=
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Prefect's client sends notices home unless it is told not to.
export DO_NOT_TRACK := 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The install is editable: a change of the source needs no second one.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later found: set PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.run

nightly: $(VENV)/.run ## publish the bundled sample into ./store (or STORE=...) and show what was published
	$(BIN)/iesiz run --settings $(SAMPLE) --store $(STORE) --from 2026-11-01 --to 2026-11-10
	$(BIN)/iesiz status --settings $(SAMPLE) --store $(STORE)
	$(BIN)/iesiz query --settings $(SAMPLE) --store $(STORE) \
		"select * from daily_visitors_by_site order by all limit 12"

serve: $(VENV)/.run ## the scheduler on this machine until Ctrl-C: server, pool, deployments, worker (PORT=4200)
	$(BIN)/python -m flows.serve --port $(or $(PORT),4200)

test: $(VENV)/.dev ## all tests (ARGS="tests/unit -x" for some); says at the end what it could not test here
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

test-slow: $(VENV)/.dev ## the tests that run for minutes, at full size
	$(BIN)/python -m pytest -m slow $(ARGS)

test-faults: $(VENV)/.dev ## kills, full and failing disks at every kind of write; a month with crashes
	$(BIN)/python -m pytest tests/faults -m faults --numprocesses $(JOBS) --dist worksteal $(ARGS)

test-install: $(VENV)/.dev ## a new environment by a plain `pip install .`, and a flow run in it
	$(BIN)/python -m pytest -m install $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

fix: $(VENV)/.dev ## format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## speed and memory; ratios within one run
	$(BIN)/python -m pytest tests/benchmarks -m benchmark -s $(ARGS)

bench-large: $(VENV)/.dev ## the growth from three to thirty million lines; half an hour and 10 GB of disk
	$(BIN)/python -m pytest tests/benchmarks -m large -s $(ARGS)

fuzz: $(VENV)/.dev ## damaged lines of every format against the parser, ten minutes (SECONDS=600)
	PYTHONPATH=. $(BIN)/python tests/fuzz/fuzz_parse.py $(or $(SECONDS),600)

constraints: ## resolve the tested set anew, unconstrained, into constraints.txt
	@set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(PYTHON) -m venv "$$fresh"; "$$fresh/bin/pip" install --quiet --editable '.[dev]'; \
	head -n 1 constraints.txt > "$$fresh/new"; \
	"$$fresh/bin/pip" freeze --exclude-editable --exclude pip | grep -v '@' >> "$$fresh/new"; \
	cp "$$fresh/new" constraints.txt

clean: ## remove the environment and caches; the store stays
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find src flows tests data -name __pycache__ -type d -prune -exec rm -rf {} +
