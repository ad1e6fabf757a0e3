"""What records released beside published tables tell of the numbers that these withhold.

The records' margins are sums over cells of the tables. Together with all that is published they are one
linear system, of which published numbers are constants, as of earlier releases. In: tables as published, the
plan, sums. Out: the withheld numbers whose interval becomes narrower than their rule asks, as far as the
tables alone left it that wide. Must not see an exact count but those in the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.binder import Key
from iesiz.disclosure.binding import Binding, bind
from iesiz.disclosure.components import SLACK
from iesiz.disclosure.earlier import constants
from iesiz.disclosure.lp import Model
from iesiz.disclosure.opened import no_horizon, opened, touched
from iesiz.disclosure.parts import Part
from iesiz.disclosure.plan import Plan, width_needed
from iesiz.disclosure.sparse import Floats, Rows, beside, from_lists, stack
from iesiz.disclosure.system import Limits, LinearSystem
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells

A_FEW = 32
"""Narrow cells after which no more are looked for: something has to be done about these first."""

CEILING = 1e7
"""More people than any sum can have."""


@dataclass(frozen=True)
class TableSum:
    """People in some cells, as records tell it.

    Attributes:
        cells: (label of the table, key); of each its contributors count.
        least, most: how many they are together.
    """

    cells: tuple[tuple[str, Key], ...]
    least: float
    most: float


class Beside:
    """Published tables to which records are added."""

    def __init__(self, published: Sequence[Cells], plan: Plan, thresholds: Thresholds) -> None:
        """Lay the plan over the tables.

        Raises:
            PrivacyRefusal: they differ from the plan.
        """
        self._binding: Binding = bind(plan, published)
        self._known = constants(self._binding, published)
        self._needs = np.zeros(len(self._binding.numbers))
        self._people: dict[tuple[str, Key], int] = {}
        for place, number in enumerate(self._binding.numbers):
            spec = plan.spec(number.table)
            if spec is not None and number.planned:
                self._needs[place] = width_needed(spec, number.measure, thresholds)
                if number.measure == spec.contributors:
                    self._people[number.table, number.key] = place
        self._alone: dict[int, float] = {}

    def narrow(self, sums: Sequence[TableSum]) -> tuple[tuple[str, Key], ...]:
        """Cells with a withheld number that the sums bring an attacker too close to; a few of them.

        Of cells that may change places one is named.

        Raises:
            PrivacyRefusal: the tables contradict each other, or the solver proved no optimum.
        """
        near = self._near(sums)
        if near is None:
            return ()
        told = _told_apart(near.system, self._rows_kept(near, sums))
        needs = self._needs[near.forms]
        beside, alone = Widths(replace(near.system, limits=told), needs), self._without_sums(near)
        found = dict[tuple[str, Key], None]()
        for target in beside.targets:
            width, form = beside.of(target), int(near.forms[target])
            if width < needs[target] - SLACK and width < self._left(alone, form) - 10 * SLACK:
                number = self._binding.numbers[form]
                found[number.table, number.key] = None
            if len(found) == A_FEW:
                break
        return tuple(found)

    def _near(self, sums: Sequence[TableSum]) -> Part | None:
        """What is open and in a block with one of the sums; None if nothing is."""
        system = self._with(sums)
        new = np.zeros(system.variables, dtype=np.bool_)
        new[[self._people[cell] for one in sums for cell in one.cells]] = True
        near = touched(system.limits, self._known, new) & np.isnan(self._known)
        return opened(system, self._known, no_horizon(system), ~near) if near.any() else None

    def _with(self, sums: Sequence[TableSum]) -> LinearSystem:
        system = self._binding.system
        limits = system.limits
        more = Limits(
            stack([limits.rows, self._rows(sums)]),
            np.concatenate([limits.lower, [one.least for one in sums]]),
            np.concatenate([limits.upper, [min(one.most, np.inf) for one in sums]]),
        )
        return replace(system, limits=more)

    def _rows(self, sums: Sequence[TableSum]) -> Rows:
        places = [sorted(self._people[cell] for cell in one.cells) for one in sums]
        return from_lists(places, self._binding.system.variables)

    def _rows_kept(self, near: Part, sums: Sequence[TableSum]) -> int:
        """How many of the sums still have something open: these are the last rows of the part."""
        is_open = np.zeros(self._binding.system.variables, dtype=np.bool_)
        is_open[near.variables] = True
        return int(self._rows(sums).any(is_open).sum())

    def _without_sums(self, near: Part) -> Callable[[], tuple[Part, Widths]]:
        """The same numbers as the tables alone leave them, made when it is first asked for."""

        @cache
        def made() -> tuple[Part, Widths]:
            system = self._binding.system
            beyond = np.ones(system.variables, dtype=np.bool_)
            beyond[near.variables] = False
            part = opened(system, self._known, no_horizon(system), beyond)
            return part, Widths(part.system, self._needs[part.forms])

        return made

    def _left(self, alone: Callable[[], tuple[Part, Widths]], form: int) -> float:
        """How wide the tables alone leave a number, as far as its need."""
        if form not in self._alone:
            part, widths = alone()
            self._alone[form] = widths.of(int(np.searchsorted(part.forms, form)))
        return self._alone[form]


class Widths:
    """How wide the intervals of single numbers are, as far as their needs.

    Numbers that stand in the same inequalities with the same weights may change places, so that their
    intervals are the same: one of them is asked for, one more takes what all others may hold.
    """

    def __init__(self, system: LinearSystem, needs: Floats) -> None:
        """Take a system whose first variables are its forms, in order, and the need of each form."""
        rows, count = system.limits.rows, len(system.forms)
        order = np.lexsort((rows.row_of, rows.indices))
        ends = np.cumsum(np.bincount(rows.indices, minlength=system.variables))[:-1]
        stands = np.split(rows.row_of[order], ends), np.split(rows.data[order], ends)
        alike: dict[tuple[bytes, bytes, float], list[int]] = {}
        for column, (where, weights) in enumerate(zip(*stands, strict=True)):
            need = float(needs[column]) if column < count else -1.0
            alike.setdefault((where.tobytes(), weights.tobytes(), need), []).append(column)
        kept = np.array(sorted(column for some in alike.values() for column in some[:2]), dtype=np.int64)
        self._first = {column: some[0] for some in alike.values() for column in some}
        forms = kept[kept < count]
        self._place = {int(form): place for place, form in enumerate(forms)}
        own = np.arange(len(forms), dtype=np.int64)
        limits = Limits(rows.within(kept), system.limits.lower, system.limits.upper)
        small = LinearSystem(
            system.forms.take(forms).within(kept), own, len(own), own, limits, system.axes[kept]
        )
        self._needs, self._attacker = needs, Attacker(View(small, np.full(len(forms), np.nan)))
        self._attacker.show(needs[forms])
        self.targets = [some[0] for (_, _, need), some in alike.items() if need > 0]

    def of(self, form: int) -> float:
        """The width of a form's interval; at most its need, if it is seen to be that wide."""
        first = self._first[form]
        target, need = self._place[first], float(self._needs[first])
        self._attacker.settle(target, need)
        return min(self._attacker.width(target), need)


def _told_apart(system: LinearSystem, told: int) -> Limits:
    """The limits with the last rows moved as little as it takes for all to hold.

    Accounts that came, changed or went after their days were published make the records differ from the
    tables. An attacker finds the nearest sums that the tables allow.
    """
    limits, count = system.limits, len(system.limits.rows)
    if not told:
        return limits
    columns, more = limits.rows.columns, np.arange(told)
    slack = Rows(
        np.concatenate([np.zeros(count - told, np.int64), 2 * np.arange(told + 1)]),
        np.stack([more, told + more], axis=1).ravel(),
        np.tile([1.0, -1.0], told),
        2 * told,
    )
    rows = beside([limits.rows, slack])
    bounds = np.zeros(columns + 2 * told), np.full(columns + 2 * told, CEILING)
    model = Model(rows, (limits.lower, limits.upper), bounds, warm=False)
    model.aim(np.arange(columns, columns + 2 * told), np.ones(2 * told))
    moved = model.solve().point[columns:]
    by = np.concatenate([np.zeros(count - told), moved[:told] - moved[told:]])
    return Limits(limits.rows, limits.lower - by, limits.upper - by)
