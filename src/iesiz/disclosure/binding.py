"""A night's numbers as one linear system: the plan laid over the cells' labels.

In: the plan, and tables of which only the labels matter. Out: a frozen `Binding`, the same for exact and for
published tables. Must not read a count: `values_of` reads them for whoever may see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from iesiz.disclosure.plan import Plan, linf, magnitudes
from iesiz.disclosure.sparse import Floats, Rows, from_lists
from iesiz.disclosure.system import Limits, LinearSystem
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link
from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import OTHER, Role

Key = tuple[Any, ...]
UNIT = 1024.0  # magnitudes are counted in this many bytes or seconds: the solver wants numbers of one size
LARGEST = 2e8  # no number of the system may be larger
SITE = "site"
DROPPED = " > "  # between the labels of two steps: the people who reached the first and not the second


@dataclass(frozen=True)
class Number:
    """One number of the system.

    Attributes:
        table, key, measure: where it stands; a drop-out's key holds both steps' labels.
        planned: whether it is published unless it is withheld; drop-outs never are.
        unit: how much one of the system's is.
    """

    table: str
    key: Key
    measure: str
    planned: bool = True
    unit: float = 1.0


@dataclass(frozen=True, eq=False)
class Binding:
    """Numbers and what is known of them.

    Attributes:
        numbers: one for each form, in the order of the variables.
        cells: (table, key) of each decision.
        system: one single-variable form for each number, then variables that no table shows.
        says: for each row of the limits, the tables that it stands for.
    """

    numbers: tuple[Number, ...]
    cells: tuple[tuple[str, Key], ...]
    system: LinearSystem
    says: tuple[str, ...]

    @cached_property
    def planned(self) -> frozenset[tuple[str, Key]]:
        """Cells that a table holds: all but the drop-outs."""
        return frozenset((number.table, number.key) for number in self.numbers if number.planned)

    def values(self, tables: Sequence[Cells]) -> Floats:
        """The value of each number, NaN where withheld or never published, shape (numbers,).

        Raises:
            PrivacyRefusal: the tables do not have these cells, or a number is too large for the solver.
        """
        held = {cells.spec.name: _by_key(cells) for cells in tables}
        if {(name, key) for name, rows in held.items() for key in rows} != self.planned:
            raise PrivacyRefusal("The tables do not hold the cells that the release plan expects.")
        found = np.full(len(self.numbers), np.nan)
        for place, number in enumerate(self.numbers):
            value = held[number.table][number.key][number.measure] if number.planned else None
            found[place] = np.nan if value is None else value / number.unit
        if np.any(found > LARGEST):
            raise PrivacyRefusal("A number is too large to be audited; count it in a larger unit.")
        return found


@dataclass
class _Rows:
    """Inequalities as they are collected."""

    columns: list[list[int]] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    says: list[str] = field(default_factory=list)

    def at_least(
        self, more: list[int], less: list[int], says: str, upper: float = np.inf, by: float = 1.0
    ) -> None:
        """`0 <= by * sum(more) - sum(less) <= upper`."""
        self.columns.append(more + less)
        self.weights.append([by] * len(more) + [-1.0] * len(less))
        self.upper.append(upper)
        self.says.append(says)


class _Binder:
    """Collects numbers, cells and rows."""

    def __init__(self, plan: Plan, tables: Sequence[Cells]) -> None:
        self.plan, self.rows = plan, _Rows()
        self.numbers: list[Number] = []
        self.owner: list[int] = []
        self.cells: list[tuple[str, Key]] = []
        self.place: dict[tuple[str, Key, str], int] = {}
        self.unions = 0
        self.keys = {cells.spec.name: list(_by_key(cells)) for cells in tables}
        self.specs = {cells.spec.name: cells.spec for cells in tables}

    def bind(self) -> Binding:
        """Numbers of all tables first, then the sets that no table shows."""
        for name in sorted(self.specs):
            self._table(self.specs[name])
        for name in sorted(self.specs):
            if self.specs[name].nested:
                self._dropped(self.specs[name])
        for spec, link, other in self.plan.links():
            if spec.name in self.specs and other.name in self.specs:
                (self._route if link.by_route else self._link)(spec, link, other)
        return self._finish()

    def _add(self, number: Number) -> int:
        self.place[(number.table, number.key, number.measure)] = len(self.numbers)
        self.numbers.append(number)
        self.owner.append(len(self.cells) - 1)
        return len(self.numbers) - 1

    def _table(self, spec: TableSpec) -> None:
        large = magnitudes(spec)
        events = [column for column in spec.of_role(Role.MEASURE) if column.populated]
        for key in self.keys[spec.name]:
            self.cells.append((spec.name, key))
            placed = {
                name: self._add(Number(spec.name, key, name, unit=UNIT if name in large else 1.0))
                for name in spec.counted
            }
            people = placed[spec.contributors]
            for column in events:
                self.rows.at_least([placed[column.name]], [people], spec.name)
                if column.bounded and OTHER not in key:
                    self.rows.at_least([people], [placed[column.name]], spec.name, by=linf(column))

    def _dropped(self, spec: TableSpec) -> None:
        """The people between two neighbouring steps, as cells that are never published."""
        at = spec.dimensions.index(spec.nested)
        order = next(c.values for c in spec.columns if c.name == spec.nested)
        held = set(self.keys[spec.name])
        for key in sorted(k for k in held if k[at] == order[0]):
            steps = [(*key[:at], step, *key[at + 1 :]) for step in order]
            present = [step for step in steps if step in held]
            for wide, narrow in pairwise(present):
                both = (*wide[:at], f"{wide[at]}{DROPPED}{narrow[at]}", *wide[at + 1 :])
                self.cells.append((spec.name, both))
                gone = self._add(Number(spec.name, both, spec.contributors, planned=False))
                first, second = (self.place[(spec.name, one, spec.contributors)] for one in (wide, narrow))
                self.rows.at_least([first], [second, gone], spec.name, upper=0.0)

    def _link(self, spec: TableSpec, link: Link, other: TableSpec) -> None:
        shared = [name for name in other.dimensions if name not in link.over_there]
        ours, theirs = self._groups(spec, [*shared, *link.each]), self._groups(other, shared)
        says = f"{spec.name} and {other.name}"
        for group, whole in sorted((one, one[: len(shared)]) for one in ours if one[: len(shared)] in theirs):
            for own, there in link.sums.items():
                parts, wholes = self._at(spec, ours[group], own), self._at(other, theirs[whole], there)
                self.rows.at_least(wholes, parts, says, upper=0.0)
            for own, there in link.within.items():
                wholes = self._at(other, theirs[whole], there)
                for part in self._at(spec, ours[group], own):
                    self.rows.at_least(wholes, [part], says)
            for own, there in link.unions.items():
                self._union(self._at(spec, ours[group], own), self._at(other, theirs[whole], there), says)

    def _route(self, spec: TableSpec, link: Link, other: TableSpec) -> None:
        """A step is within its page, or within `other` where that has no cell; the first step is its page."""
        step, page = spec.dimensions.index(spec.nested), other.dimensions.index(link.over_there[0])
        site, seen = spec.dimensions.index(SITE), set[str]()
        for declared in self.plan.steps:
            first = declared.site not in seen
            seen.add(declared.site)
            for key in self.keys[spec.name]:
                if (key[site], key[step]) != (declared.site, declared.step):
                    continue
                shared = dict(zip(spec.dimensions, key, strict=True))
                there = [shared.get(name, declared.route) for name in other.dimensions]
                admitted = (other.name, tuple(there), other.contributors) in self.place
                there[page] = declared.route if admitted else OTHER
                for own, name in link.sums.items():
                    wholes, parts = self._at(other, [tuple(there)], name), self._at(spec, [key], own)
                    upper = 0.0 if first and admitted else np.inf
                    self.rows.at_least(wholes, parts, f"{spec.name} and {other.name}", upper)

    def _union(self, parts: list[int], wholes: list[int], says: str) -> None:
        """`max <= union <= sum` on both sides; of one whole, the union is that number."""
        whole, sides = wholes[0], [parts]
        if len(wholes) > 1:
            self.unions += 1
            whole, sides = -self.unions, [parts, wholes]
        for side in sides:
            self.rows.at_least(side, [whole], says)
            for part in side:
                self.rows.at_least([whole], [part], says)

    def _groups(self, spec: TableSpec, shared: list[str]) -> dict[Key, list[Key]]:
        found: dict[Key, list[Key]] = {}
        places = [spec.dimensions.index(name) for name in shared]
        for key in self.keys[spec.name]:
            found.setdefault(tuple(key[place] for place in places), []).append(key)
        return found

    def _at(self, spec: TableSpec, keys: list[Key], measure: str) -> list[int]:
        return [self.place[(spec.name, key, measure)] for key in keys]

    def _finish(self) -> Binding:
        count, total = len(self.numbers), len(self.numbers) + self.unions
        rows = _weighted(self.rows, count, total)
        limits = Limits(rows, np.zeros(len(rows)), np.array(self.rows.upper, dtype=np.float64))
        cells = np.arange(len(self.cells), dtype=np.int64)
        forms = from_lists([[place] for place in range(count)], total)
        axes = np.arange(total, dtype=np.int64)[:, None]
        system = LinearSystem(forms, np.array(self.owner, dtype=np.int64), len(cells), cells, limits, axes)
        return Binding(tuple(self.numbers), tuple(self.cells), system, tuple(self.rows.says))


def _weighted(rows: _Rows, count: int, total: int) -> Rows:
    """The collected rows; a column -1, -2, ... is a set that no table shows."""
    if not rows.columns:
        return Rows(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0), total)
    indices = np.array([c if c >= 0 else count - 1 - c for row in rows.columns for c in row], dtype=np.int64)
    weights = np.array([weight for row in rows.weights for weight in row])
    sizes = np.array([len(row) for row in rows.columns], dtype=np.int64)
    order = np.lexsort((indices, np.repeat(np.arange(len(sizes)), sizes)))
    return Rows(np.concatenate(([0], np.cumsum(sizes))), indices[order], weights[order], total)


def _by_key(cells: Cells) -> dict[Key, dict[str, Any]]:
    """Each row by its labels.

    Raises:
        PrivacyRefusal: a cell is there twice.
    """
    rows = cells.table.to_pylist()
    found = {tuple(row[name] for name in cells.spec.dimensions): row for row in rows}
    if len(found) != len(rows):
        raise PrivacyRefusal(f"Table {cells.spec.name}: a cell is there twice; nothing is published.")
    return dict(sorted(found.items()))


def bind(plan: Plan, tables: Sequence[Cells]) -> Binding:
    """Lay the plan over the tables' labels.

    Raises:
        PrivacyRefusal: a table is not in the plan or differs from it, or a cell is there twice.
    """
    for cells in tables:
        if plan.spec(cells.spec.name) != cells.spec:
            raise PrivacyRefusal(f"Table {cells.spec.name} is not in the release plan as it is.")
    return _Binder(plan, tables).bind()
