"""Log to restricted Parquet: against a plain conversion, from gzip, and from every other format."""

from __future__ import annotations

import gzip
import shutil
import statistics
from pathlib import Path

import pytest

from tests.benchmarks.measure import generated, measured, said
from tests.benchmarks.other_formats import WRITERS, write_as

LINES = 3_000_000
LINES_OF_A_FORMAT = 600_000
ROUNDS = 3


@pytest.mark.benchmark
def test_reading_a_log_and_converting_it(tmp_path: Path) -> None:
    log = generated(tmp_path / "access.log", LINES)
    wall, cpu = [], []
    for number in range(ROUNDS):
        ours = measured("reading", log, tmp_path / f"reading{number}")
        plain = measured("plain", log, tmp_path / f"plain{number}")
        wall.append(ours.wall / plain.wall)
        cpu.append(ours.cpu / plain.cpu)
    for name, ratios in (("by the clock", wall), ("by CPU", cpu)):
        said(f"{LINES:,} lines: {statistics.median(ratios):.2f} times plain conversion {name} (goal 1.0)")


@pytest.mark.benchmark
def test_reading_a_compressed_log(tmp_path: Path) -> None:
    log, packed = generated(tmp_path / "access.log", LINES), tmp_path / "access.log.gz"
    with log.open("rb") as lines, gzip.open(packed, "wb", compresslevel=6) as out:
        shutil.copyfileobj(lines, out, 1 << 20)
    ratios = []
    for number in range(ROUNDS):
        from_gzip = measured("reading", packed, tmp_path / f"gzip{number}")
        ratios.append(from_gzip.wall / measured("reading", log, tmp_path / f"text{number}").wall)
    said(f"gzip: {statistics.median(ratios):.2f} times the plain text by the clock (goal 1.3)")


@pytest.mark.benchmark
def test_reading_the_other_formats(tmp_path: Path) -> None:
    log = generated(tmp_path / "combined.log", LINES_OF_A_FORMAT)
    combined = measured("reading", log, tmp_path / "combined")
    for name in WRITERS:
        other = tmp_path / f"{name}.log"
        write_as(name, log, other)
        found = measured("reading", other, tmp_path / name, name)
        said(f"{name}: {found.over(combined)} of combined per line (goal 2)")
        other.unlink()
