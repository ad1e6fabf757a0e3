"""Earlier releases that a new one can link to: which of them are carried along, as frozen types.

A release adds equations and inequalities between its own numbers and those that a link names. Published
numbers are constants, so that an earlier withheld number learns of it only through a chain of withheld
numbers. Such a chain goes through days, since nothing but days links weeks to months; and it ends with the
months that the new period has days in: only a week that reaches from one month into the next could lead on,
and what it holds in each is taken to be known (see `spans`, `opened`).

In: new tables, the plan, a way to fetch a release. Out: `Earlier` releases. Must not decide anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iesiz.disclosure.binder import by_key
from iesiz.disclosure.binding import Binding, bind
from iesiz.disclosure.opened import touched
from iesiz.disclosure.plan import Plan
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.periods import Grain, Period
from iesiz.tables import Cells, Standing, TableSpec


@dataclass(frozen=True)
class Earlier:
    """A table of an earlier release.

    Attributes:
        published: as it was published, null where withheld.
        counts: the exact cells with the rules' marks.
    """

    published: Cells
    counts: Cells

    def __post_init__(self) -> None:
        """Refuse what is being decided.

        Raises:
            ValueError: a side of it is no earlier release, or the two differ in what they are of.
        """
        if Standing.NEW in (self.published.standing, self.counts.standing):
            raise ValueError("an earlier release is kept or an edge")
        if self.published.label != self.counts.label:
            raise ValueError("the two sides of a release are of one table and period")

    def at_edge(self) -> Earlier:
        """The same, where some of its days are not looked at."""
        return Earlier(*(replace(one, standing=Standing.EDGE) for one in (self.published, self.counts)))


@dataclass(frozen=True)
class Archive:
    """What was published before.

    Attributes:
        fetch: a table's release for a period, or None if there is none; raises if its counts have expired.
        longer: published periods of a grain that were made of a day.
        past: what a table's revisions for a period took the place of, oldest first.
    """

    fetch: Callable[[TableSpec, Period], Earlier | None]
    longer: Callable[[Grain, Period], Sequence[Period]]
    past: Callable[[TableSpec, Period], Sequence[Earlier]] = lambda *_: ()


def carried(new: Sequence[Cells], plan: Plan, archive: Archive) -> tuple[Earlier, ...]:
    """The earlier releases that new tables can link to, in the order in which they were reached.

    Raises:
        PrivacyRefusal: the exact counts of one of them have expired.
    """
    days = {day for cells in new for day in cells.days}
    home = frozenset(day for one in days for day in Period.of(Grain.MONTH, one).days) | days
    reach = _Reach(plan, archive, home, {})
    for cells in new:
        if cells.period is not None and not plan.original(cells.spec):
            reach.keep(archive.past(cells.spec, cells.period))
    reach.fetch([step for cells in new for step in _over_time(cells, plan, archive)])
    asked = set[str]()
    while days:
        chained = [one for one in _chained(new, plan, reach.found) if one.label not in asked]
        if not chained:
            break
        asked |= {one.label for one in chained}
        reach.fetch([step for cells in chained for step in _linked(cells, plan, archive)])
    return tuple(reach.found.values())


@dataclass(frozen=True)
class _Reach:
    """What was fetched so far, and the days that are looked at."""

    plan: Plan
    archive: Archive
    home: frozenset[dt.date]
    found: dict[str, Earlier]

    def keep(self, past: Sequence[Earlier]) -> None:
        """Take what revisions took the place of: somebody has kept it."""
        self.found.update({one.counts.label: one for one in past})

    def fetch(self, steps: Sequence[tuple[TableSpec, Period]]) -> None:
        """Fetch what is not there yet, with the days that it is made of."""
        for spec, period in steps:
            label = f"{spec.name} {period}"
            far = period.grain is Grain.DAY and period.start not in self.home
            known = label in self.found or self.plan.original(spec)
            one = None if far or known else self.archive.fetch(spec, period)
            if one is not None:
                self.found[label] = one if one.counts.days <= self.home else one.at_edge()
                self.keep(self.archive.past(spec, period))
                self.fetch(list(_over_time(one.counts, self.plan, self.archive)))


def _chained(new: Sequence[Cells], plan: Plan, found: dict[str, Earlier]) -> list[Cells]:
    """Kept earlier tables of which a withheld number can be reached from a new one."""
    history = list(found.values())
    binding = bind(plan, [*new, *(one.published for one in history)])
    near = told_of(binding, new, constants(binding, [one.published for one in history]))
    labels = {binding.numbers[place].table for place in np.flatnonzero(near[: len(binding.numbers)])}
    return [
        one.counts for one in history if one.counts.label in labels and one.counts.standing is Standing.KEPT
    ]


def told_of(binding: Binding, tables: Sequence[Cells], known: Floats) -> Bools:
    """Variables that are not known and in a block with a number of some tables, shape (variables,)."""
    return touched(binding.system.limits, known, _numbers_of(binding, tables)) & np.isnan(known)


def constants(binding: Binding, published: Sequence[Cells]) -> Floats:
    """What some of the tables have published, NaN for every other variable, shape (variables,)."""
    held = {cells.label: by_key(cells) for cells in published}
    known = np.full(binding.system.variables, np.nan)
    for place, number in enumerate(binding.numbers):
        row = held.get(number.table, {}).get(number.key)
        value = row[number.measure] if row and number.planned else None
        known[place] = np.nan if value is None else value / number.unit
    return known


def _numbers_of(binding: Binding, tables: Sequence[Cells]) -> Bools:
    """Which variables are numbers of some tables, shape (variables,)."""
    labels = {cells.label for cells in tables}
    found = np.zeros(binding.system.variables, dtype=np.bool_)
    found[: len(binding.numbers)] = [number.table in labels for number in binding.numbers]
    return found


def _linked(cells: Cells, plan: Plan, archive: Archive) -> Iterator[tuple[TableSpec, Period]]:
    """Tables and periods that a table's links lead to, in either direction."""
    if cells.period is None:
        return
    for spec, link, other in plan.links():
        if cells.spec.name in (spec.name, other.name) and not link.over_time:
            yield (other if cells.spec.name == spec.name else spec), cells.period
        if cells.spec.name == other.name and link.over_time and other.grain is Grain.DAY:
            for period in archive.longer(spec.grain, cells.period):
                yield spec, period
    yield from _over_time(cells, plan, archive)


def _over_time(cells: Cells, plan: Plan, archive: Archive) -> Iterator[tuple[TableSpec, Period]]:
    """The days that a longer table is made of, and the other longer periods that these are in."""
    for spec, link, other in plan.links():
        if not link.over_time or cells.spec.name not in (spec.name, other.name):
            continue
        end = other if cells.spec.name == spec.name else spec
        for day in sorted(cells.days):
            one = Period(Grain.DAY, day)
            if end.grain is Grain.DAY:
                yield end, one
            else:
                yield from ((end, period) for period in archive.longer(end.grain, one))
