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
        print(
            f"\n{number + 1}: iesiz {ours['wall']:.2f} s ({ours['cpu']:.2f} CPU, peak {ours['peak']:.0f} MiB), "
            f"plain {plain['wall']:.2f} s ({plain['cpu']:.2f} CPU, peak {plain['peak']:.0f} MiB)"
        )
    for name, values in ratios.items():
        print(f"{LINES:,} lines, {name}: {statistics.median(values):.2f} times plain conversion (goal 1.0)")
