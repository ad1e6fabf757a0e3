"""Ten times the lines: how time and peak memory grow, with distinct values that grow with the lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.measure import generated, measured, said

GOALS = "goals 10.5, 1.2 in memory, less than 2,048 MiB for thirty million lines"


def grown(folder: Path, lines: int) -> None:
    few, many = (generated(folder / f"{size}.log", size, "--grow") for size in (lines, 10 * lines))
    for half in ("reading", "night"):
        small = measured(half, few, folder / f"{half}-few")
        large = measured(half, many, folder / f"{half}-many")
        said(f"{half}, {lines:,} to {10 * lines:,} lines: {large.over(small)} ({GOALS})")


@pytest.mark.benchmark
def test_ten_times_the_lines(tmp_path: Path) -> None:
    grown(tmp_path, 300_000)


@pytest.mark.large
def test_ten_times_three_million_lines(tmp_path: Path) -> None:
    grown(tmp_path, 3_000_000)
