"""What can be subtracted from what over time, and what somebody's own visits lift over a threshold.

Weeks minus days and unions are tried in ``test_time`` and ``test_unions``, revisions in ``test_revision``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from iesiz.disclosure import CHANGE, Rules, night_rules, plan_of
from iesiz.disclosure.night_rules import NETWORK_COUNT, sensitive_rows
from iesiz.periods import Grain, Period
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import TYPES
from iesiz.tables import Cells, TableSpec
from tests.privacy.exact_night import SPECS as PACKAGE
from tests.privacy.exact_night import cells_of
from tests.privacy.releases import KEY, PEOPLE, REGIONS, SITES, SUMMED, THRESHOLDS, Releases, World
from tests.privacy.releases import SPECS as IN_TIME

K = THRESHOLDS.k
SUNDAY = dt.date(2026, 11, 1)  # the month's first day, and the last of the week before its first whole one
HOURLY = PACKAGE["hourly_requests_by_status"]
MEMBERS = PACKAGE["monthly_members_by_region_and_age"]
RULES = Rules(KEY, "2026-11-01", THRESHOLDS, plan_of(list(PACKAGE.values())))


def people(*days: list[int]) -> World:
    """People by region of site a on each day, regions that are left out far from small; site b likewise."""
    counts = np.full((len(days), len(SITES), len(REGIONS)), 200)
    for at, day in enumerate(days):
        counts[at, 0, : len(day)] = day
    return World(tuple(SUNDAY + dt.timedelta(days=step) for step in range(len(days))), counts)


def shown(releases: Releases, spec: TableSpec, period: Period) -> dict[tuple[str, ...], int | None]:
    one = releases.done[spec.name, period].published
    return {tuple(row[d] for d in one.spec.dimensions): row[PEOPLE] for row in one.table.to_pylist()}


def month_minus_week(releases: Releases) -> int | None:
    """November so far less its only whole week is its first Sunday, of one region."""
    people([3], *[[40]] * 7).run(releases)
    month = shown(releases, IN_TIME[3], Period(Grain.MONTH, SUNDAY))["a", "r1"]
    week = shown(releases, IN_TIME[2], Period.of(Grain.WEEK, SUNDAY + dt.timedelta(days=1)))["a", "r1"]
    return None if month is None or week is None else month - week


def test_a_month_minus_its_weeks_is_no_withheld_day() -> None:
    assert month_minus_week(Releases()) is None


def test_control_without_history_a_month_minus_its_weeks_is_three_people() -> None:
    assert month_minus_week(Releases(remembers=False)) == 3


def site_minus_sections(releases: Releases) -> int | None:
    """A site's week less the sections of its days that are published: one section of one day is not."""
    world = people(*[[60, 70, 80, 90, 50]] * 7, [60, 70, 80, 90, 50])
    world.people[3, 0, 1] = 4
    world.run(releases)
    week = Period.of(Grain.WEEK, SUNDAY + dt.timedelta(days=1))
    total = shown(releases, SUMMED[2], week)["a",]
    days = [shown(releases, SUMMED[0], Period(Grain.DAY, day)) for day in world.days if day in week]
    sections = [count for day in days for (site, _), count in day.items() if site == "a"]
    hidden = sections.count(None)
    return None if total is None or hidden != 1 else total - sum(one for one in sections if one is not None)


def test_a_site_over_a_week_minus_its_sections_over_days_is_no_withheld_section() -> None:
    assert site_minus_sections(Releases(specs=SUMMED)) is None


def test_control_without_links_a_site_minus_its_sections_is_four_people() -> None:
    """Each release forgets the others, and no daily total asks for a second section to be withheld."""
    alone = (replace(SUMMED[0], links=()), *SUMMED[1:])
    assert site_minus_sections(Releases(remembers=False, specs=alone)) == 4


def stock(change: int) -> Cells:
    """One cell of members that differs by so many from what was last published of it."""
    row = {"site": "mall", "region": "abai", "age": "25-29", "member_count": 100 + change, CHANGE: change}
    schema = pa.schema([(one.name, TYPES[one.type]) for one in MEMBERS.columns])
    return Cells(MEMBERS, pa.Table.from_pylist([row], schema))


def test_members_minus_the_members_of_a_month_before_are_none_or_enough() -> None:
    withheld = {change: bool(sensitive_rows(stock(change), RULES)[0]) for change in (0, 1, 19, 20)}
    assert withheld == {0: False, 1: True, 19: True, 20: False}


def test_control_without_the_column_cumulative_minus_cumulative_is_one_member() -> None:
    cells = stock(1)
    without = replace(cells, table=stock(0).table.set_column(3, "member_count", cells.table["member_count"]))
    assert sensitive_rows(without, RULES).tolist() == [False]


def filled(fakes: int, networks: int, hour: int = 10) -> Cells:
    """A cell with one visitor, and with those that somebody sent himself from so many networks."""
    count = 1 + fakes
    row = {"site": "mall", "hour": hour, "status_class": "2xx", NETWORK_COUNT: networks}
    numbers = {"visitor_count": count, "request_count": count, "response_bytes": 100 * count}
    rule = {"response_bytes_first": 100, "response_bytes_second": 100}
    return cells_of(HOURLY, [{**row, **numbers, **rule}])


def is_shown(cells: Cells, rules: Rules = RULES) -> bool:
    return not sensitive_rows(cells, rules)[0]


def test_visitors_that_somebody_sends_from_one_network_lift_no_cell() -> None:
    assert not is_shown(filled(1000, networks=2))  # his own and the victim's


def test_control_without_the_rule_of_networks_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_rules, "NETWORKS", 0)
    assert is_shown(filled(14, networks=2))


def lifted(thresholds: Thresholds, fakes: int) -> float:
    """The share of cells that so many visitors of his own lift over the threshold, one victim in each."""
    rules = replace(RULES, thresholds=thresholds)
    cells = [(replace(rules, period=f"2026-11-{day:02}"), hour) for day in range(1, 31) for hour in range(24)]
    return float(np.mean([is_shown(filled(fakes, 3, hour), asked) for asked, hour in cells]))


def test_k_minus_one_visitors_of_his_own_lift_a_fifth_of_the_cells_only() -> None:
    assert lifted(THRESHOLDS, K - 1) == pytest.approx(1 / 5, abs=0.06)


def test_control_without_the_secret_part_they_lift_every_cell() -> None:
    assert lifted(THRESHOLDS.model_copy(update={"spread": 1}), K - 1) == 1.0


def test_what_it_cannot_stop_is_enough_visitors_from_enough_networks() -> None:
    """The codebook says so: he knows how many he sent, and subtracts them."""
    cells = filled(K + THRESHOLDS.spread, networks=4)
    assert is_shown(cells)
    assert cells.table["visitor_count"][0].as_py() - (K + THRESHOLDS.spread) == 1


def test_one_visitor_who_dominates_a_number_is_withheld_however_many_stand_beside_him() -> None:
    cells = filled(50, networks=4)
    place = cells.table.column_names.index("response_bytes_first")
    heavy = replace(cells, table=cells.table.set_column(place, "response_bytes_first", pa.array([5000])))
    assert is_shown(cells)
    assert not is_shown(heavy)
