"""A plain ``pip install .`` into a new environment gives a Prefect that runs a flow."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tests.flows.prefect_server import ROOT, environment

FLOW = """
from prefect import flow, task
import iesiz

@task
def double(number: int) -> int:
    return 2 * number

@flow
def doubled(number: int) -> int:
    return double(number)

print("result", doubled(21))
"""


def run(*command: str | Path, cwd: Path, home: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=environment(home), capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def files_of(package: Path) -> set[str]:
    return {
        str(file.relative_to(package.parent))
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.mark.install
def test_a_plain_install_is_whole_and_runs_a_flow(tmp_path: Path) -> None:
    source, programs = tmp_path / "source", tmp_path / "venv" / "bin"
    source.mkdir()
    for name in ("pyproject.toml", "prefect.toml"):
        shutil.copy(ROOT / name, source)
    for name in ("src", "flows"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(tmp_path / "venv", with_pip=True)

    run(programs / "python", "-m", "pip", "install", "--quiet", ".", cwd=source, home=tmp_path)
    assert "result 42" in run(programs / "python", "-c", FLOW, cwd=source, home=tmp_path)
    assert "Usage: iesiz" in run(programs / "iesiz", "--help", cwd=source, home=tmp_path)
    [installed] = tmp_path.glob("venv/lib/python*/site-packages/iesiz")
    assert files_of(installed) == files_of(source / "src" / "iesiz")
    assert not (installed.parent / "flows").exists()
