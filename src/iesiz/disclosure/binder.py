"""Collects what everyone knows of a night's numbers: the plan's links laid over the tables' labels.

In: the plan, and tables of which only labels, periods and standing matter. Out: numbers, cells and rows, of
which `binding` makes a system. Must not read a count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from iesiz.disclosure.plan import Plan, days_of, linf, magnitudes
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link
from iesiz.tables import Cells, Standing, TableSpec
from iesiz.vocabulary import OTHER, Role

Key = tuple[Any, ...]
UNIT = 1024.0  # magnitudes are counted in this many bytes or seconds: the solver wants numbers of one size
SITE = "site"
REVISED = "revised"  # behind a cell's labels: what a revision added to its numbers
DROPPED = " > "  # between the labels of two steps: the people who reached the first and not the second


@dataclass(frozen=True)
class Number:
    """One number of the system.

    Attributes:
        table, key, measure: where it stands (`Cells.label`); a drop-out's key holds both steps' labels.
        planned: whether it is published unless it is withheld; drop-outs never are.
        unit: how much one of the system's is.
        change_of: of the number by which a revision changed another, that one's key; None of every other.
    """

    table: str
    key: Key
    measure: str
    planned: bool = True
    unit: float = 1.0
    change_of: Key | None = None


@dataclass
class Collected:
    """Inequalities as they are collected; a column -1, -2, ... is a set or a rest that no table shows."""

    columns: list[list[int]] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    says: list[str] = field(default_factory=list)

    def at_least(
        self, more: list[int], less: list[int], says: str, upper: float = np.inf, by: float = 1.0
    ) -> None:
        """`0 <= by * sum(more) - sum(less) <= upper`."""
        self.weighed(more + less, [by] * len(more) + [-1.0] * len(less), says, upper)

    def weighed(self, columns: list[int], weights: list[float], says: str, upper: float = np.inf) -> None:
        """`0 <= weights . columns <= upper`."""
        self.columns.append(columns)
        self.weights.append(weights)
        self.upper.append(upper)
        self.says.append(says)


class Binder:
    """Numbers, the cell that owns each, and rows."""

    def __init__(self, plan: Plan, tables: Sequence[Cells]) -> None:
        """Take the tables in the order of their labels."""
        self.plan, self.rows = plan, Collected()
        self.numbers: list[Number] = []
        self.owner: list[int] = []
        self.cells: list[tuple[str, Key]] = []
        self.hidden = 0
        self.shown_again = {
            one.label: next(link for link in one.spec.links if link.is_identity)
            for one in tables
            if plan.original(one.spec)
        }
        own = [one for one in tables if one.label not in self.shown_again]
        self.held = sorted(own, key=lambda one: one.label)
        self.keys = {one.label: list(by_key(one)) for one in self.held}
        self._place: dict[tuple[str, Key, str], int] = {}

    def bind(self) -> None:
        """Numbers of all tables first, then what links them."""
        for one in self.held:
            self._table(one)
        for one in self.held:
            if one.spec.nested:
                self._dropped(one)
        for past, newer in self._revised():
            self._added(past, newer)
        for spec, link, other in self.plan.links():
            for one in self._all(spec):
                for there in self._all(other) if not link.over_time else ():
                    if (one.period, _edition(one)) == (there.period, _edition(there)):
                        (self._route if link.by_route else self._link)(one, link, there)

    def of(self, spec: TableSpec) -> list[Cells]:
        """The tables of a kind as they stand, in order."""
        return [one for one in self._all(spec) if one.standing is not Standing.PAST]

    def _all(self, spec: TableSpec) -> list[Cells]:
        return [one for one in self.held if one.spec.name == spec.name]

    def _revised(self) -> Iterator[tuple[Cells, Cells]]:
        """Each table of a past revision, with that which took its place."""
        for past in self.held:
            if past.standing is Standing.PAST:
                others = [one for one in self._all(past.spec) if one.period == past.period]
                later = [one for one in others if _edition(one) > past.revision]
                yield past, min(later, key=_edition)

    def more(self) -> int:
        """A new column that no table shows."""
        self.hidden += 1
        return -self.hidden

    def at(self, one: Cells, keys: Sequence[Key], measure: str) -> list[int]:
        """The places of some cells' numbers."""
        return [self._place[(one.label, key, measure)] for key in keys]

    def groups(self, one: Cells, shared: Sequence[str]) -> dict[Key, list[Key]]:
        """The cells of a table by the dimensions that it shares with another."""
        found: dict[Key, list[Key]] = {}
        places = [one.spec.dimensions.index(name) for name in shared]
        for key in self.keys[one.label]:
            found.setdefault(tuple(key[place] for place in places), []).append(key)
        return found

    def union(self, parts: list[int], whole: int, says: str, rest: Sequence[int] = ()) -> None:
        """`max(parts) <= whole <= sum(parts and rest)`."""
        self.rows.at_least([*parts, *rest], [whole], says)
        for part in parts:
            self.rows.at_least([whole], [part], says)

    def _add(self, number: Number) -> int:
        self._place[(number.table, number.key, number.measure)] = len(self.numbers)
        self.numbers.append(number)
        self.owner.append(len(self.cells) - 1)
        return len(self.numbers) - 1

    def _table(self, one: Cells) -> None:
        spec, large = one.spec, magnitudes(one.spec)
        events = [column for column in spec.of_role(Role.MEASURE) if column.populated]
        for key in self.keys[one.label]:
            self.cells.append((one.label, key))
            placed = {
                name: self._add(Number(one.label, key, name, unit=UNIT if name in large else 1.0))
                for name in spec.counted
            }
            people = placed[spec.contributors]
            for column in events:
                self.rows.at_least([placed[column.name]], [people], one.label)
                if column.bounded and OTHER not in key:
                    self.rows.at_least([people], [placed[column.name]], one.label, by=linf(column))

    def _dropped(self, one: Cells) -> None:
        """The people between two neighbouring steps, as cells that are never published."""
        spec, held = one.spec, set(self.keys[one.label])
        at = spec.dimensions.index(spec.nested)
        order = next(c.values for c in spec.columns if c.name == spec.nested)
        for key in sorted({(*key[:at], order[0], *key[at + 1 :]) for key in held}):
            steps = [(*key[:at], step, *key[at + 1 :]) for step in order]
            for wide, narrow in pairwise(step for step in steps if step in held):
                both = (*wide[:at], f"{wide[at]}{DROPPED}{narrow[at]}", *wide[at + 1 :])
                self.cells.append((one.label, both))
                gone = self._add(Number(one.label, both, spec.contributors, planned=False))
                first, second = self.at(one, (wide, narrow), spec.contributors)
                self.rows.at_least([first], [second, gone], one.label, upper=0.0)

    def _added(self, past: Cells, newer: Cells) -> None:
        """What a revision added to the numbers of a cell, as a cell that is never published."""
        large = magnitudes(past.spec)
        for key in self.keys[past.label]:
            self.cells.append((newer.label, (*key, REVISED)))
            for name in past.spec.counted:
                unit = UNIT if name in large else 1.0
                more = self._add(Number(newer.label, (*key, REVISED), name, False, unit, key))
                [before], [after] = (self.at(one, [key], name) for one in (past, newer))
                self.rows.at_least([after], [before, more], newer.label, upper=0.0)

    def _link(self, one: Cells, link: Link, other: Cells) -> None:
        shared = [name for name in other.spec.dimensions if name not in link.over_there]
        ours, theirs = self.groups(one, [*shared, *link.each]), self.groups(other, shared)
        says = f"{one.label} and {other.label}"
        for group in sorted(key for key in ours if key[: len(shared)] in theirs):
            whole = theirs[group[: len(shared)]]
            for own, there in link.sums.items():
                parts, wholes = self.at(one, ours[group], own), self.at(other, whole, there)
                self.rows.at_least(wholes, parts, says, upper=0.0)
            for own, there in link.within.items():
                wholes = self.at(other, whole, there)
                for part in self.at(one, ours[group], own):
                    self.rows.at_least(wholes, [part], says)
            for own, there in link.unions.items():
                self._unite(self.at(one, ours[group], own), self.at(other, whole, there), says)
            for own, there in link.times.items():
                self._times(one, ours[group], own, link, self.at(other, whole, there))

    def _times(self, one: Cells, keys: Sequence[Key], own: str, link: Link, days: list[int]) -> None:
        """Days of all contributors: at least and at most as many as each cell's were seen on."""
        place, spans = one.spec.dimensions.index(link.over[0]), days_of(one.spec, link)
        people, longest = self.at(one, keys, own), len(one.days) or np.inf
        least = [float(spans[key[place]][0]) for key in keys]
        most = [float(min(spans[key[place]][1], longest)) for key in keys]
        self.rows.weighed([*days, *people], [*([1.0] * len(days)), *(-each for each in least)], one.label)
        self.rows.weighed([*people, *days], [*most, *([-1.0] * len(days))], one.label)

    def _unite(self, parts: list[int], wholes: list[int], says: str) -> None:
        """`max <= union <= sum` on both sides; of one whole, the union is that number."""
        if len(wholes) == 1:
            self.union(parts, wholes[0], says)
            return
        whole = self.more()
        for side in (parts, wholes):
            self.union(side, whole, says)

    def _route(self, one: Cells, link: Link, other: Cells) -> None:
        """A step is within its page, or within `other` where that has no cell; the first step is its page."""
        pages, says = other.spec.dimensions, f"{one.label} and {other.label}"
        for key, route, first in self._steps(one):
            shared = dict(zip(one.spec.dimensions, key, strict=True))
            page = tuple(shared.get(name, route) for name in pages)
            admitted = (other.label, page, other.spec.contributors) in self._place
            if not admitted:
                page = tuple(shared.get(name, OTHER) for name in pages)
            for own, name in link.sums.items():
                wholes, parts = self.at(other, [page], name), self.at(one, [key], own)
                self.rows.at_least(wholes, parts, says, 0.0 if first and admitted else np.inf)

    def _steps(self, one: Cells) -> Iterator[tuple[Key, str, bool]]:
        """Each step's cell, its route, and whether it is the first of its way."""
        step, site = one.spec.dimensions.index(one.spec.nested), one.spec.dimensions.index(SITE)
        seen = set[str]()
        for declared in self.plan.steps:
            first = declared.site not in seen
            seen.add(declared.site)
            for key in self.keys[one.label]:
                if (key[site], key[step]) == (declared.site, declared.step):
                    yield key, declared.route, first


def by_key(cells: Cells) -> dict[Key, dict[str, Any]]:
    """Each row by its labels.

    Raises:
        PrivacyRefusal: a cell is there twice.
    """
    rows = cells.table.to_pylist()
    found = {tuple(row[name] for name in cells.spec.dimensions): row for row in rows}
    if len(found) != len(rows):
        raise PrivacyRefusal(f"Table {cells.spec.name}: a cell is there twice; nothing is published.")
    return dict(sorted(found.items()))


def _edition(one: Cells) -> float:
    """The revision of past cells; what stands comes after all of them."""
    return one.revision if one.standing is Standing.PAST else np.inf


def is_edge(one: Cells) -> bool:
    """Whether some of the days that a table is made of are not here."""
    return one.standing is Standing.EDGE
