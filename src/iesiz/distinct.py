"""Distinct whole numbers of a column: without sorting where they lie close together, as days and hours do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

CLOSE = 1 << 16
Whole = npt.NDArray[np.signedinteger[Any]]


def distinct_numbers(values: Whole) -> tuple[Whole, npt.NDArray[np.int64]]:
    """The distinct values, ascending, and the place of each value among them.

    Args:
        values: shape (rows,).
    """
    if not len(values):
        return values, np.zeros(0, np.int64)
    low = int(values.min())
    if int(values.max()) - low >= CLOSE:
        found, where = np.unique(values, return_inverse=True)
        return found, where
    moved = values - low
    is_there = np.bincount(moved) > 0
    place = np.cumsum(is_there) - 1
    return (np.flatnonzero(is_there) + low).astype(values.dtype), place[moved]
