"""Compiled coding of 64-bit numbers: small whole numbers in order of first appearance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@compiled
def code_numbers(values: Int64, table: Int32, firsts: Int32, codes: Int32) -> int:
    """Give equal numbers equal codes, from 0, by open addressing.

    Args:
        table: filled with -1, a power of two of at least twice the rows.
        firsts: receives for each code the row where its number first stands.
        codes: receives the code of each row.

    Returns:
        The number of distinct numbers.
    """
    mask = np.uint64(table.size - 1)
    distinct = 0
    for row in range(values.size):
        digest = np.uint64(values[row]) * np.uint64(0x9E3779B97F4A7C15)
        place = (digest ^ (digest >> np.uint64(32))) & mask
        while True:
            code = table[place]
            if code < 0:
                table[place], firsts[distinct], codes[row] = distinct, row, distinct
                distinct += 1
                break
            if values[firsts[code]] == values[row]:
                codes[row] = code
                break
            place = (place + np.uint64(1)) & mask
    return distinct


def code_of_numbers(values: Int64) -> tuple[Int32, Int32]:
    """The code of each row, and the row where each code first stands."""
    firsts, codes = np.empty(len(values), np.int32), np.empty(len(values), np.int32)
    table = np.full(1 << max(4, (2 * len(values)).bit_length()), -1, np.int32)
    distinct = code_numbers(values, table, firsts, codes)
    return codes, firsts[:distinct]
