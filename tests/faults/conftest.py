"""What the tests of faults share: the shim, the process that tries are forked from, the scenes."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, Require
from tests.faults.runs import Fault, Request, Seen

Start = Callable[..., subprocess.Popen[str]]
Ask = Callable[[Request], Seen]


@dataclass(frozen=True)
class Prepared:
    """A network before the night of a scene, and what that night does if nothing goes wrong.

    Attributes:
        begun: the network's folder, to be copied.
        undisturbed: SHA-256 of what is published then.
        calls: every call that changes the store, in order, with the file.
    """

    scene: str
    begun: Path
    undisturbed: dict[str, str]
    calls: list[str]


Prepare = Callable[[str], Prepared]
Try = Callable[[Prepared, Sequence[Fault]], list[Seen]]


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory, require: Require) -> Path:
    """The library that makes the operating system fail."""
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run(
        [require("gcc"), "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", made, source, "-ldl"],
        check=True,
    )
    return made


@pytest.fixture(scope="session")
def start(shim: Path) -> Start:
    """The function that starts a module with the shim loaded, given its arguments and where errors go."""

    def started(module: str, *arguments: Path | str, errors: Path) -> subprocess.Popen[str]:
        env = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        code = [sys.executable, "-m", module, *map(str, arguments)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with errors.open("w") as out:
            return subprocess.Popen(code, stderr=out, text=True, env=env, cwd=ROOT, **pipes)

    return started


@pytest.fixture(scope="session")
def ask(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The function that has a fault tried, by one process that every try is forked from."""
    errors = tmp_path_factory.mktemp("runs") / "errors"
    with start("tests.faults.runs", errors=errors) as runs:
        asked, answers = runs.stdin, runs.stdout
        assert asked is not None
        assert answers is not None

        def answered(request: Request) -> Seen:
            asked.write(json.dumps(asdict(request)) + "\n")
            asked.flush()
            answer, said = answers.readline(), errors.read_text()
            assert answer, said
            assert "Traceback" not in said, said
            return Seen.of(json.loads(answer))

        yield answered
        asked.close()


@pytest.fixture(scope="session")
def prepare(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """The function that makes a scene ready, once."""

    @functools.cache
    def made(scene: str) -> Prepared:
        begun = tmp_path_factory.mktemp(scene) / "begun"
        counted = ask(Request(scene, str(begun), Fault("count")))
        assert (counted.first, counted.second, counted.lost, counted.left) == (0, 0, [], [])
        calls = begun.with_name("calls").read_text().splitlines()
        return Prepared(scene, begun, counted.kept, calls)

    return made


@pytest.fixture(scope="session")
def try_faults(ask: Ask) -> Try:
    """The function that tries faults, each on a store of its own."""

    def tried(prepared: Prepared, faults: Sequence[Fault]) -> list[Seen]:
        return [ask(Request(prepared.scene, str(prepared.begun), fault)) for fault in faults]

    return tried
