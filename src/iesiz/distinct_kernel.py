"""Compiled marking and placing of whole numbers that lie close together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled_apart

Whole = npt.NDArray[np.signedinteger[Any]]
Int64 = npt.NDArray[np.int64]


@compiled_apart
def mark(values: Whole, low: int, is_there: npt.NDArray[np.bool_]) -> None:
    """Mark the distance of each value from the least one."""
    for row in range(values.size):
        is_there[values[row] - low] = True


@compiled_apart
def place(values: Whole, low: int, places: Int64, found: Int64) -> None:
    """Give each row the place that is noted at its distance from the least one."""
    for row in range(values.size):
        found[row] = places[values[row] - low]
