"""A published sample, made once for all that the documents show."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from tests.command import run_here
from tests.conftest import ROOT


def run_iesiz(command: str, folder: Path) -> str:
    """What a command prints in a folder; it has to succeed."""
    arguments = shlex.split(command)
    assert arguments[0] == "iesiz"
    done = run_here(folder, *arguments[1:], columns=80)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's commands work: the sample, read and published as `make nightly` does."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    run_iesiz("iesiz run --settings data/sample/iesiz.toml --from 2026-11-01 --to 2026-11-10", folder)
    return folder
