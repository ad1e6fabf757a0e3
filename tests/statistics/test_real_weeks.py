"""Two real weeks, published, against a count of the raw lines in plain Python.

What a robot, a page, a route and a kind of referrer are has tests of its own: here those classes are taken as they
are, and everything that is counted with them is counted again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.deidentify.agents import Agent, classify_agent
from iesiz.deidentify.referrers import classify_referrer
from iesiz.deidentify.routes import OwnRoutes, resource_of, route_of
from iesiz.tables import Cells
from tests.nights import Network
from tests.privacy.byte_search import Canary, Search

LINE = re.compile(
    r'(?P<address>\S+) \S+ .+? \[(?P<time>[^]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<bytes>\d+|-) '
    r'"(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
REQUEST = re.compile(r"(?P<method>[A-Z]{3,24}) (?P<target>\S+)(?: HTTP/\S+)?")
CAMPAIGN = re.compile(r"[?&#](?:utm_|gclid=|yclid=|fbclid=)")
CLOCK = "%d/%b/%Y:%H:%M:%S %z"
ZONE = ZoneInfo("Europe/Paris")
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
K = 10
Key = tuple[object, ...]
Counts = dict[Key, tuple[int, ...]]
Exact = dict[tuple[dt.date, str], Cells]
LINES_OF_BOTH_WEEKS = 27133


class Unshown(list[Any]):
    """A list that a failing test cannot quote: the logs are real people's."""

    def __repr__(self) -> str:
        return f"<{len(self)} items>"


@dataclass(frozen=True)
class Hit:
    """A request as the definitions see it."""

    day: dt.date
    visitor: tuple[str, str] = field(repr=False)
    second: int
    hour: int
    status: int
    size: int
    route: str
    referrer: str
    agent: Agent
    is_pageview: bool

    @property
    def status_class(self) -> str:
        return f"{self.status // 100}xx"


@cache
def routed(path: str) -> str:
    return route_of(path, OwnRoutes())


def hit(match: re.Match[str]) -> Hit:
    moment = dt.datetime.strptime(match["time"], CLOCK)
    local = moment.astimezone(ZONE)
    request = REQUEST.fullmatch(match["request"])
    path = re.split("[?#]", request["target"])[0] if request else ""
    campaign = "utm_source=x" if request and CAMPAIGN.search(request["target"]) else None
    agent = classify_agent(match["agent"])
    is_page = request is not None and request["method"] == "GET" and resource_of(path) == "page"
    return Hit(
        day=local.date(),
        visitor=(match["address"], match["agent"]),
        second=int(moment.timestamp()),
        hour=local.hour,
        status=int(match["status"]),
        size=0 if match["bytes"] == "-" else int(match["bytes"]),
        route=routed(path) if request else "{malformed}",
        referrer=classify_referrer(match["referrer"], campaign, frozenset({"mall.example"})).kind,
        agent=agent,
        is_pageview=is_page and not agent.is_robot and int(match["status"]) in (200, 304),
    )


@pytest.fixture(scope="module")
def matches(corpora: Path) -> list[re.Match[str]]:
    """Every line of both weeks, read by the expression above."""
    texts = [(corpora / "logs" / "hurence" / f"access.log.{week}").read_text("latin-1") for week in (51, 49)]
    found = Unshown(LINE.fullmatch(line) for text in texts for line in text.split("\n") if line)
    assert (len(found), sum(one is None for one in found)) == (LINES_OF_BOTH_WEEKS, 0)
    return found


@pytest.fixture(scope="module")
def people(matches: list[re.Match[str]]) -> list[Hit]:
    return Unshown(one for one in map(hit, matches) if not one.agent.is_robot)


@pytest.fixture(scope="module")
def steps(people: list[Hit]) -> list[str]:
    """The two pages that most are seen of, as the steps of a funnel."""
    return [route for route, _ in Counter(one.route for one in people if one.is_pageview).most_common(2)]


@pytest.fixture(scope="module")
def published(corpora: Path, steps: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Exact]:
    """A night over both weeks, and the exact cells that its days were made of."""
    net = Network(tmp_path_factory.mktemp("weeks"))
    net.write("iesiz.toml", SETTINGS.format(*steps).encode())
    for week in (49, 51):
        net.write(f"logs/access.log.{week}", (corpora / "logs" / "hurence" / f"access.log.{week}").read_bytes())
    exact: Exact = {}
    with pytest.MonkeyPatch.context() as patch:
        original = pipeline.aggregate_day
        patch.setattr(pipeline, "aggregate_day", lambda given, *rest: noted(exact, given.day, original(given, *rest)))
        counts = net.night()
    assert counts.failures == ()
    assert sum(one.counts.recognised for one in counts.files) == LINES_OF_BOTH_WEEKS
    return net, exact


def noted(exact: Exact, day: dt.date, cells: tuple[Cells, ...]) -> tuple[Cells, ...]:
    exact.update({(day, one.spec.name): one for one in cells})
    return cells


# The count, table by table: {(day, dimensions...): (contributors, measures...)}.


def grouped(hits: list[Hit], *names: str) -> dict[Key, list[Hit]]:
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for one in hits:
        groups[tuple(getattr(one, name) for name in ("day", *names))].append(one)
    return groups


def visitors(hits: list[Hit]) -> int:
    return len({one.visitor for one in hits})


def count_by_status(people: list[Hit]) -> Counts:
    groups = grouped([one for one in people if one.status >= 200], "hour", "status_class")
    return {key: (visitors(hits), len(hits), sum(one.size for one in hits)) for key, hits in groups.items()}


