"""A published sample, made once for all that the documents show."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

IESIZ = [sys.executable, "-c", "from iesiz.cli import main; main()"]


def run_iesiz(command: str, folder: Path) -> str:
    """What a command prints in a folder; it has to succeed."""
    arguments = shlex.split(command)
    assert arguments[0] == "iesiz"
    done = subprocess.run([*IESIZ, *arguments[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's commands work: the sample, read and published as `make nightly` does."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    run_iesiz("iesiz run --settings data/sample/iesiz.toml --from 2026-11-01 --to 2026-11-10", folder)
    return folder
