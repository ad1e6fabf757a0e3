"""Revision minus original: an attacker who kept what a revision replaced, and the weeks that follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pytest

from iesiz.disclosure import REVISED_COUNT, Archive, Earlier
from iesiz.disclosure.attacker import Attacker, Intervals, View
from iesiz.disclosure.sparse import Floats, from_lists
from iesiz.disclosure.system import system_of
from iesiz.periods import Grain, Period
from iesiz.tables import Cells, Standing, TableSpec
from tests.privacy.releases import (
    DAILY,
    PEOPLE,
    REGIONS,
    SITES,
    SPECS,
    SUMMED,
    THRESHOLDS,
    TOTALS,
    Releases,
    World,
)

K = THRESHOLDS.k
MONDAY = dt.date(2026, 11, 2)
WEEK = tuple(MONDAY + dt.timedelta(days=step) for step in range(7))
Counts = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass
class Revised(Releases):
    """Releases that can be revised; without memory a revision forgets what it took the place of."""

    past: dict[tuple[str, Period], list[Earlier]] = field(default_factory=dict)

    def revise(self, day: dt.date, exact: Sequence[Cells]) -> None:
        """Put other numbers in the place of a day's."""
        period = Period(Grain.DAY, day)
        for cells in exact:
            place = cells.spec.name, period
            kept = self.past.setdefault(place, [])
            one = self.done.pop(place)
            sides = (one.published, one.counts)
            kept.append(Earlier(*(replace(c, standing=Standing.PAST, revision=len(kept)) for c in sides)))
        self.publish(period, exact)

    def _archive(self, today: dt.date) -> Archive:
        def past(spec: TableSpec, period: Period) -> list[Earlier]:
            return self.past.get((spec.name, period), [])

        return replace(super()._archive(today), past=past)


@dataclass(frozen=True)
class Late:
    """A world, and people of one of its days who came late, shape (sites, regions)."""

    world: World
    day: dt.date
    more: Counts

    def cells(self, spec: TableSpec) -> Cells:
        """The revised day's exact cells, each with the people that it differs by."""
        at = self.world.days.index(self.day)
        late = World((self.day,), self.more[None])
        whole = World((self.day,), self.world.people[at][None] + self.more)
        period = Period(Grain.DAY, self.day)
        changes = late.cells(spec, period).table[PEOPLE]
        cells = whole.cells(spec, period)
        return replace(cells, table=cells.table.append_column(REVISED_COUNT, changes.cast(pa.int64())))

    def revise(self, releases: Revised) -> Revised:
        """Revise the day in every daily table."""
        releases.revise(self.day, [self.cells(spec) for spec in releases.specs if spec.grain is Grain.DAY])
        return releases

    def as_it_stands(self) -> World:
        """The world with the late people in it."""
        people = self.world.people.copy()
        people[self.world.days.index(self.day)] += self.more
        return World(self.world.days, people)

    def attack(self, releases: Revised) -> tuple[Intervals, Floats]:
        """All that was ever published as sums of people in time and people who came late."""
        people = self.world.people
        place = np.arange(people.size).reshape(people.shape)
        late = people.size + np.arange(self.more.size).reshape(self.more.shape)
        rows: list[list[int]] = [[int(one)] for one in late.ravel()]
        values = [np.nan] * len(rows)
        past = [(one.published, False) for held in releases.past.values() for one in held]
        for cells, is_revised in [*past, *((one.published, True) for one in releases.done.values())]:
            inside = [at for at, day in enumerate(self.world.days) if cells.period and day in cells.period]
            has_late = is_revised and cells.period is not None and self.day in cells.period
            for row in cells.table.to_pylist():
                regions = slice(None) if "region" not in row else REGIONS.index(row["region"])
                at = SITES.index(row["site"])
                own = place[inside, at, regions].ravel().tolist()
                rows.append(own + np.atleast_1d(late[at, regions]).tolist() * has_late)
                values.append(np.nan if row[PEOPLE] is None else float(row[PEOPLE]))
        variables = people.size + self.more.size
        system = system_of(from_lists(rows, variables))
        seen = np.full(len(system.forms), np.nan)
        for planned, value in zip(system.planned, values, strict=True):
            seen[planned] = value if np.isnan(seen[planned]) else seen[planned]
        intervals = Attacker(View(system, seen)).intervals()
        truth = np.concatenate([people.ravel(), self.more.ravel()]).astype(float)
        return intervals, system.forms.dot(truth)[intervals.forms]


def small(more: dict[tuple[int, int], int], days: Sequence[dt.date] = (MONDAY,)) -> Late:
    """Site a: 40, 30, 4, 6, 50 people on every day, of which 4 and 6 are withheld; site b is large."""
    one = np.array([[40, 30, 4, 6, 50], [60, 70, 80, 90, 50]])
    late = np.zeros((2, 5), np.int64)
    for place, count in more.items():
        late[place] = count
    return Late(World(tuple(days), np.repeat(one[None], len(days), axis=0)), MONDAY, late)


