"""What falls apart: values known at once from what is published, and blocks that share no equation.

In: rows with right-hand sides over non-negative variables. Out: fixed variables and the blocks of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.sparse import Floats, Ints, Rows
from iesiz.disclosure.union_kernel import join
from iesiz.errors import PrivacyRefusal

SLACK = 1e-6  # what rounding may add up to in a sum of published values, relative to its size


@dataclass(frozen=True, eq=False)
class Known:
    """Variables that follow from single equations: NaN where still unknown, shape (variables,)."""

    values: Floats

    @property
    def unknown(self) -> Ints:
        """Numbers of the variables that do not follow."""
        return np.flatnonzero(np.isnan(self.values))


def follow(equations: Rows, sums: Floats) -> Known:
    """Fix what one equation alone decides, again and again: a last unknown, or parts of a remaining zero.

    Raises:
        PrivacyRefusal: the published values contradict each other.
    """
    values = np.full(equations.columns, np.nan)
    scale = SLACK * np.maximum(1.0, np.abs(sums))
    while True:
        unknown = np.isnan(values)
        rest = sums - equations.dot(np.where(unknown, 0.0, values))
        open_parts = np.bincount(
            equations.row_of, weights=unknown[equations.indices], minlength=len(equations)
        )
        if np.any(rest < -scale) or np.any((open_parts == 0) & (np.abs(rest) > scale)):
            raise PrivacyRefusal("the published values contradict each other: a part exceeds its total")
        rest = np.where(rest <= scale, 0.0, rest)
        decides = (open_parts == 1) | ((open_parts > 1) & (rest == 0))
        if not np.any(decides):
            return Known(values)
        hits = decides[equations.row_of] & unknown[equations.indices]
        values[equations.indices[hits]] = rest[equations.row_of[hits]]


def blocks(rows: Rows) -> Ints:
    """The block of each column: columns that share a row are in one; shape (columns,), numbered from 0."""
    parent = np.arange(rows.columns, dtype=np.int64)
    join(rows.indptr, rows.indices, parent)
    return np.unique(parent, return_inverse=True)[1].astype(np.int64)