def count_by_page(hits: list[Hit], *names: str) -> Counts:
    """Routes that at least K visitors of the day share; all others together."""
    shared = {key for key, of_route in grouped(hits, "route").items() if visitors(of_route) >= K}
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for one in hits:
        page = one.route if (one.day, one.route) in shared else "other"
        groups[(one.day, page, *(getattr(one, name) for name in names))].append(one)
    return {key: (visitors(of_page), len(of_page)) for key, of_page in groups.items()}


def visits(people: list[Hit]) -> Iterator[list[Hit]]:
    for hits in grouped(people, "visitor").values():
        visit: list[Hit] = []
        for one in sorted(hits, key=lambda hit: (hit.second, not hit.is_pageview, hit.referrer)):
            if visit and one.second - visit[-1].second > 1800:
                yield visit
                visit = []
            visit.append(one)
        yield visit


def count_visits(people: list[Hit], name: str) -> Counts:
    groups: dict[Key, list[list[Hit]]] = defaultdict(list)
    for visit in visits(people):
        label = {"device": device(visit[0]), "referrer": referrer(visit[0])}[name]
        groups[visit[0].day, label].append(visit)
    return {key: (distinct(of), len(of), sum(pageviews(one) == 1 for one in of)) for key, of in groups.items()}


def count_visitors(people: list[Hit]) -> Counts:
    groups: dict[Key, list[list[Hit]]] = defaultdict(list)
    for visit in visits(people):
        groups[(visit[0].day,)].append(visit)
    return {
        key: (distinct(of), len(of), sum(map(pageviews, of)), sum(one[-1].second - one[0].second for one in of))
        for key, of in groups.items()
    }


def distinct(of: list[list[Hit]]) -> int:
    return len({visit[0].visitor for visit in of})


def pageviews(visit: list[Hit]) -> int:
    return sum(one.is_pageview for one in visit)


def device(first: Hit) -> str:
    return first.agent.device if first.agent.device in ("mobile", "desktop", "tablet") else "other"


def referrer(first: Hit) -> str:
    return "other_site" if first.referrer == "malformed" else first.referrer


def count_funnel(people: list[Hit], steps: list[str]) -> Counts:
    seen = [one for one in people if one.is_pageview]
    first = {(one.day, one.visitor) for one in seen if one.route == steps[0]}
    landing = [one for one in seen if one.route == steps[0]]
    form = [one for one in seen if one.route == steps[1] and (one.day, one.visitor) in first]
    named = {"landing": landing, "form": form}
    return {
        (*key, step): (visitors(hits), len(hits)) for step, of in named.items() for key, hits in grouped(of).items()
    }


def counted(people: list[Hit], steps: list[str]) -> dict[str, Counts]:
    return {
        "hourly_requests_by_status": count_by_status(people),
        "daily_pageviews_by_page": count_by_page([one for one in people if one.is_pageview]),
        "daily_errors_by_page": count_by_page([one for one in people if one.status >= 400], "status_class"),
        "daily_visits_by_device": count_visits(people, "device"),
        "daily_visits_by_referrer": count_visits(people, "referrer"),
        "daily_visitors_by_site": count_visitors(people),
        "daily_funnel_to_registration": count_funnel(people, steps),
    }


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
    "daily_visits_by_device",
    "daily_visits_by_referrer",
    "daily_visitors_by_site",
    "daily_funnel_to_registration",
)


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_what_plain_python_counts(
    published: tuple[Network, Exact], people: list[Hit], steps: list[str], table: str
) -> None:
    expected, cells = counted(people, steps)[table], cells_of(published[1], table)
    assert {name for _, name in published[1]} == set(TABLES)
    sums = [tuple(map(sum, zip(*one.values(), strict=True))) for one in (expected, cells)]
    assert sums[0] == sums[1]
    assert {key: counts for key, counts in cells.items() if expected.get(key) != counts} == {}
    assert set(cells) == set(expected)


@pytest.mark.parametrize("table", TABLES)
def test_published_and_withheld_cells_are_the_exact_ones(published: tuple[Network, Exact], table: str) -> None:
    """A cell of K visitors stands as it is; of any other nothing does."""
    net, exact = published
    shown = 0
    for (day, name), cells in exact.items():
        if name != table:
            continue
        path = net.store / "published" / "tables" / name / f"day={day}" / "part-0.parquet"
        rows = {tuple(row[one] for one in cells.spec.dimensions): row for row in pq.ParquetFile(path).read().to_pylist()}
        for row in cells.table.to_pylist():
            is_shown = row["visitor_count"] >= K
            withheld = {**row, **dict.fromkeys(cells.spec.counted), "status": "suppressed"}
            expected = {**row, "status": "published"} if is_shown else withheld
            assert rows.pop(tuple(row[one] for one in cells.spec.dimensions)) == expected
            shown += is_shown
        assert rows == {}
    assert shown > 10


def test_each_day_with_a_line_is_published(published: tuple[Network, Exact], matches: list[re.Match[str]]) -> None:
    net, _ = published
    days = {dt.datetime.strptime(one["time"], CLOCK).astimezone(ZONE).date() for one in matches}
    assert len(days) in range(14, 19)
    parts = (net.store / "published" / "tables" / "daily_visitors_by_site").glob("day=*/part-0.parquet")
    assert {part.parent.name for part in parts} == {f"day={day}" for day in days}


def test_no_address_or_agent_of_the_logs_is_in_the_store(
    published: tuple[Network, Exact], matches: list[re.Match[str]]
) -> None:
    real = Unshown({Canary("address", "address", one["address"]) for one in matches})
    real += {Canary("agent", "agent", one["agent"]) for one in matches if len(one["agent"]) > 12}
    assert len(real) > 1500
    assert Search(real).in_folder(published[0].store) == []
