"""Log to restricted Parquet against a plain conversion of the same file, in turn, on the same machine."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LINES = 3_000_000
ROUNDS = 3


def measured(which: str, log: Path, folder: Path) -> dict[str, float]:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, HERE / "reading.py", which, log, folder], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.benchmark
def test_reading_a_log(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    generator = [sys.executable, HERE / "generate_log.py", "--lines", str(LINES), "--out", log]
    subprocess.run(generator, check=True, capture_output=True)
    ratios = {"wall": [], "cpu": []}
    for number in range(ROUNDS):
        ours = measured("iesiz", log, tmp_path / f"iesiz{number}")
        plain = measured("plain", log, tmp_path / f"plain{number}")
        for name, values in ratios.items():
            values.append(ours[name] / plain[name])
        for name, one in (("iesiz", ours), ("plain", plain)):
            print(
                f"\n{number + 1} {name}: {one['wall']:.2f} s, {one['cpu']:.2f} CPU s, {one['peak']:.0f} MiB"
            )
    for name, values in ratios.items():
        print(f"{LINES:,} lines, {name}: {statistics.median(values):.2f} times plain conversion (goal 1.0)")
