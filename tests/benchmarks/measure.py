"""Logs to measure on, and halves measured in processes of their own, one after another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall and CPU seconds, and peak memory in MiB."""

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s, {self.cpu:.2f} CPU s, {self.peak:,.0f} MiB"

    def over(self, other: Measured, share: float = 1.0) -> str:
        """How many times the other's seconds, of which a share counts, and its memory."""
        wall, cpu = self.wall / other.wall / share, self.cpu / other.cpu / share
        return f"{wall:.2f} times by the clock, {cpu:.2f} by CPU, {self.peak / other.peak:.2f} in memory"


def generated(log: Path, lines: int, *options: str) -> Path:
    """A synthetic combined log of one day."""
    command = [sys.executable, HERE / "generate_log.py", "--lines", str(lines), "--out", log, *options]
    subprocess.run(command, check=True, capture_output=True)
    return log


def measured(half: str, log: Path, folder: Path, form: str = "combined") -> Measured:
    """Run one half in a new folder."""
    folder.mkdir()
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, HERE / "halves.py", half, log, folder, form],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{half} of {log.name} failed:\n{done.stderr[-2000:]}")
    result = Measured(**json.loads(done.stdout))
    print(f"\n{half} {log.name}: {result}", end="")
    return result


def said(text: str) -> None:
    """Print a result on a line of its own."""
    print(f"\n{text}")
