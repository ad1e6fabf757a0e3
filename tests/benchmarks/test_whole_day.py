"""A whole day with all tables against GoAccess and the importers' parse-only loop, on one file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.measure import generated, measured, said

LINES = 3_000_000
LINES_OF_THE_LOOP = 300_000  # its time is the same for each line, so the rest is reckoned


@pytest.mark.benchmark
def test_a_whole_day(tmp_path: Path) -> None:
    log = generated(tmp_path / "access.log", LINES)
    part = generated(tmp_path / "part.log", LINES_OF_THE_LOOP)
    ours = measured("night", log, tmp_path / "night")
    loop = measured("importer", part, tmp_path / "importer")
    times = loop.wall * LINES / LINES_OF_THE_LOOP / ours.wall
    said(f"{LINES:,} lines: {times:.1f} times as fast as the importers' loop, reckoned by line (goal 50)")
    if shutil.which("goaccess") is None:
        said("GoAccess is not installed here")
        return
    theirs = measured("goaccess", log, tmp_path / "goaccess")
    said(f"{LINES:,} lines: {theirs.wall / ours.wall:.1f} times as fast as GoAccess (goal 15)")
