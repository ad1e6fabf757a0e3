"""Which cells to withhold beside the sensitive ones: widen what is too narrow, then give back the rest.

In: a task. Out: a mask of withheld cells with the witnesses that show it safe. Deterministic: ties by cell
number. The attacker and the judge have the last word, not this module.
"""

from __future__ import annotations

import numpy as np

from iesiz.disclosure.neighbours import Neighbours
from iesiz.disclosure.rules import TOLERANCE
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.spread import MANY
from iesiz.disclosure.task import NOBODY, Task
from iesiz.disclosure.witness import MOVED, Shift, Witnesses, holds, shift
from iesiz.errors import PrivacyRefusal


class Search:
    """The withheld cells so far, and the tables found so far that cannot be told from the true one."""

    def __init__(self, task: Task, prices: Floats) -> None:
        """Start with what must be withheld and nothing known about them.

        Args:
            task: what to protect.
            prices: what withholding each cell costs, shape (cells,), positive.
        """
        self.task, self.prices = task, prices
        self._neighbours = Neighbours(task, prices)
        self.withheld = task.must.copy()
        self.witnesses = Witnesses(task, [])
        self._moves = 0

    @property
    def cost(self) -> float:
        """The price of all withheld cells."""
        return float(self.prices[self.withheld].sum())

    def run(self, budget: float = np.inf) -> bool:
        """Widen until every need is met, for everybody and for each insider; False beyond the budget."""
        while len(forms := self._unmet()):
            for form in forms:
                if len(self._narrowed(np.array([form]), NOBODY)):
                    self.widen(int(form), NOBODY)
                    if self.cost >= budget:
                        return False
        return all(self._guard(told, budget) for told in self.task.insiders)

    def _unmet(self) -> Ints:
        """Withheld forms not yet shown to be uncertain enough, sensitive and large ones first."""
        task = self.task
        forms = np.flatnonzero(task.system.owned(self.withheld))
        forms = self._narrowed(forms, NOBODY)
        return forms[np.lexsort((forms, -task.values[forms], ~task.guarded[forms]))]

    def _guard(self, told: tuple[int, ...], budget: float) -> bool:
        """Widen what one insider could narrow; no move made for him moves what he knows."""
        forms = self._narrowed(self.witnesses.affected(told), told)
        for up in (True, False):
            forms = self._spread(forms, told, up)
        for form in forms:
            if len(self._narrowed(np.array([form]), told)):
                self.widen(int(form), told)
                if self.cost >= budget:
                    return False
        return True

    def _narrowed(self, forms: Ints, told: tuple[int, ...]) -> Ints:
        """Those of the forms that are not yet shown to be uncertain enough."""
        return self.task.unmet(told, forms, *self.witnesses.ends(forms, told))

    def _spread(self, forms: Ints, told: tuple[int, ...], up: bool) -> Ints:
        """Move many forms at once with what is withheld already; those that are still too narrow."""
        if len(forms) < MANY:
            return forms
        ends = self.witnesses.ends(forms, told)
        first = [
            self._lengths(int(form), told, float(lo), float(hi))[0]
            for form, lo, hi in zip(forms, *ends, strict=True)
        ]
        lengths = np.array(first)
        chosen = np.flatnonzero(lengths > 0 if up else lengths < 0)
        if len(chosen) < MANY:
            return forms
        held = np.array(told, dtype=np.int64)
        for variables, amounts in self._neighbours.spread(
            forms[chosen], lengths[chosen], held, self.withheld
        ):
            self._take(shift(self.task, variables, amounts))
        return self._narrowed(forms, told)

    def _take(self, found: Shift) -> None:
        """Withhold what a table moves, and learn from it."""
        self._moves += 1
        self.withheld[self.task.system.owner[found.forms]] = True
        self.witnesses.add(found)

    def widen(self, form: int, told: tuple[int, ...]) -> None:
        """Make one form uncertain enough, withholding what the cheapest move takes.

        Raises:
            PrivacyRefusal: it cannot be done.
        """
        held, one = np.array(told, dtype=np.int64), np.array([form])
        before = self.witnesses.ends(one, told)
        lengths = self._lengths(form, told, float(before[0][0]), float(before[1][0]))
        moves = [self._neighbours.move(form, length, held, self.withheld) for length in lengths]
        _, variables, amounts = min(moves, key=lambda found: round(found[0], 6))
        self._take(shift(self.task, variables, amounts))
        if np.allclose(self.witnesses.ends(one, told), before, rtol=0, atol=MOVED):
            raise PrivacyRefusal("a withheld number cannot be made uncertain enough; publish a coarser table")

    def _lengths(self, form: int, told: tuple[int, ...], lo: float, hi: float) -> list[float]:
        """The moves that would do, in the order of preference."""
        needs, value = self.task.needs, float(self.task.values[form])
        slack = TOLERANCE * max(1.0, value)
        own = bool(np.isin(self.task.system.forms.row(form), told).any())
        if not own and hi - value < needs.up[form] - slack:
            return [float(needs.up[form])]
        if not own and value - lo < needs.down[form] - slack:
            return [-float(needs.down[form])]
        width = max(float(needs.width[form]), float(needs.whole[form]))
        up, down = lo + width - value, value + width - hi
        return [up] + ([-down] if down <= value and not told else [])

    def improve(self, most: int) -> bool:
        """Try to publish each complementary cell again, dearest first; True if one could be.

        Args:
            most: moves that may have been made in all before the next cell is tried.
        """
        better = False
        cells = np.flatnonzero(self.withheld & ~self.task.must)
        for cell in cells[np.lexsort((cells, -self.prices[cells]))]:
            if self._moves > most:
                return False
            if not self.withheld[cell]:
                continue
            before, shifts, cost = self.withheld.copy(), self.witnesses.shifts, self.cost
            self._publish(np.arange(len(self.withheld)) == cell)
            if self.run(budget=cost - 1e-9):
                self._publish(self._idle())
                better = True
            else:
                self.withheld, self.witnesses = before, Witnesses(self.task, shifts)
        return better

    def resume(self, withheld: Bools, tables: Floats | None = None) -> None:
        """Go on from this pattern.

        Args:
            withheld: shape (cells,).
            tables: changes of the variables that may show it safe, shape (tables, variables).
        """
        self._publish(self.withheld & ~withheld)
        self.withheld = withheld.copy()
        for table in () if tables is None else tables:
            moved = np.flatnonzero(np.abs(table) > MOVED)
            found = shift(self.task, moved, table[moved])
            if holds(self.task, withheld, found):
                self.witnesses.add(found)

    def _publish(self, cells: Bools) -> None:
        """Publish cells again; tables that moved them show nothing any more."""
        self.withheld = self.withheld & ~cells
        gone = self.task.system.owned(cells)
        kept: list[Shift] = [one for one in self.witnesses.shifts if not gone[one.forms].any()]
        self.witnesses = Witnesses(self.task, kept)

    def _idle(self) -> Bools:
        """Complementary cells that no table moves."""
        used = self.task.must.copy()
        for one in self.witnesses.shifts:
            used[self.task.system.owner[one.forms]] = True
        return self.withheld & ~used
