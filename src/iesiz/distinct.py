"""Distinct whole numbers of a column: without sorting where they lie close together, as days and hours do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from iesiz.distinct_kernel import mark, place

CLOSE = 1 << 16
Whole = npt.NDArray[np.signedinteger[Any]]


def distinct_numbers(values: Whole) -> tuple[Whole, npt.NDArray[np.int64]]:
    """The distinct values, ascending, and the place of each value among them.

    Args:
        values: shape (rows,).
    """
    if not len(values):
        return values, np.zeros(0, np.int64)
    low, high = int(values.min()), int(values.max())
    if low == high:
        return values[:1].copy(), np.zeros(len(values), np.int64)
    if high - low >= CLOSE:
        found, where = np.unique(values, return_inverse=True)
        return found, where
    is_there, where = np.zeros(high - low + 1, np.bool_), np.empty(len(values), np.int64)
    mark(values, low, is_there)
    place(values, low, np.cumsum(is_there) - 1, where)
    return (np.flatnonzero(is_there) + low).astype(values.dtype), where
