"""Real weeks, published, against a count of the raw lines in plain Python."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from iesiz import publishing
from iesiz.aggregate import DayInput
from iesiz.bounds import Bounds
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, TableSpec
from tests.nights import Network
from tests.privacy.byte_search import Canary, Search
from tests.statistics.plain_count import LINE, Counts, Hit, K, Unshown, counted, hit, local_time, people_of

SETTINGS = """
[store]
path = "store"
[[policy.editions]]
name = "mega-coco-1"
in_force = 2013-01-01
[[sites]]
name = "mall"
hosts = ["mall.example"]
zone = "Europe/Paris"
funnel = [{{ step = "landing", route = "{0}" }}, {{ step = "form", route = "{1}" }}]
[[sites.logs]]
stream = "web"
paths = ["logs/*"]
format = "combined"
"""
# Bounds that bind nobody: what they leave out is another test's.
NO_SECRET = Thresholds.model_construct(k=10, k_sensitive=20, spread=1)
WIDE = Bounds(10**6, 10**6, 10**6, 10**6, 10**15, 10**6)
Exact = dict[tuple[dt.date, str], Cells]


@dataclass(frozen=True)
class Given:
    """The logs of some weeks, and how many lines, days and people there are at least to be found in them."""

    logs: tuple[Path, ...]
    lines: int
    days: int
    people: int


# A file for each week, and both together.
WEEKS = {"one": ((51,), 12893, 7, 800), "both": ((51, 49), 27133, 14, 1500)}


@pytest.fixture(scope="module", params=["one", pytest.param("both", marks=pytest.mark.slow)])
def given(request: pytest.FixtureRequest, corpora: Path) -> Given:
    weeks, *numbers = WEEKS[request.param]
    return Given(tuple(corpora / "logs" / "hurence" / f"access.log.{week}" for week in weeks), *numbers)


@pytest.fixture(scope="module")
def matches(given: Given) -> list[re.Match[str]]:
    """Every line, read by the expression of the plain count."""
    texts = [path.read_text("latin-1") for path in given.logs]
    found = Unshown(LINE.fullmatch(line) for text in texts for line in text.split("\n") if line)
    assert (len(found), sum(one is None for one in found)) == (given.lines, 0)
    return found


@pytest.fixture(scope="module")
def people(matches: list[re.Match[str]]) -> list[Hit]:
    return people_of(Unshown(map(hit, matches)))


@pytest.fixture(scope="module")
def steps(people: list[Hit]) -> list[str]:
    """The two pages that most are seen of, as the steps of a funnel."""
    return [route for route, _ in Counter(one.route for one in people if one.is_pageview).most_common(2)]


@pytest.fixture(scope="module")
def published(
    given: Given, steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Network, Exact, Exact]:
    """A night over all of it, its exact cells without bounds, and those that its days were made of."""
    net = Network(tmp_path_factory.mktemp("weeks"))
    net.write("iesiz.toml", SETTINGS.format(*steps).encode())
    for path in given.logs:
        net.write(f"logs/{path.name}", path.read_bytes())
    exact: Exact = {}
    bounded: Exact = {}
    with pytest.MonkeyPatch.context() as patch:
        original = publishing.aggregate_day

        def both(
            day: DayInput, specs: Sequence[TableSpec], own: Thresholds, threads: int, *others: Any
        ) -> tuple[Cells, ...]:
            free = original(replace(day, bounds=WIDE, labels={}), specs, NO_SECRET, threads)
            noted(exact, day.day, free)
            return noted(bounded, day.day, original(day, specs, own, threads, *others))

        patch.setattr(publishing, "aggregate_day", both)
        counts = net.night()
    assert counts.failures == ()
    assert sum(one.counts.recognised for one in counts.files) == given.lines
    return net, exact, bounded


def noted(exact: Exact, day: dt.date, cells: tuple[Cells, ...]) -> tuple[Cells, ...]:
    shown = [
        replace(one, table=one.table.select([each.name for each in one.spec.published])) for one in cells
    ]
    exact.update({(day, one.spec.name): one for one in shown})
    return cells


def cells_of(exact: Exact, table: str) -> Counts:
    """Cells that are not zero; the one site's name left out."""
    found: Counts = {}
    for (day, name), cells in exact.items():
        for row in cells.table.to_pylist() if name == table else ():
            counts = tuple(row[column] for column in cells.spec.counted)
            if any(counts):
                found[(day, *(row[column] for column in cells.spec.dimensions[1:]))] = counts
    return found


TABLES = (
    "hourly_requests_by_status",
    "daily_pageviews_by_page",
    "daily_errors_by_page",
    "daily_visits_by_browser",
    "daily_visits_by_device",
    "daily_visits_by_language",
    "daily_visits_by_system",
    "daily_visits_by_referrer",
    "daily_visitors_by_site",
    "daily_funnel_to_registration",
)


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_what_plain_python_counts(
    published: tuple[Network, Exact, Exact], people: list[Hit], steps: list[str], table: str
) -> None:
    expected, cells = counted(people, steps)[table], cells_of(published[1], table)
    # No line of these logs tells how long it took.
    assert {name for _, name in published[1]} == {*TABLES, "daily_latency_by_page"}
    assert cells_of(published[1], "daily_latency_by_page") == {}
    sums = [tuple(map(sum, zip(*one.values(), strict=True))) for one in (expected, cells)]
    assert sums[0] == sums[1]
    assert {key: counts for key, counts in cells.items() if expected.get(key) != counts} == {}
    assert set(cells) == set(expected)


@pytest.mark.parametrize("table", TABLES)
def test_published_and_withheld_cells_are_the_exact_ones(
    published: tuple[Network, Exact, Exact], table: str, given: Given
) -> None:
    """A cell that is shown is the exact one, and of K visitors or more; of any other nothing stands."""
    net, _, bounded = published
    shown = 0
    for (day, name), cells in bounded.items():
        if name != table:
            continue
        path = net.store / "published" / "tables" / name / f"day={day}" / "part-0.parquet"
        rows = {
            tuple(row[one] for one in cells.spec.dimensions): row
            for row in pq.ParquetFile(path).read().to_pylist()
        }
        for row in cells.table.to_pylist():
            found = rows.pop(tuple(row[one] for one in cells.spec.dimensions))
            is_shown = found["status"] == "published"
            withheld = {**row, **dict.fromkeys(cells.spec.counted), "status": "suppressed"}
            assert found == ({**row, "status": "published"} if is_shown else withheld)
            assert row["visitor_count"] >= K or not is_shown
            shown += is_shown
        assert rows == {}
    assert shown > 0.7 * given.days or table not in ("daily_visitors_by_site", "daily_pageviews_by_page")


def test_each_day_with_a_line_is_published(
    published: tuple[Network, Exact, Exact], matches: list[re.Match[str]], given: Given
) -> None:
    net = published[0]
    days = {local_time(one).date() for one in matches}
    assert len(days) in range(given.days, given.days + 5)
    parts = (net.store / "published" / "tables" / "daily_visitors_by_site").glob("day=*/part-0.parquet")
    assert {part.parent.name for part in parts} == {f"day={day}" for day in days}


def test_no_address_or_agent_of_the_logs_is_in_the_store(
    published: tuple[Network, Exact, Exact], matches: list[re.Match[str]], given: Given
) -> None:
    real = Unshown({Canary("address", "address", one["address"]) for one in matches})
    real += {Canary("agent", "agent", one["agent"]) for one in matches if len(one["agent"]) > 12}
    assert len(real) > given.people
    assert Search(real).in_folder(published[0].store) == []
