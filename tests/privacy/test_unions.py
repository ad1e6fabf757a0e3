"""Distinct visitors of a week beside its days: unions differenced against published parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from iesiz.disclosure import Rules, plan_of
from iesiz.disclosure.night_attack import attack
from iesiz.disclosure.night_rules import LEFT_BY_ALL, LEFT_BY_EACH, sensitive_rows
from iesiz.links import Link
from iesiz.periods import Grain, Period
from iesiz.table_parts import Column
from iesiz.tables import Cells, Standing, TableSpec
from iesiz.vocabulary import Role
from tests.privacy.releases import KEY, PEOPLE, THRESHOLDS, Releases, cells_of, spec_of

DAILY, WEEKLY, MONTHLY = "daily_people_by_site", "weekly_people_by_site", "monthly_people_by_site"
K = THRESHOLDS.k
MONDAY = dt.date(2026, 11, 2)
DAYS = [MONDAY + dt.timedelta(days=step) for step in range(7)]
UNITES = Link(DAILY, (), unions={PEOPLE: PEOPLE}, over_time=True)
INSIDE = Link(MONTHLY, (), within={PEOPLE: PEOPLE}, over_time=True)
SITE = {"site": "sites"}


def with_rules(spec: TableSpec) -> TableSpec:
    rules = [Column(name, "int", Role.RULE, name, "people") for name in (LEFT_BY_EACH, LEFT_BY_ALL)]
    return replace(spec, columns=(*spec.columns, *rules))


SPECS = (
    spec_of(DAILY, Grain.DAY, SITE),
    with_rules(spec_of(WEEKLY, Grain.WEEK, SITE, UNITES, INSIDE)),
    with_rules(spec_of(MONTHLY, Grain.MONTH, SITE, UNITES)),
)


@dataclass(frozen=True)
class Seen:
    """Visitors of each day as sets; a day below the threshold is withheld."""

    days: Sequence[set[int]]

    def cells(self, spec: TableSpec, period: Period, releases: Releases) -> Cells:
        """A period's union with what its published parts leave over."""
        inside = [day for day in DAYS if day in period]
        whole = set().union(*(self.days[DAYS.index(day)] for day in inside))
        cells = cells_of(spec, period, {("a",): len(whole)}, inside)
        if period.grain is Grain.DAY:
            return cells
        parts = [
            set().union(*(self.days[DAYS.index(day)] for day in DAYS if day in part))
            for (_, part), one in releases.done.items()
            if one.published.table[PEOPLE].to_pylist() != [None]
        ]
        left = {
            LEFT_BY_EACH: min((len(whole - part) for part in parts), default=len(whole)),
            LEFT_BY_ALL: len(whole - set().union(*parts)),
        }
        table = cells.table
        for name, count in left.items():
            table = table.set_column(table.column_names.index(name), name, [[count]])
        return replace(cells, table=table)

    def publish(self, *grains: Grain) -> Releases:
        """Publish the days, then the longer periods."""
        releases = Releases(specs=SPECS)
        for spec in SPECS:
            if spec.grain is Grain.DAY or spec.grain in grains:
                for period in sorted({Period.of(spec.grain, day) for day in DAYS}, key=lambda one: one.start):
                    releases.publish(period, [self.cells(spec, period, releases)])
        return releases


def shown(releases: Releases, table: str) -> list[int | None]:
    return [
        one.published.table[PEOPLE].to_pylist()[0]
        for (name, _), one in releases.done.items()
        if name == table
    ]


def disjoint(*counts: int) -> Seen:
    return Seen([set(range(1000 * at, 1000 * at + count)) for at, count in enumerate(counts)])


def test_604_is_not_published_beside_six_days_of_100() -> None:
    releases = disjoint(100, 100, 100, 100, 100, 100, 4).publish(Grain.WEEK)
    assert shown(releases, DAILY) == [100] * 6 + [None]
    assert shown(releases, WEEKLY) == [None]


def test_control_without_the_second_rule_604_less_600_is_4() -> None:
    seen = disjoint(100, 100, 100, 100, 100, 100, 4)
    cells = seen.cells(SPECS[1], Period.of(Grain.WEEK, MONDAY), seen.publish())
    rules = Rules(KEY, "2026-W45", THRESHOLDS, plan_of(SPECS))
    place = cells.table.column_names.index(LEFT_BY_ALL)
    without = replace(cells, table=cells.table.set_column(place, LEFT_BY_ALL, [[0]]))
    assert sensitive_rows(cells, rules).tolist() == [True]
    assert sensitive_rows(without, rules).tolist() == [False]
    [total] = cells.table[PEOPLE].to_pylist()
    assert total - 6 * 100 == 4


@pytest.mark.parametrize(
    ("counts", "weekly"),
    [
        ((100,) * 7, 700),  # nothing is left over by all, and each leaves 600
        ((100, 0, 0, 0, 0, 0, 0), None),  # the week is its only day
        ((100, 20, 0, 0, 0, 0, 0), 120),
        ((100, 9, 0, 0, 0, 0, 0), None),  # both: 9 are left over
        ((8, 8, 8, 0, 0, 0, 0), 24),  # no part is published; the days stay withheld
    ],
)
def test_a_week_is_published_when_each_part_and_all_leave_enough(
    counts: Sequence[int], weekly: int | None
) -> None:
    releases = disjoint(*counts).publish(Grain.WEEK)
    assert shown(releases, WEEKLY) == [weekly]


def test_a_month_is_held_against_its_weeks_as_well() -> None:
    """All of November so far: its week of 700, and the month is that week."""
    releases = disjoint(*(100,) * 7).publish(Grain.WEEK, Grain.MONTH)
    assert shown(releases, WEEKLY) == [700]
    assert shown(releases, MONTHLY) == [None]


def test_a_withheld_days_interval_stays_wide_beside_its_week() -> None:
    releases = Seen([set(range(100)), *({*range(60), 200 + at} for at in range(5)), set(range(4))]).publish(
        Grain.WEEK
    )
    assert shown(releases, DAILY)[-1] is None
    everything = [one.published for one in releases.done.values()]
    everything[-1] = replace(everything[-1], standing=Standing.NEW)
    found = attack(everything, plan_of(SPECS), THRESHOLDS)
    assert f"{DAILY} {DAYS[-1]}" in {one.table for one in found}
    assert all(one.width >= K for one in found)
