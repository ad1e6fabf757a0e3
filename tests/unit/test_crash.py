"""A machine that stops dead at any step of a release: the next run comes to the bytes of an undisturbed one.

Each step is tried in a child process that ends there at once, so that nothing is cleaned up behind it;
of a ledger's line half is written.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights import DAY, Network, log, network

# Forks before any library has started a thread; a child exits with 9 where it was told to stop.
CHILDREN = """
import os, pathlib, shutil, sys
from iesiz import ledger, pipeline, storage, tools
from iesiz.deidentify.agents import classify_agent
from iesiz.settings import load_settings
from tests.nights import BROWSER, DAY

place, begun = map(pathlib.Path, sys.argv[1:3])

def stopping_at(step):
    left = iter(range(step, -1, -1))
    replace, append, unlink = os.replace, storage.append_line, pathlib.Path.unlink

    def stop(*_):
        if next(left) == 0:
            os._exit(9)

    def torn_append(path, line):
        if next(left) == 0:
            with path.open("ab") as out:
                out.write(line[: len(line) // 2])
            os._exit(9)
        append(path, line)

    os.replace = lambda *paths: (stop(), replace(*paths))[1]
    pathlib.Path.unlink = lambda path, missing_ok=False: (stop(), unlink(path, missing_ok))[1]
    ledger.append_line = torn_append

def close(base):
    settings = load_settings(base / "iesiz.toml")
    with pipeline.store_lock(settings):
        arrivals = pipeline.discover(settings, DAY)
        for file in arrivals.files:
            pipeline.deidentify_file(settings, file)
        pipeline.close_day(settings, DAY)

def child(work):
    number = os.fork()
    if not number:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

# What every child would have to load again.
tools.examine([begun / "logs/mall/web/access.log"], "combined")
classify_agent(BROWSER)

for step in range(0, 200, int(sys.argv[3])):
    base = place / f"{step:02}"
    shutil.copytree(begun, base)

    def crash():
        stopping_at(step)
        close(base)

    if child(crash) == 0:
        break
    if child(lambda: close(base)):
        print(f"the run after a crash at step {step} failed", file=sys.stderr)
print(step)
"""


# So many that no secret part of a threshold, which another store draws anew, decides on a cell.
MANY = range(1, 41)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network whose log was delivered and that has no store yet."""
    net = network(tmp_path_factory.mktemp("begun") / "network")
    net.write("logs/mall/web/access.log", log(DAY, MANY))
    return net


@pytest.fixture(scope="module")
def undisturbed(begun: Network, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    net = network(tmp_path_factory.mktemp("undisturbed"))
    net.write("logs/mall/web/access.log", log(DAY, MANY))
    net.night(DAY)
    kept = ("tables/", "ledger.jsonl")  # the catalog and what else readers get is made anew each night
    return {name: digest for name, digest in net.published().items() if name.startswith(kept)}


@pytest.mark.parametrize("stride", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_a_crash_at_any_step_leaves_what_the_next_run_finishes(
    tmp_path: Path, begun: Network, undisturbed: dict[str, str], stride: int
) -> None:
    command = [sys.executable, "-c", CHILDREN, str(tmp_path), str(begun.base), str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    assert steps > 30  # a mark, two keys, a part, a journal, seven tables, sixteen ledger lines, the rest
    crashed = {step: Network(tmp_path / f"{step:02}") for step in range(0, steps, stride)}
    wrong = [step for step, net in crashed.items() if net.published() != undisturbed]
    assert wrong == [], done.stderr
