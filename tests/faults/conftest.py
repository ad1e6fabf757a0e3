"""What the tests of faults share: the shim, a network before its night, and its undisturbed bytes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, Require
from tests.faults import world
from tests.faults.runs import Fault, Seen
from tests.nights import Network

Run = Callable[..., subprocess.CompletedProcess[str]]


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
def python(shim: Path) -> Run:
    """The function that runs a module with the shim loaded, given its arguments and its standard input."""

    def run(module: str, *arguments: Path | str, asked: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        code = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(code, input=asked, capture_output=True, text=True, env=env, cwd=ROOT)

    return run


@pytest.fixture(scope="session")
def prepare(python: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    """The function that makes a scene ready, once."""

    @functools.cache
    def made(scene: str) -> Prepared:
        place, last = tmp_path_factory.mktemp(scene), world.SCENES[scene]
        begun = world.begin(place / "begun", last).base
        whole, counted = (Path(shutil.copytree(begun, place / name)) for name in ("whole", "counted"))
        assert world.work(Network(whole).settings, last).failures == ()
        done = python("tests.faults.runs", place, counted, scene, asked="")
        assert done.returncode == 0, done.stderr
        return Prepared(scene, begun, world.kept(Network(whole)), (place / "calls").read_text().splitlines())

    return made


@pytest.fixture
def try_faults(python: Run, tmp_path: Path) -> Try:
    """The function that tries faults, each on a store of its own."""

    def tried(prepared: Prepared, faults: Sequence[Fault]) -> list[Seen]:
        asked = "".join(json.dumps(asdict(one)) + "\n" for one in faults)
        done = python("tests.faults.runs", tmp_path, prepared.begun, prepared.scene, asked=asked)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == len(faults)
        return [Seen(**{**one, "fault": Fault(**one["fault"])}) for one in found]

    return tried
