"""The fewest withheld cells for a small system, by a mixed-integer program over whole patterns.

For each sensitive number the program holds two other possible tables between which the number moves far
enough; a cell may move only if it is withheld (after Fischetti and Salazar 2001).

In: a task and the best pattern so far. Out: a cheaper pattern, or None. Must be deterministic: the limit is a
number of nodes, never a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from iesiz.disclosure.lp import new_solver
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.disclosure.task import Task

NODES = 300
GAP = 0.4  # less than one cell: patterns that differ only in what their cells are worth are not told apart
REACH = 2.0  # the two tables move no cell by more than this many times the longest need


@dataclass(frozen=True, eq=False)
class Pattern:
    """Withheld cells, shape (cells,), and the changes that show it, shape (tables, variables)."""

    withheld: Bools
    tables: Floats


class Program:
    """The mixed-integer program, grown by one pair of tables for each number."""

    def __init__(self, task: Task, prices: Floats) -> None:
        """Start with one binary for each cell and no table."""
        self.task, self._cells = task, task.system.cells
        self._reach = REACH * float(task.needs.length.max())
        self._highs = new_solver()
        self._highs.setOptionValue("mip_max_nodes", NODES)
        self._highs.setOptionValue("mip_rel_gap", 0.0)
        self._highs.setOptionValue("mip_abs_gap", GAP)
        cells = np.arange(self._cells, dtype=np.int32)
        self._highs.addVars(self._cells, task.must.astype(float), 1.0 - task.fixed.astype(float))
        self._highs.changeColsCost(self._cells, cells, prices)
        self._highs.changeColsIntegrality(
            self._cells, cells, np.full(self._cells, highspy.HighsVarType.kInteger)
        )

    def cut(self, prices: Floats, below: float) -> None:
        """Ask for a pattern cheaper than this."""
        self._highs.addRow(-np.inf, below, self._cells, np.arange(self._cells, dtype=np.int32), prices)

    def require(self, form: int) -> None:
        """Add the two tables that show one number uncertain, if its cell is withheld."""
        needs = self.task.needs
        up, down = self._table(), self._table()
        self._apart(form, (up, down), max(float(needs.width[form]), float(needs.whole[form])))
        self._apart(form, (up,), float(needs.up[form]))
        self._apart(form, (-down,), float(needs.down[form]))

    def _apart(self, form: int, tables: tuple[int, ...], length: float) -> None:
        """The first table's value (or minus it), less the second's, reaches this if the cell is withheld."""
        if length <= 0:
            return
        parts = self.task.system.forms.row(form)
        columns = [int(self.task.system.owner[form])] + [
            abs(start) + part for start in tables for part in parts
        ]
        ends = [1.0 if start == tables[0] and start > 0 else -1.0 for start in tables for _ in parts]
        self._highs.addRow(0.0, np.inf, len(columns), np.array(columns, np.int32), np.array([-length, *ends]))

    def _table(self) -> int:
        """Columns of another possible table (as change from the true one); gives the first column."""
        system, start = self.task.system, int(self._highs.getNumCol())
        lowest = -np.minimum(self.task.inner, self._reach)
        self._highs.addVars(system.variables, lowest, np.full(system.variables, self._reach))
        at = system.limits.rows.dot(self.task.inner)
        for row in range(len(system.limits.rows)):
            columns = (start + system.limits.rows.row(row)).astype(np.int32)
            bounds = (system.limits.lower[row] - at[row], system.limits.upper[row] - at[row])
            self._highs.addRow(*bounds, len(columns), columns, system.limits.rows.coefficients(row))
        for form in range(len(system.forms)):
            columns = np.concatenate([start + system.forms.row(form), system.owner[form : form + 1]]).astype(
                np.int32
            )
            for sign, room in ((1.0, self._reach), (-1.0, min(self._reach, self.task.values[form]))):
                weights = np.concatenate([np.full(len(columns) - 1, sign), [-room]])
                self._highs.addRow(-np.inf, 0.0, len(columns), columns, weights)
        return start

    def solve(self) -> Pattern | None:
        """The cheapest pattern that the nodes allow, or None."""
        self._highs.run()
        if self._highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        point = np.array(self._highs.getSolution().col_value)
        tables = point[self._cells :].reshape(-1, self.task.system.variables)
        return Pattern(point[: self._cells] > 0.5, tables)


def cheapest(task: Task, prices: Floats, below: float) -> Pattern | None:
    """The cheapest pattern that protects the sensitive cells from everybody, if the nodes suffice.

    Args:
        task: what to protect.
        prices: price of each cell, shape (cells,).
        below: price that it must beat by nearly a cell.
    """
    program = Program(task, prices)
    program.cut(prices, below - GAP)
    for form in np.flatnonzero(task.guarded):
        program.require(int(form))
    return program.solve()
