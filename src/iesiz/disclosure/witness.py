"""Tables that differ from the true one only in withheld cells: each proves that these cannot be told apart.

In: changes of variables. Out: the range that each form takes over the witnesses, for everybody and for
an insider whose own variables must stay. Whoever relies on a witness checks it first (`holds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.task import Task

MOVED = 1e-6


@dataclass(frozen=True, eq=False)
class Shift:
    """The difference between the true table and another one.

    Attributes:
        variables, amounts: the variables that change, ascending, and by how much.
        forms, change: the forms that change with them, ascending, and by how much.
    """

    variables: Ints
    amounts: Floats
    forms: Ints
    change: Floats


def shift(task: Task, variables: Ints, amounts: Floats) -> Shift:
    """Work out what a change of variables does to the forms."""
    moved = np.zeros(task.system.variables)
    moved[variables] = amounts
    effect = task.system.forms.dot(moved)
    forms = np.flatnonzero(np.abs(effect) > MOVED)
    return Shift(variables, amounts, forms, effect[forms])


def holds(task: Task, withheld: Bools, found: Shift) -> bool:
    """Whether the other table is possible and looks the same, worked out anew."""
    again = shift(task, found.variables, found.amounts)
    other = task.inner.copy()
    other[found.variables] += found.amounts
    limits = task.system.limits
    at = limits.rows.dot(other)
    slack = MOVED * np.maximum(1.0, np.abs(at))
    fair = np.all(at >= limits.lower - slack) and np.all(at <= limits.upper + slack)
    return bool(fair and other.min() >= -MOVED and np.all(withheld[task.system.owner[again.forms]]))


class Witnesses:
    """The shifts found so far and the range of each form over them, for everybody and for one insider."""

    def __init__(self, task: Task, shifts: list[Shift]) -> None:
        """Start from some shifts."""
        self.task = task
        self.shifts: list[Shift] = []
        self.lo, self.hi = task.values.copy(), task.values.copy()
        self._moving: dict[int, list[int]] = {}  # by variable that somebody is told: numbers of shifts
        self._is_told = np.zeros(task.system.variables, dtype=np.bool_)
        self._is_told[[variable for told in task.insiders for variable in told]] = True
        self._insider = _Insider((), task.values)
        for one in shifts:
            self.add(one)

    def add(self, one: Shift) -> None:
        """Take one more shift into account."""
        self.shifts.append(one)
        seen = self.task.values[one.forms] + one.change
        self.lo[one.forms] = np.minimum(self.lo[one.forms], seen)
        self.hi[one.forms] = np.maximum(self.hi[one.forms], seen)
        for variable in one.variables[self._is_told[one.variables]].tolist():
            self._moving.setdefault(variable, []).append(len(self.shifts) - 1)

    def affected(self, told: tuple[int, ...]) -> Ints:
        """Sensitive forms whose range an insider may narrow with what he knows, ascending."""
        forms = [self.shifts[place].forms for place in self._moved(told)]
        every = np.unique(np.concatenate(forms)) if forms else np.zeros(0, dtype=np.int64)
        return self.task.concerns(told, every)

    def ends(self, forms: Ints, told: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Lowest and highest value of each form over the shifts that leave the told variables alone."""
        if not told:
            return self.lo[forms], self.hi[forms]
        if self._insider.told != told:
            self._insider = _Insider(told, self.task.values)
        if self._insider.seen < len(self.shifts):
            self._insider.learn(self.shifts, self._moved(told))
        return self._insider.lo[forms], self._insider.hi[forms]

    def _moved(self, told: tuple[int, ...]) -> set[int]:
        """Numbers of the shifts that move something that an insider knows."""
        return {place for variable in told for place in self._moving.get(variable, [])}


class _Insider:
    """The range of each form over the shifts that one insider cannot rule out, as far as he has seen them."""

    def __init__(self, told: tuple[int, ...], values: Floats) -> None:
        self.told, self._values = told, values
        self.lo, self.hi = values.copy(), values.copy()
        self.seen = 0

    def learn(self, shifts: list[Shift], moved: set[int]) -> None:
        """Take the shifts into account that have come since."""
        fresh = [shifts[place] for place in range(self.seen, len(shifts)) if place not in moved]
        self.seen = len(shifts)
        if fresh:
            forms = np.concatenate([one.forms for one in fresh])
            seen = self._values[forms] + np.concatenate([one.change for one in fresh])
            np.minimum.at(self.lo, forms, seen)
            np.maximum.at(self.hi, forms, seen)
