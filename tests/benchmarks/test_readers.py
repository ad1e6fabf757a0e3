"""How long readers wait: the catalog opened, three years asked, a year's dashboard built (`make bench`)."""

from __future__ import annotations

import datetime as dt
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import iesiz
from iesiz import pipeline
from iesiz.settings import Settings
from iesiz.tables import load_tables
from tests.published import made_store

pytestmark = pytest.mark.benchmark
THREE_YEARS, YEAR = 1096, 365
OPEN = """
import time
begun = time.perf_counter()
import iesiz
db = iesiz.open({store!r})
db.sql("select 1").fetchall()
print(time.perf_counter() - begun)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made_store(tmp_path_factory.mktemp("three_years") / "net", dt.date(2024, 1, 1), THREE_YEARS)


@dataclass(frozen=True, order=True)
class Taken:
    """Seconds of a clock, and of all processors together: where others work too, the latter tells more."""

    wall: float
    cpu: float


def median_of(times: int, work: Callable[[], object]) -> Taken:
    """The median run of so many."""
    taken = []
    for _ in range(times):
        begun, worked = time.perf_counter(), time.process_time()
        work()
        taken.append(Taken(time.perf_counter() - begun, time.process_time() - worked))
    return sorted(taken)[times // 2]


def test_opening(settings: Settings) -> None:
    code = [sys.executable, "-c", OPEN.format(store=str(settings.store_path))]
    runs = [float(subprocess.run(code, capture_output=True, text=True, check=True).stdout) for _ in range(7)]
    print(f"\nopening in a new process, imports included: {statistics.median(runs):.3f} s (aim 0.3 s)")


def test_any_query_of_one_table(settings: Settings) -> None:
    slowest = (Taken(0, 0), "")
    with iesiz.open(settings.store_path) as db:
        for spec in load_tables():
            dimension, measure, grain = spec.dimensions[-1], spec.contributors, spec.grain
            for query in (
                f"select {dimension}, avg({measure}) from {spec.name} group by all order by all",
                f"select {grain}, site, sum({measure}) from {spec.name} group by all order by all",
                f"select status, count(*), max({measure}) from {spec.name} group by all",
                f"select * from {spec.name} order by {measure} desc nulls last limit 100",
                f"select *, rank() over (partition by {grain}, site order by {measure} desc) as place "
                f"from {spec.name} qualify place = 1",
            ):
                taken = median_of(3, lambda query=query: db.execute(query).fetchall())
                slowest = max(slowest, (taken, query))
    taken, query = slowest
    print(f"\nslowest query over three years of days: {taken.wall * 1000:.0f} ms (aim 100 ms),")
    print(f"  {taken.cpu * 1000:.0f} ms of all processors: {query}")


def test_building_the_catalog(settings: Settings) -> None:
    taken = median_of(1, lambda: pipeline.build_catalog(settings))
    print(f"\ncatalog of three years: {taken.wall:.1f} s, {taken.cpu:.1f} CPU s")
    print(f"catalog.duckdb: {settings.catalog.stat().st_size / 1e6:.1f} MB")


def test_a_years_dashboard(tmp_path: Path) -> None:
    settings = made_store(tmp_path / "net", dt.date(2026, 1, 1), YEAR)
    code = (
        "import time; begun = time.perf_counter(); from pathlib import Path; from iesiz import pipeline\n"
        "from iesiz.settings import load_settings\n"
        f"pipeline.build_dashboard(load_settings(Path({str(settings.base / 'iesiz.toml')!r})))\n"
        "print(time.perf_counter() - begun, time.process_time())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    ]
    taken = min(Taken(*map(float, run.split())) for run in runs)
    sizes = [path.stat().st_size for path in (settings.published / "dashboard").iterdir()]
    print(f"\ndashboard of a year in a new process: {taken.wall:.1f} s, {taken.cpu:.1f} CPU s (aim 5 s)")
    print(f"largest page: {max(sizes) / 1e6:.2f} MB (aim 3 MB)")
