"""One HiGHS model kept warm: the objective and column bounds change, the rows stay.

Any status but optimal raises: an answer that is not proven is not an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from iesiz.disclosure.sparse import Floats, Ints, Rows
from iesiz.errors import PrivacyRefusal


@dataclass(frozen=True, eq=False)
class Optimum:
    """A proven optimum: objective value, the point, the dual of each row."""

    value: float
    point: Floats
    duals: Floats


def new_solver() -> Any:
    """A silent solver on one thread, so that the same program gives the same answer."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy publishes no types
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        solver.setOptionValue(option, value)
    return solver


class Model:
    """A linear program `row_lower <= rows . x <= row_upper`, `lower <= x <= upper`."""

    def __init__(
        self, rows: Rows, row_bounds: tuple[Floats, Floats], bounds: tuple[Floats, Floats], warm: bool = True
    ) -> None:
        """Build it once; all costs are zero.

        Args:
            rows, row_bounds, bounds: the program.
            warm: start from the last basis, which a changed objective leaves primal feasible. Otherwise start
                from the slack basis, which is dual feasible while no cost is negative and zero is allowed.
        """
        self.columns = rows.columns
        self._warm = warm
        self._costs: Ints = np.zeros(0, dtype=np.int64)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = rows.columns, len(rows)
        program.col_cost_ = np.zeros(rows.columns)
        program.col_lower_, program.col_upper_ = bounds
        program.row_lower_, program.row_upper_ = row_bounds
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = rows.indptr.astype(np.int32)
        program.a_matrix_.index_ = rows.indices.astype(np.int32)
        program.a_matrix_.value_ = rows.data
        self._highs = new_solver()
        self._highs.setOptionValue("presolve", "off")
        self._highs.setOptionValue("solver", "simplex")
        self._highs.setOptionValue("simplex_strategy", 4 if warm else 1)
        self._highs.passModel(program)

    def bound(self, column: int, lower: float, upper: float) -> None:
        """Change the bounds of one column."""
        self._highs.changeColBounds(column, lower, upper)

    def price(self, columns: Ints, costs: Floats) -> None:
        """Set the costs of some columns; other columns keep theirs."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), costs)

    def aim(self, columns: Ints, costs: Floats) -> None:
        """Make this the whole objective."""
        self.price(self._costs, np.zeros(len(self._costs)))
        self.price(columns, costs)
        self._costs = columns

    def solve(self, maximise: bool = False) -> Optimum:
        """Solve from the last basis.

        Raises:
            PrivacyRefusal: the solver proved no optimum.
        """
        if not self._warm:
            self._highs.clearSolver()
        sense = highspy.ObjSense.kMaximize if maximise else highspy.ObjSense.kMinimize
        self._highs.changeObjectiveSense(sense)
        self._highs.run()
        if self._status() != highspy.HighsModelStatus.kOptimal:
            self._again()
        if self._status() != highspy.HighsModelStatus.kOptimal:
            name = self._highs.modelStatusToString(self._status())
            raise PrivacyRefusal(
                f"the solver proved no optimum ({name}); nothing may be published on this answer"
            )
        solution = self._highs.getSolution()
        value = self._highs.getInfo().objective_function_value
        return Optimum(value, np.array(solution.col_value), np.array(solution.row_dual))

    def _status(self) -> Any:
        return self._highs.getModelStatus()

    def _again(self) -> None:
        """Try other ways before giving up.

        With wide bounds the warm primal simplex sometimes takes a bounded program for an unbounded one; the
        dual simplex from the slack basis, or the presolved program, does not.
        """
        own = (4 if self._warm else 1, "off")
        for strategy, presolve in (own, (1, "off"), (1, "on")):
            self._highs.clearSolver()
            self._highs.setOptionValue("simplex_strategy", strategy)
            self._highs.setOptionValue("presolve", presolve)
            self._highs.run()
            if self._status() == highspy.HighsModelStatus.kOptimal:
                break
        self._highs.setOptionValue("simplex_strategy", own[0])
        self._highs.setOptionValue("presolve", own[1])
