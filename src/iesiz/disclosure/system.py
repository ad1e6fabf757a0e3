"""What is planned for publication, as one linear system; nothing outside it can be published.

In: 0/1 rows over variables (the finest cross-classification over all linked tables), the decision that
each row belongs to, and the inequalities that everyone knows. Out: a frozen `LinearSystem`.
Must not hold an exact count: the attacker sees this object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from iesiz.disclosure.sparse import Bools, Floats, Ints, Rows, stack


@dataclass(frozen=True, eq=False)
class Limits:
    """Inequalities that hold whatever is published: `lower <= rows . variables <= upper`."""

    rows: Rows
    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: as many bounds as rows are expected.
        """
        if not len(self.rows) == len(self.lower) == len(self.upper):
            raise ValueError("an inequality needs one lower and one upper bound")


@dataclass(frozen=True, eq=False)
class LinearSystem:
    """Planned numbers as 0/1 forms over non-negative variables, grouped into decisions.

    Attributes:
        forms: one row for each number that could be published, shape (forms, variables).
        owner: the decision (cell) of each form, shape (forms,); a cell's forms are withheld together.
        cells: number of decisions.
        planned: the decision of each planned cell as labelled, shape (planned,); two labels whose
            numbers are made of the same variables are one decision.
        limits: what everyone knows besides.
        axes: code of each variable along each axis of the finest crossing, shape (variables, axes).
    """

    forms: Rows
    owner: Ints
    cells: int
    planned: Ints
    limits: Limits
    axes: Ints

    def __post_init__(self) -> None:
        """Check that every form is 0/1, not empty, and owned.

        Raises:
            ValueError: the system is not one.
        """
        if len(self.owner) != len(self.forms) or self.limits.rows.columns != self.forms.columns:
            raise ValueError("every form needs an owner, every inequality the same variables")
        if len(self.forms) and (self.forms.sizes.min() == 0 or np.any(self.forms.data != 1)):
            raise ValueError("a form is a sum of at least one variable")
        if self.axes.ndim != 2 or len(self.axes) != self.variables:
            raise ValueError("every variable needs its codes")
        if len(np.unique(self.owner)) != self.cells:
            raise ValueError("every cell needs a form")

    @property
    def variables(self) -> int:
        """Number of variables."""
        return self.forms.columns

    @cached_property
    def weight(self) -> Ints:
        """How many planned cells each decision stands for, shape (cells,)."""
        return np.bincount(self.planned, minlength=self.cells).astype(np.int64)

    def owned(self, cells: Bools) -> Bools:
        """Which forms belong to the cells of a mask."""
        return cells[self.owner]


def no_limits(variables: int) -> Limits:
    """No inequality at all."""
    empty = np.zeros(0)
    return Limits(Rows(np.zeros(1, np.int64), np.zeros(0, np.int64), empty, variables), empty, empty)


def system_of(incidence: Rows, axes: Ints | None = None) -> LinearSystem:
    """A system with one measure; planned cells made of the same variables become one decision.

    Args:
        incidence: 0/1 rows of the planned cells of all linked tables, shape (planned, variables).
        axes: codes of the variables, shape (variables, axes); one axis in the given order if left out.
    """
    codes = np.arange(incidence.columns, dtype=np.int64)[:, None] if axes is None else axes
    number: dict[bytes, int] = {}
    first: list[int] = []
    planned = np.zeros(len(incidence), dtype=np.int64)
    for cell in range(len(incidence)):
        key = incidence.row(cell).tobytes()
        if key not in number:
            number[key] = len(first)
            first.append(cell)
        planned[cell] = number[key]
    owner = np.arange(len(first), dtype=np.int64)
    forms = incidence.take(np.array(first, dtype=np.int64))
    return LinearSystem(forms, owner, len(first), planned, no_limits(incidence.columns), codes)


def two_measures(first: LinearSystem, second: LinearSystem) -> LinearSystem:
    """Two measures of the same cells, each with variables of its own; a cell's two numbers go together.

    Raises:
        ValueError: the systems do not plan the same cells.
    """
    if first.cells != second.cells or not np.array_equal(first.planned, second.planned):
        raise ValueError("two measures need the same planned cells")
    forms = stack([first.forms, second.forms], side_by_side=True)
    limits = Limits(
        stack([first.limits.rows, second.limits.rows], side_by_side=True),
        np.concatenate([first.limits.lower, second.limits.lower]),
        np.concatenate([first.limits.upper, second.limits.upper]),
    )
    owner = np.concatenate([first.owner, second.owner])
    axes = np.concatenate([first.axes, second.axes])
    return LinearSystem(forms, owner, first.cells, first.planned, limits, axes)
