"""Compiled order of records: sorting by counting, which no order of arrival makes slow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled_apart

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]


@compiled_apart
def sort_by(keys: Int32, rows: Int32, starts: Int64, order: Int32) -> None:
    """Put rows in the order of their keys; rows of one key stay in the order in which they were given.

    Args:
        keys: 0 or more, for each row that there is.
        rows: those that are sorted.
        starts: zeros, one more than there are keys; receives where each key begins in ``order``.
        order: receives the rows.
    """
    for at in range(rows.size):
        starts[keys[rows[at]]] += 1
    total = 0
    for key in range(starts.size):
        count = starts[key]
        starts[key] = total
        total += count
    for at in range(rows.size):
        key = keys[rows[at]]
        order[starts[key]] = rows[at]
        starts[key] += 1
    for key in range(starts.size - 1, 0, -1):
        starts[key] = starts[key - 1]
    starts[0] = 0
