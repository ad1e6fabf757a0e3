"""What the tests of faults share: the shim, a network before its night, and its undisturbed bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.conftest import ROOT, Require
from tests.faults import world
from tests.faults.runs import Fault, Seen
from tests.nights import Network

Run = Callable[..., subprocess.CompletedProcess[str]]
Try = Callable[[Sequence[Fault]], list[Seen]]


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
def begun(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network whose next night does all there is to do."""
    return world.begin(tmp_path_factory.mktemp("begun") / "network")


@pytest.fixture(scope="session")
def undisturbed(begun: Network, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What that night publishes if nothing goes wrong."""
    copy = Network(Path(shutil.copytree(begun.base, tmp_path_factory.mktemp("undisturbed") / "network")))
    assert world.work(copy.settings).failures == ()
    return world.kept(copy)


@pytest.fixture(scope="session")
def python(shim: Path) -> Run:
    """The function that runs a module with the shim loaded, given its arguments and its standard input."""

    def run(module: str, *arguments: Path, asked: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        code = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(code, input=asked, capture_output=True, text=True, env=env, cwd=ROOT)

    return run


@pytest.fixture(scope="session")
def start(python: Run, begun: Network) -> Callable[[Path, str], str]:
    """Start the program of disturbed runs in a folder, with its standard input; its output."""

    def started(place: Path, asked: str) -> str:
        done = python("tests.faults.runs", place, begun.base, asked=asked)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    return started


@pytest.fixture(scope="session")
def calls(
    start: Callable[[Path, str], str], begun: Network, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Every call of an undisturbed night that changes the store, in order, with the file."""
    place = tmp_path_factory.mktemp("calls")
    kept = Path(shutil.copytree(begun.base, place / "kept"))
    start(place, "")
    shutil.rmtree(begun.base)
    kept.rename(begun.base)
    return (place / "calls").read_text().splitlines()


@pytest.fixture
def try_faults(start: Callable[[Path, str], str], tmp_path: Path) -> Try:
    """The function that tries faults, each on a store of its own."""

    def tried(faults: Sequence[Fault]) -> list[Seen]:
        asked = "".join(json.dumps(asdict(one)) + "\n" for one in faults)
        found = map(json.loads, start(tmp_path, asked).splitlines())
        return [Seen(**{**one, "fault": Fault(**one["fault"])}) for one in found]

    return tried
