"""Millions of invented URLs: pages keep their counts, the rest is one, and memory stays bounded."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.aggregate import DayInput, aggregate_day
from iesiz.rule_settings import Thresholds
from iesiz.site_settings import Site
from iesiz.tables import load_tables
from tests.nights import BROWSER, DAY, NETWORKS, network
from tests.statistics.test_cases import DAY as RECORDED
from tests.statistics.test_cases import KEY, MIDNIGHT, RECORD, SITES

PAGES = [spec for spec in load_tables() if spec.name == "daily_pageviews_by_page"]
LETTERS = "bcdfghjklmnpqrst"
# The night as the command runs it, and how much memory it took, in MiB.
NIGHT = """
import sys
from pathlib import Path
from tests.memory import peak
from tests.nights import DAY, Network
counts = Network(Path(sys.argv[1])).night(DAY)
print(counts.exit_code, counts.files[0].counts.recognised, peak())
"""


def part(path: Path, routes: list[tuple[str, int]]) -> Path:
    """A day in which so many visitors of their own ask for each route, once each."""
    asked = [(route, visitor) for route, count in routes for visitor in range(count)]
    size = len(asked)
    usual: dict[str, Any] = {name: ["none"] * size for name in RECORD.names}
    pseudonyms = [number.to_bytes(16, "big") for _, number in asked]
    usual |= {"visitor": pseudonyms, "network": [bytes(15) + bytes([n % 5]) for _, n in asked]}
    usual |= {
        "second": [MIDNIGHT + 3600 + n for n in range(size)],
        "hour": [1 + n // 3600 for n in range(size)],
    }
    usual |= {"route": [route for route, _ in asked], "method": ["GET"] * size, "resource": ["page"] * size}
    usual |= {"bytes": [10] * size, "status_code": [200] * size, "is_robot": [False] * size}
    usual |= {"device": ["mobile"] * size, "duration": pa.nulls(size, pa.int64())}
    pq.write_table(pa.table(usual).select(RECORD.names).cast(RECORD), path)
    return path


def pages(given: DayInput) -> dict[str, tuple[int, int]]:
    [cells] = aggregate_day(given, PAGES, Thresholds(), threads=1)
    return {
        row["page"]: (row["visitor_count"], row["pageview_count"])
        for row in cells.table.to_pylist()
        if row["visitor_count"]
    }


def of_day(path: Path, sites: tuple[Site, ...] = SITES) -> DayInput:
    return DayInput(RECORDED, sites, {SITES[0].name: [path]}, None, sampling_key=KEY, threshold_key=KEY)


def test_pages_keep_their_counts_and_what_nobody_shares_is_one(tmp_path: Path) -> None:
    rare = [(f"/invented/{number}", 1) for number in range(5)]
    given = of_day(part(tmp_path / "a.parquet", [("/ru/shops", 40), ("/ru/news", 30), *rare]))
    all_told = pages(given)
    assert all_told == {"/ru/shops": (40, 40), "/ru/news": (30, 30), "other": (1, 5)}
    assert pages(replace(given, most_routes=3)) == all_told
    assert pages(replace(given, most_routes=7)) == all_told


def test_a_page_of_few_visitors_that_was_common_before_or_is_the_sites_own_stays_itself(
    tmp_path: Path,
) -> None:
    path = part(tmp_path / "a.parquet", [("/ru/shops", 40), ("/old", 3), ("/own", 2), ("/rare", 2)])
    own = SITES[0].model_copy(update={"routes": ["/own"]})
    labels = {
        RECORDED - dt.timedelta(days=back): {PAGES[0].name: [(own.name, "/old"), (own.name, "/ru/shops")]}
        for back in (1, 2)
    }
    given = replace(of_day(path, (own, *SITES[1:])), labels=labels)
    expected = {"/ru/shops": (40, 40), "/old": (3, 3), "/own": (2, 2), "other": (2, 2)}
    assert pages(given) == expected
    assert pages(replace(given, most_routes=1)) == expected


def write_log(path: Path, lines: int) -> None:
    """Every line asks for a URL of its own, made of letters, so that nothing folds it."""
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="ascii") as out:
        for number in range(lines):
            second, visitor = number * 70_000 // lines, number % 200 + 1
            word = "".join(LETTERS[number >> 4 * place & 15] for place in range(7))
            clock = (
                f"{DAY:%d}/Mar/{DAY:%Y}:{2 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0500"
            )
            out.write(
                f'{NETWORKS[visitor % 3]}.{visitor} - - [{clock}] "GET /shop/{word}/q HTTP/1.1" 200 512 "-" '
                f'"{BROWSER}"\n'
            )


def used(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("lines", [210_000, pytest.param(10_000_000, marks=pytest.mark.slow)])
def test_a_night_of_invented_urls_takes_bounded_memory(tmp_path: Path, lines: int) -> None:
    net = network(tmp_path / "network")
    write_log(net.base / "logs/mall/web/a.log", lines)
    done = subprocess.run(
        [sys.executable, "-c", NIGHT, str(net.base)], capture_output=True, text=True, check=True
    )
    exit_code, recognised, memory = map(int, done.stdout.split())
    assert (exit_code, recognised) == (0, lines)
    assert memory < 2300  # the engine's 1 GiB and what reads the log; 2 kB a URL were 20 GB for ten million
    delivered = (net.base / "logs/mall/web/a.log").stat().st_size
    assert used(net.store / "restricted") < delivered / 12  # a route of its own and a hash for each line
    # Seven: the catalog's blocks, and three pages with the charting library. No URL adds to them.
    assert used(net.store / "published") < 10 << 20
