"""The cheapest way to make one withheld number uncertain.

A table that differs from the true one only in withheld cells shows that these cannot be told from it. For a
number whose interval is too narrow, a linear program finds the table that moves it far enough and, weighted
by what is lost, moves the fewest published cells; those are withheld. Every table found widens the intervals
of all withheld numbers (Kelly, Golden and Assad 1992 and Fischetti and Salazar 2001 use the same program).

In: the system, the exact variables, a neighbourhood. Must not decide who needs what.
"""

from __future__ import annotations

import numpy as np

from iesiz.disclosure.lp import Model, Optimum
from iesiz.disclosure.sparse import Bools, Floats, Ints, Rows, beside, empty, stack
from iesiz.disclosure.system import LinearSystem
from iesiz.disclosure.witness import MOVED
from iesiz.errors import PrivacyRefusal

# Cost of moving what is withheld, against 1 for what is published: nothing moves without a reason.
FREE = 1e-4
REWARD = 1e5  # for each step towards a table that lies too far; more than whatever has to be withheld for it


class Mover:
    """One model over deviations from the truth: up and down for each variable and for each longer form."""

    def __init__(
        self, system: LinearSystem, inner: Floats, prices: Floats, units: Floats, variables: Ints
    ) -> None:
        """Build the model with everything published.

        Args:
            system: the plan.
            inner: exact variables, shape (variables,).
            prices: what withholding each cell costs, shape (cells,), positive.
            units: the usual length of a move of each form; one that cannot give as much costs more.
            variables: the neighbourhood: only these may move, ascending.
        """
        self.variables = variables
        mask = np.zeros(system.variables, dtype=np.bool_)
        mask[variables] = True
        self._forms: Ints = np.flatnonzero(system.forms.any(mask))
        self._owner = system.owner[self._forms]
        self._rows = system.forms.take(self._forms)
        single, self._rows = self._rows.sizes == 1, self._rows.within(variables)
        values = system.forms.take(self._forms).dot(inner)
        self._place(single)
        up, unit = prices[self._owner] / units[self._forms], units[self._forms]
        down = prices[self._owner] / np.maximum(np.minimum(values, unit), unit * 1e-3)
        self._cost, self._free = np.concatenate([up, down]), np.tile(FREE / unit, 2)
        self._room = np.concatenate(
            [np.full(len(variables), np.inf), inner[variables], np.full(2 * self._long, np.inf)]
        )
        self._model = self._build(system, inner, np.flatnonzero(~single), mask)
        columns = np.arange(2 * len(variables))
        self._model.price(columns, np.full(len(columns), float(self._free.min(initial=FREE))))
        self._withheld = np.zeros(len(self._forms), dtype=np.bool_)
        self._model.price(np.concatenate([self._up, self._down]), self._cost)

    def _place(self, single: Bools) -> None:
        """Columns for up and down of each form: its variable's, or slacks of its own."""
        self._long = int((~single).sum())
        count, base = len(self.variables), 2 * len(self.variables)
        self._up = np.zeros(len(single), dtype=np.int64)
        self._up[single] = self._rows.indices[self._rows.indptr[:-1][single]]
        self._up[~single] = base + np.arange(self._long)
        self._down = self._up + np.where(single, count, self._long)

    def _build(self, system: LinearSystem, inner: Floats, longer: Ints, mask: Bools) -> Model:
        """Rows: each longer form's change equals its slacks; the known inequalities hold after the move."""
        forms, count = self._rows.take(longer), self._long
        touched = np.flatnonzero(system.limits.rows.any(mask))
        rules = system.limits.rows.take(touched)
        at, near = rules.dot(inner), rules.within(self.variables)
        slack = stack(
            [Rows(np.arange(count + 1), np.arange(count), np.ones(count), count), empty(len(near), count)]
        )
        changes = stack([forms, near])
        program = beside([changes, changes.scaled(-1.0), slack.scaled(-1.0), slack])
        lower = np.concatenate([np.zeros(count), system.limits.lower[touched] - at])
        upper = np.concatenate([np.zeros(count), system.limits.upper[touched] - at])
        return Model(program, (lower, upper), (np.zeros(len(self._room)), self._room), warm=False)

    def sync(self, withheld: Bools) -> None:
        """Let the numbers of withheld cells move for nothing, charge for all others."""
        now = withheld[self._owner]
        changed = np.flatnonzero(now != self._withheld)
        both = np.concatenate([changed, changed + len(now)])
        costs = np.where(np.tile(now[changed], 2), self._free[both], self._cost[both])
        self._model.price(np.concatenate([self._up[changed], self._down[changed]]), costs)
        self._withheld = now

    def move(self, form: int, length: float, held: Ints) -> tuple[float, Ints, Floats]:
        """Move one form by `length` (negative: down) at the least cost; less far where no table goes so far.

        Args:
            form: number of the form.
            length: how far at least, if it can be.
            held: variables that must not move.

        Returns:
            The cost, the variables that change, and by how much; a move that falls short costs more than any
            that does not.

        Raises:
            PrivacyRefusal: the solver proved no optimum.
        """
        local = int(np.searchsorted(self._forms, form))
        ahead, back = (self._up, self._down) if length > 0 else (self._down, self._up)
        still = np.searchsorted(self.variables, held[np.isin(held, self.variables)])
        frozen = np.concatenate([still, still + len(self.variables), back[local : local + 1]])
        for column in frozen:
            self._model.bound(int(column), 0.0, 0.0)
        costs = self._free if self._withheld[local] else self._cost
        price = float(costs[local if length > 0 else local + len(ahead)])
        try:
            best = self._reach(int(ahead[local]), abs(length), price)
        finally:
            for column in (*frozen, ahead[local]):
                self._model.bound(int(column), 0.0, float(self._room[column]))
        return best.value, *self._changes(best)

    def spread(self, forms: Ints, lengths: Floats, held: Ints) -> tuple[Ints, Floats]:
        """Move many withheld forms at once, each as far as its length if it can be, and nothing published.

        Args:
            forms: numbers of forms, shape (n,).
            lengths: how far each is to move, all up or all down (negative), shape (n,).
            held: variables that must not move.

        Returns:
            The variables that change, and by how much; none where nothing moves.

        Raises:
            PrivacyRefusal: the solver proved no optimum.
        """
        local = np.searchsorted(self._forms, forms)
        ahead, back = (self._up, self._down) if lengths[0] > 0 else (self._down, self._up)
        still = np.searchsorted(self.variables, held[np.isin(held, self.variables)])
        shown = np.flatnonzero(~self._withheld)
        frozen = np.unique(
            np.concatenate(
                [still, still + len(self.variables), self._up[shown], self._down[shown], back[local]]
            )
        )
        wanted, first = np.unique(ahead[local], return_index=True)
        most = np.minimum(np.abs(lengths)[first], self._room[wanted])
        try:
            for column, room in zip((*wanted, *frozen), (*most, *np.zeros(len(frozen))), strict=True):
                self._model.bound(int(column), 0.0, float(room))
            self._model.price(wanted, -REWARD / np.abs(lengths)[first])
            return self._changes(self._model.solve())
        finally:
            for column in (*wanted, *frozen):
                self._model.bound(int(column), 0.0, float(self._room[column]))
            self._model.price(ahead[local], self._free[local + (0 if lengths[0] > 0 else len(ahead))])

    def _changes(self, best: Optimum) -> tuple[Ints, Floats]:
        """The variables that change in a solution, and by how much."""
        count = len(self.variables)
        change = best.point[:count] - best.point[count : 2 * count]
        moved = np.flatnonzero(np.abs(change) > MOVED)
        return self.variables[moved], change[moved]

    def _reach(self, column: int, length: float, price: float) -> Optimum:
        """Move a column this far or, where no table does it, as far as one does."""
        self._model.bound(column, length, float(self._room[column]))
        try:
            return self._model.solve()
        except PrivacyRefusal:
            self._model.bound(column, 0.0, min(length, float(self._room[column])))
        self._model.price(np.array([column]), np.array([-REWARD]))
        try:
            best = self._model.solve()
        finally:
            self._model.price(np.array([column]), np.array([price]))
        short = REWARD * (1.0 + float(best.point[column]))
        return Optimum(best.value + short, best.point, best.duals)
