"""Which cells to withhold beside the sensitive ones: widen what is too narrow, then give back what is not needed.

In: a task. Out: a mask of withheld cells with the tables that show it safe. Deterministic: ties by cell
number. The attacker and the judge have the last word, not this module.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.mover import MOVED
from iesiz.disclosure.neighbours import Neighbours
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.task import NOBODY, Task


@dataclass(frozen=True, eq=False)
class Shift:
    """The difference between the true table and another one that looks the same once the moved cells are withheld."""

    forms: Ints
    change: Floats
    variables: frozenset[int]


class Search:
    """The withheld cells so far, and the tables found so far that cannot be told from the true one."""

    def __init__(self, task: Task, prices: Floats) -> None:
        """Start with the sensitive cells withheld and nothing known about them.

        Args:
            task: what to protect.
            prices: what withholding each cell costs, shape (cells,), positive.
        """
        self.task, self.prices = task, prices
        self._neighbours = Neighbours(task, prices)
        self._insiders_of: dict[int, list[int]] = {}
        for number, told in enumerate(task.insiders):
            for variable in told:
                self._insiders_of.setdefault(variable, []).append(number)
        self.withheld = task.sensitive.copy()
        self._reset([])

    def _reset(self, shifts: list[Shift]) -> None:
        self.shifts: list[Shift] = []
        self.lo, self.hi = self.task.values.copy(), self.task.values.copy()
        self._touching: dict[int, list[Shift]] = {}
        self._moving: dict[int, list[Shift]] = {}
        for shift in shifts:
            self._see(shift)

    def _see(self, shift: Shift) -> None:
        self.shifts.append(shift)
        seen = self.task.values[shift.forms] + shift.change
        self.lo[shift.forms] = np.minimum(self.lo[shift.forms], seen)
        self.hi[shift.forms] = np.maximum(self.hi[shift.forms], seen)
        if not self.task.insiders:
            return
        for form in shift.forms[self.task.guarded[shift.forms]]:
            self._touching.setdefault(int(form), []).append(shift)
        for insider in {i for variable in shift.variables for i in self._insiders_of.get(variable, [])}:
            self._moving.setdefault(insider, []).append(shift)

    @property
    def cost(self) -> float:
        """The price of all withheld cells."""
        return float(self.prices[self.withheld].sum())

    def run(self, budget: float = np.inf) -> bool:
        """Widen until every need is met, for everybody and for each insider; False beyond the budget."""
        while len(forms := self._unmet()):
            for form in forms:
                one = np.array([form])
                if len(self.task.unmet(NOBODY, one, self.lo[one], self.hi[one])):
                    self.widen(int(form), NOBODY)
                    if self.cost >= budget:
                        return False
        return all(self._guard(insider, budget) for insider in range(len(self.task.insiders)))

    def _unmet(self) -> Ints:
        """Withheld forms not yet shown to be uncertain enough, sensitive and large ones first."""
        task = self.task
        forms = np.flatnonzero(task.system.owned(self.withheld))
        forms = task.unmet(NOBODY, forms, self.lo[forms], self.hi[forms])
        return forms[np.lexsort((forms, -task.values[forms], ~task.guarded[forms]))]

    def _guard(self, insider: int, budget: float) -> bool:
        """Widen what one insider could narrow with what he knows."""
        told = self.task.insiders[insider]
        while True:
            moved = [shift.forms for shift in self._moving.get(insider, [])]
            forms = self.task.concerns(told, np.unique(np.concatenate(moved))) if moved else np.zeros(0, np.int64)
            ends = [self.range_for(int(form), told) for form in forms]
            lo, hi = np.array([end[0] for end in ends]), np.array([end[1] for end in ends])
            forms = self.task.unmet(told, forms, lo, hi)
            if not len(forms):
                return True
            self.widen(int(forms[0]), told)
            if self.cost >= budget:
                return False

    def range_for(self, form: int, told: tuple[int, ...]) -> tuple[float, float]:
        """The ends of a form over the tables that leave alone what the insider knows."""
        if not told:
            return float(self.lo[form]), float(self.hi[form])
        value = float(self.task.values[form])
        shifts = [s for s in self._touching.get(form, []) if s.variables.isdisjoint(told)]
        seen = [value] + [value + float(s.change[np.searchsorted(s.forms, form)]) for s in shifts]
        return min(seen), max(seen)

    def widen(self, form: int, told: tuple[int, ...]) -> None:
        """Make one form uncertain enough, withholding what the cheapest move takes."""
        held = np.array(told, dtype=np.int64)
        lengths = self._lengths(form, told)
        moves = [self._neighbours.move(form, length, held, self.withheld) for length in lengths]
        _, variables, change = min(moves, key=lambda found: round(found[0], 6))
        moved = np.zeros(self.task.system.variables)
        moved[variables] = change
        effect = self.task.system.forms.dot(moved)
        forms = np.flatnonzero(np.abs(effect) > MOVED)
        self.withheld[self.task.system.owner[forms]] = True
        self._see(Shift(forms, effect[forms], frozenset(variables.tolist())))

    def _lengths(self, form: int, told: tuple[int, ...]) -> list[float]:
        """The moves that would do, in the order of preference."""
        needs, value = self.task.needs, float(self.task.values[form])
        lo, hi = self.range_for(form, told)
        own = bool(np.isin(self.task.system.forms.row(form), told).any())
        if not own and hi - value < needs.up[form]:
            return [float(needs.up[form])]
        if not own and value - lo < needs.down[form]:
            return [-float(needs.down[form])]
        width = max(float(needs.width[form]), float(needs.whole[form]))
        up, down = lo + width - value, value + width - hi
        return [up] + ([-down] if down <= value and not told else [])

    def improve(self) -> bool:
        """Try to publish each complementary cell again, dearest first; True if one could be."""
        better = False
        cells = np.flatnonzero(self.withheld & ~self.task.sensitive)
        for cell in cells[np.lexsort((cells, -self.prices[cells]))]:
            if not self.withheld[cell]:
                continue
            before, shifts, cost = self.withheld.copy(), list(self.shifts), self.cost
            self._publish(np.arange(len(self.withheld)) == cell)
            if self.run(budget=cost - 1e-9):
                self._publish(self._idle())
                better = True
            else:
                self._restore(before, shifts)
        return better

    def resume(self, withheld: Bools) -> None:
        """Go on from this pattern."""
        gone = self.task.system.owned(self.withheld & ~withheld)
        self._restore(withheld, [shift for shift in self.shifts if not gone[shift.forms].any()])

    def _publish(self, cells: Bools) -> None:
        """Publish cells again; tables that moved them show nothing any more."""
        self.withheld = self.withheld & ~cells
        gone = self.task.system.owned(cells)
        self._reset([shift for shift in self.shifts if not gone[shift.forms].any()])

    def _idle(self) -> Bools:
        """Complementary cells that no table moves."""
        used = self.task.sensitive.copy()
        for shift in self.shifts:
            used[self.task.system.owner[shift.forms]] = True
        return self.withheld & ~used

    def _restore(self, withheld: Bools, shifts: list[Shift]) -> None:
        self.withheld = withheld.copy()
        self._reset(shifts)
