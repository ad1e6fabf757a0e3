"""Robots that pass for browsers are known by what they do; people, and logs that tell little, are spared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iesiz.aggregate import aggregate_day
from iesiz.behaviour import BEHAVIOUR, Behaviour
from iesiz.rule_settings import Thresholds
from iesiz.tables import load_tables
from tests.statistics.test_cases import Row, day_of

NEVER = 10**9
OFF = Behaviour(robots_requests=NEVER, minute_pages=NEVER, bare_pages=NEVER)
(VISITORS,) = [spec for spec in load_tables() if spec.name == "daily_visitors_by_site"]
# People of the site, two pages and an asset each: the site's log has assets.
PEOPLE = 20


def clock(second: int) -> str:
    return str(dt.timedelta(hours=9, seconds=second)).rjust(8, "0")


def row(visitor: str, second: int, **more: Any) -> dict[str, Any]:
    return {"visitor": visitor, "at": clock(second), **more}


def asset(visitor: str, second: int, route: str = "/static/{file}.css", **more: Any) -> dict[str, Any]:
    return row(visitor, second, resource="asset", route=route, **more)


def people() -> Iterator[dict[str, Any]]:
    for number in range(PEOPLE):
        yield from (row(f"p{number}", 0), row(f"p{number}", 40), asset(f"p{number}", 1))


def pages(count: int, gap: int, **more: Any) -> list[dict[str, Any]]:
    return [row("r", number * gap, **more) for number in range(count)]


def visitors(folder: Path, requests: list[Row], behaviour: Behaviour = BEHAVIOUR) -> int:
    """Visitors of the site that count as people."""
    given = replace(day_of(folder, {"requests": requests}), behaviour=behaviour)
    (cells,) = aggregate_day(given, [VISITORS], Thresholds(), threads=2)
    (count,) = cells.table["visitor_count"].to_pylist()
    return int(count)


ROBOTS = {
    "robots_requests": [row("r", 0), asset("r", 1), asset("r", 2, route="/robots.txt", status_code=404)],
    "minute_pages": [*pages(60, 1), asset("r", 30)],
    "bare_pages": pages(20, 100),
}


@pytest.mark.parametrize("rule", ROBOTS)
def test_each_rule_alone_makes_a_robot(tmp_path: Path, rule: str) -> None:
    only = replace(OFF, **{rule: getattr(BEHAVIOUR, rule)})
    requests = [*people(), *ROBOTS[rule]]
    assert visitors(tmp_path / "on", requests, only) == PEOPLE
    assert visitors(tmp_path / "off", requests, OFF) == PEOPLE + 1


@pytest.mark.parametrize(
    "requests",
    [
        [row("r", 0), asset("r", 1, route="/shops/robots.txt")],  # no file that is written for robots
        [*pages(59, 1), asset("r", 30)],  # a page a second for nearly a minute
        [*pages(80, 1, resource="asset")],  # what pages draw in is fast
        [*pages(80, 1, resource="api"), row("r", 0)],  # what programs in pages ask for is, too
        [*[row("r", 20 + number) for number in range(80)], asset("r", 30)],  # 40 in each of two minutes
        pages(19, 100),  # assets may be kept from days before
        [*pages(50, 100), asset("r", 9)],
    ],
)
def test_people_stay_people(tmp_path: Path, requests: list[Row]) -> None:
    assert visitors(tmp_path, [*people(), *requests]) == PEOPLE + 1


def test_a_failing_page_is_a_page(tmp_path: Path) -> None:
    assert visitors(tmp_path, [*people(), *pages(20, 100, status_code=404)]) == PEOPLE


def test_a_log_without_assets_makes_nobody_a_robot(tmp_path: Path) -> None:
    no_assets = [one for one in people() if "resource" not in one]
    assert visitors(tmp_path, [*no_assets, *pages(30, 100)]) == PEOPLE + 1


def test_a_log_with_few_assets_makes_nobody_a_robot(tmp_path: Path) -> None:
    # A network that delivers the assets leaves icons to the server: one person in five asks for one.
    few = [one for one in people() if "resource" not in one or one["visitor"] < "p13"]
    assert sum("resource" in one for one in few) == 5
    assert visitors(tmp_path, [*few, *pages(30, 100)]) == PEOPLE + 1


def test_robots_without_assets_do_not_hide_behind_each_other(tmp_path: Path) -> None:
    swarm = [row(f"r{number}", second) for number in range(60) for second in range(0, 2000, 100)]
    assert visitors(tmp_path, [*people(), *swarm]) == PEOPLE


def test_the_assets_of_another_site_say_nothing(tmp_path: Path) -> None:
    elsewhere = [{**one, "site": "club"} for one in people()]
    given = day_of(tmp_path, {"requests": [*elsewhere, *pages(30, 100)]})
    (cells,) = aggregate_day(given, [VISITORS], Thresholds(), threads=2)
    counts = dict(zip(cells.table["site"].to_pylist(), cells.table["visitor_count"].to_pylist(), strict=True))
    assert counts == {"club": PEOPLE, "mall": 1}


@pytest.mark.parametrize("rule", ROBOTS)
def test_without_agents_robots_are_unknown(tmp_path: Path, rule: str) -> None:
    requests = [{**one, "device": "unknown"} for one in ROBOTS[rule]]
    assert visitors(tmp_path, [*people(), *requests]) == PEOPLE + 1


def test_robots_by_agent_say_nothing_about_assets(tmp_path: Path) -> None:
    # A robot that draws everything in does not make a log without assets one that has them.
    no_assets = [one for one in people() if "resource" not in one]
    drawn = [asset("listed", second, is_robot=True) for second in range(500)]
    assert visitors(tmp_path, [*no_assets, *drawn, *pages(30, 100)]) == PEOPLE + 1