def day_one(late: Late, remembers: bool = True, specs: Sequence[TableSpec] = SPECS) -> Revised:
    releases = Revised(remembers=remembers, specs=specs)
    period = Period(Grain.DAY, MONDAY)
    releases.publish(period, [late.world.cells(s, period) for s in specs if s.grain is Grain.DAY])
    return releases


def shown(cells: Cells) -> dict[tuple[str, ...], int | None]:
    return {tuple(row[d] for d in cells.spec.dimensions): row[PEOPLE] for row in cells.table.to_pylist()}


def missing(releases: Revised) -> set[tuple[str, ...]]:
    """Cells that were published and are withheld after the revision: such a revision is refused."""
    period = Period(Grain.DAY, MONDAY)
    return {
        (name, *key)
        for name in (DAILY, TOTALS)
        for key, value in shown(releases.past[name, period][-1].published).items()
        if value is not None and shown(releases.done[name, period].published)[key] is None
    }


def narrow(late: Late, releases: Revised) -> list[float]:
    """True values of numbers below k that are known more closely than k."""
    seen, truth = late.attack(releases)
    assert np.all((truth >= seen.lo - 1e-6) & (truth <= seen.hi + 1e-6))
    return truth[(seen.width < K - 1e-6) & (truth > 0) & (truth < K)].tolist()


def test_a_large_difference_is_published_and_tells_of_nobody() -> None:
    late = small({(0, 0): 20, (0, 2): 5, (0, 3): 9})
    releases = late.revise(day_one(late))
    assert missing(releases) == set()
    assert shown(releases.done[TOTALS, Period(Grain.DAY, MONDAY)].published) == {("a",): 164, ("b",): 350}
    assert narrow(late, releases) == []


@pytest.mark.parametrize(
    "more",
    [
        {(0, 0): 4},  # a published cell by four
        {(0, 2): 5},  # a withheld one, and a published total by five
        {(0, 0): 20, (0, 2): 5},  # the total by twenty-five, less twenty is five
        {(0, 0): 20, (0, 2): 2, (0, 3): 3},  # five that two withheld cells share
    ],
)
def test_a_small_difference_could_only_be_hidden_by_what_is_out_already(
    more: dict[tuple[int, int], int],
) -> None:
    late = small(more)
    assert missing(late.revise(day_one(late)))


@pytest.mark.parametrize(
    ("more", "told"),
    [({(0, 0): 4}, 4.0), ({(0, 2): 5}, 5.0), ({(0, 0): 20, (0, 2): 2, (0, 3): 3}, 2.0)],
)
def test_control_without_the_rule_revision_minus_original_is_known(
    more: dict[tuple[int, int], int], told: float
) -> None:
    late = small(more)
    releases = day_one(late, remembers=False)
    late = replace(late)
    exact = [late.cells(spec) for spec in SPECS if spec.grain is Grain.DAY]
    unmarked = [replace(one, table=one.table.drop_columns([REVISED_COUNT])) for one in exact]
    releases.revise(MONDAY, unmarked)
    assert told in narrow(late, releases)


@pytest.mark.parametrize("specs", [SPECS, SUMMED])
def test_the_week_after_a_revision_gives_nothing_away(specs: Sequence[TableSpec]) -> None:
    late = small({(0, 0): 20, (0, 2): 5, (0, 3): 9, (1, 1): 15}, WEEK)
    now, releases = late.as_it_stands(), late.revise(day_one(late, specs=specs))
    assert missing(releases) == set()
    for day in WEEK[1:]:
        period = Period(Grain.DAY, day)
        releases.publish(period, [now.cells(s, period) for s in specs if s.grain is Grain.DAY])
    for grain in (Grain.WEEK, Grain.MONTH):
        period = Period.of(grain, MONDAY)
        for spec in [one for one in specs if one.grain is grain]:
            releases.publish(period, [now.cells(spec, period)])
            if grain is Grain.WEEK:
                assert any(
                    value is not None for value in shown(releases.done[spec.name, period].published).values()
                )
    seen, truth = late.attack(releases)
    assert np.all((truth >= seen.lo - 1e-6) & (truth <= seen.hi + 1e-6))
    assert int(np.sum(seen.width < 1e-6)) == int(np.sum((seen.width < 1e-6) & ((truth == 0) | (truth >= K))))
    assert narrow(late, releases) == []


def test_revisions_that_pass_give_nothing_away() -> None:
    """Made-up days: whatever passes leaves every small number as uncertain as the rule asks."""
    passed = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        people = random.poisson(random.choice([3, 6, 30, 60], (1, 2, 5)))
        more = random.choice([0, 0, 0, 15, 40], (2, 5))
        more[people[0] < 8] = random.choice([0, 3, 8, 15], (2, 5))[people[0] < 8]
        late = Late(World((MONDAY,), people), MONDAY, more)
        releases = late.revise(day_one(late))
        if not missing(releases):
            passed += 1
            assert narrow(late, releases) == []
    assert passed > 2
