"""What everyone knows of periods that hold each other: a week or month and its days, a month and its weeks.

Sums of days are equations. Distinct contributors of a longer period are a union of its days': at least the
largest, at most the sum. With weeks beside a month both are covers of some of the same days, and the month is
at most any cover of it. Where some of a week's days are not looked at, an unseen rest stands for them. Of a
week that reaches from one month into the next the sum of what it holds in the next stands alone as well, as
an unseen rest: who is protected although that rest is known is protected whatever comes out next month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import combinations

from iesiz.disclosure.binder import Binder, Key, is_edge
from iesiz.links import Link
from iesiz.periods import Grain, Period
from iesiz.tables import Cells, Standing, TableSpec


def bind_spans(binder: Binder) -> None:
    """Add the rows of all links over time."""
    for spec, link, other in binder.plan.links():
        if not link.over_time:
            continue
        for one in binder.of(spec):
            if other.grain is Grain.DAY:
                _days(binder, one, link, binder.of(other))
        if link.within:
            for whole in binder.of(other):
                _weeks(binder, spec, link, whole)


def _days(binder: Binder, one: Cells, link: Link, days: list[Cells]) -> None:
    """Sums and unions of the days that a longer period is made of."""
    parts = [day for day in days if day.period and day.period.start in one.days]
    shared = [name for name in one.spec.dimensions if name not in link.over]
    by_day = [(day, binder.groups(day, shared)) for day in parts]
    for group, keys in sorted(binder.groups(one, shared).items()):
        held = [(day, groups[group]) for day, groups in by_day if group in groups]
        if not held and not is_edge(one):
            continue
        rest = [binder.more()] if is_edge(one) else []
        ahead = [(day, found) for day, found in held if _month(day) != Period.of(Grain.MONTH, min(one.days))]
        for own, there in link.sums.items():
            places = [place for day, there_keys in held for place in binder.at(day, there_keys, there)]
            binder.rows.at_least(places + rest, binder.at(one, keys, own), one.label, upper=0.0)
        for own, there in link.unions.items():
            places = [place for day, there_keys in held for place in binder.at(day, there_keys, there)]
            binder.union(places, binder.at(one, keys, own)[0], one.label, rest)
        for there in {*link.sums.values(), *link.unions.values()} if one.spec.grain is Grain.WEEK else ():
            places = [place for day, there_keys in ahead for place in binder.at(day, there_keys, there)]
            if places:
                binder.rows.at_least(places, [binder.more()], one.label, upper=0.0)


def _month(day: Cells) -> Period | None:
    return Period.of(Grain.MONTH, day.period.start) if day.period else None


def _weeks(binder: Binder, spec: TableSpec, link: Link, whole: Cells) -> None:
    """A month beside the weeks that hold some of its days, for each group of contributors."""
    weeks = [week for week in binder.of(spec) if week.days & whole.days]
    daily = _daily(binder, whole)
    own, there = next(iter(link.within.items()))
    for key in binder.keys[whole.label] if weeks and daily else ():
        month = binder.at(whole, [key], there)
        present = [week for week in weeks if key in binder.keys[week.label]]
        for week in present:
            outside = _places(binder, daily, week.days - whole.days, key)
            binder.rows.at_least([*month, *outside], binder.at(week, [key], own), whole.label)
        for cover in _covers(present, whole):
            left = whole.days - frozenset().union(*(week.days for week in cover))
            places = [place for week in cover for place in binder.at(week, [key], own)]
            binder.rows.at_least([*places, *_places(binder, daily, left, key)], month, whole.label)


def _covers(weeks: list[Cells], whole: Cells) -> Iterator[tuple[Cells, ...]]:
    """All weeks inside the month, with any of those that reach beyond it."""
    inside = [week for week in weeks if week.days <= whole.days]
    beyond = [week for week in weeks if not week.days <= whole.days]
    for size in range(len(beyond) + 1):
        for some in combinations(beyond, size):
            if inside or some:
                yield (*inside, *some)


def _daily(binder: Binder, whole: Cells) -> dict[dt.date, Cells]:
    """The daily tables whose unions the month's contributors are, by day."""
    names = {link.table for link in whole.spec.links if link.over_time and link.unions}
    return {
        one.period.start: one
        for one in binder.held
        if one.spec.name in names and one.period and one.period.grain is Grain.DAY
        if one.standing is not Standing.PAST
    }


def _places(binder: Binder, daily: Mapping[dt.date, Cells], days: frozenset[dt.date], key: Key) -> list[int]:
    """The contributors of some days; an unseen rest where one of the days is not looked at."""
    there = [daily[day] for day in sorted(days) if day in daily]
    found = [
        place
        for one in there
        if key in binder.keys[one.label]
        for place in binder.at(one, [key], one.spec.contributors)
    ]
    return found + ([binder.more()] if len(there) < len(days) else [])
