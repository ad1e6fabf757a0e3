"""The fewest withheld cells for a small system, by a mixed-integer program over whole patterns.

For each number that needs it the program holds two other possible tables between which the number moves far
enough; a cell may move only if it is withheld (after Fischetti and Salazar 2001). The numbers of complementary cells
join the program only when a solution leaves them too narrow.

In: a task and the best pattern so far. Out: a cheaper pattern, or None. Must be deterministic: the limit is a
number of nodes, never a time.
"""

from __future__ import annotations

import highspy
import numpy as np

from iesiz.disclosure.judge import Finding, judge
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.disclosure.task import NOBODY, Task

NODES = 1500
ROUNDS = 12
REACH = 2.0  # the two tables move no cell by more than this many times the longest need


class Program:
    """The mixed-integer program, grown by one pair of tables for each number."""

    def __init__(self, task: Task, prices: Floats) -> None:
        """Start with one binary for each cell and no table."""
        self.task, self._cells = task, task.system.cells
        self._reach = REACH * float(task.needs.length.max())
        self._highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
            self._highs.setOptionValue(option, value)
        self._highs.setOptionValue("mip_max_nodes", NODES)
        self._highs.setOptionValue("mip_rel_gap", 1e-9)
        cells = np.arange(self._cells, dtype=np.int32)
        self._highs.addVars(self._cells, task.sensitive.astype(float), 1.0 - task.fixed.astype(float))
        self._highs.changeColsCost(self._cells, cells, prices)
        self._highs.changeColsIntegrality(self._cells, cells, np.full(self._cells, highspy.HighsVarType.kInteger))
        self.asked: set[Finding] = set()

    def cut(self, prices: Floats, below: float) -> None:
        """Ask for a pattern cheaper than this."""
        self._highs.addRow(-np.inf, below, self._cells, np.arange(self._cells, dtype=np.int32), prices)

    def require(self, finding: Finding) -> None:
        """Add the two tables that show one number uncertain (for an insider, if told), if its cell is withheld."""
        self.asked.add(finding)
        form, needs = finding.form, self.task.needs
        up, down = self._table(finding.told), self._table(finding.told)
        self._apart(form, (up, down), max(float(needs.width[form]), float(needs.whole[form])))
        if not np.isin(self.task.system.forms.row(form), finding.told).any():
            self._apart(form, (up,), float(needs.up[form]))
            self._apart(form, (-down,), float(needs.down[form]))

    def _apart(self, form: int, tables: tuple[int, ...], length: float) -> None:
        """The first table's value (or minus its value), less the second's, is at least this if the cell is withheld."""
        if length <= 0:
            return
        parts = self.task.system.forms.row(form)
        columns = [int(self.task.system.owner[form])] + [abs(start) + part for start in tables for part in parts]
        ends = [1.0 if start == tables[0] and start > 0 else -1.0 for start in tables for _ in parts]
        self._highs.addRow(0.0, np.inf, len(columns), np.array(columns, np.int32), np.array([-length, *ends]))

    def _table(self, told: tuple[int, ...]) -> int:
        """Columns of another possible table (as change from the true one); gives the first column."""
        system, start = self.task.system, self._highs.getNumCol()
        lowest, highest = -np.minimum(self.task.inner, self._reach), np.full(system.variables, self._reach)
        lowest[list(told)] = highest[list(told)] = 0.0
        self._highs.addVars(system.variables, lowest, highest)
        at = system.limits.rows.dot(self.task.inner)
        for row in range(len(system.limits.rows)):
            columns = (start + system.limits.rows.row(row)).astype(np.int32)
            bounds = (system.limits.lower[row] - at[row], system.limits.upper[row] - at[row])
            self._highs.addRow(*bounds, len(columns), columns, system.limits.rows.coefficients(row))
        for form in range(len(system.forms)):
            columns = np.concatenate([start + system.forms.row(form), system.owner[form : form + 1]]).astype(np.int32)
            for sign, room in ((1.0, self._reach), (-1.0, min(self._reach, self.task.values[form]))):
                weights = np.concatenate([np.full(len(columns) - 1, sign), [-room]])
                self._highs.addRow(-np.inf, 0.0, len(columns), columns, weights)
        return start

    def solve(self) -> Bools | None:
        """The cheapest pattern that the nodes allow, or None."""
        self._highs.run()
        if self._highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return np.array(self._highs.getSolution().col_value[: self._cells]) > 0.5


def cheapest(task: Task, prices: Floats, found: Bools) -> Bools:
    """The cheapest pattern, or the one found already if no cheaper one is proven safe within the nodes.

    Args:
        task: what to protect.
        prices: price of each cell, shape (cells,).
        found: a safe pattern, shape (cells,).
    """
    program = Program(task, prices)
    program.cut(prices, float(prices[found].sum()) - 1e-6)
    for form in np.flatnonzero(task.guarded):
        program.require(Finding(int(form), NOBODY))
    for _ in range(ROUNDS):
        pattern = program.solve()
        if pattern is None:
            return found
        fresh = [finding for finding in judge(task, pattern).findings if finding not in program.asked]
        if not fresh:
            return pattern if not judge(task, pattern).findings else found
        for finding in fresh:
            program.require(finding)
    return found
