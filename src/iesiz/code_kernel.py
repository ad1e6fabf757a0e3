"""Compiled dictionary coding: texts to small whole numbers in order of first appearance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes, hash_bytes, same_bytes
from iesiz.compiled import compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@compiled
def code_texts(
    buffer: Bytes,
    starts: Int64,
    lengths: Int64,
    seed: np.uint64,
    table: Int32,
    hashes: npt.NDArray[np.uint64],
    firsts: Int32,
    codes: Int32,
) -> int:
    """Give equal texts equal codes, from 0, by open addressing.

    Args:
        buffer: the texts' bytes, and at least eight behind them.
        starts: where each text begins.
        lengths: bytes of each; texts of length -1, which are none, are equal too.
        table: filled with -1, a power of two of at least twice the rows.
        hashes: room for one a row.
        firsts: receives for each code the row where its text first stands.
        codes: receives the code of each row.

    Returns:
        The number of distinct texts.
    """
    mask = np.uint64(table.size - 1)
    distinct = 0
    for row in range(starts.size):
        start, length = starts[row], lengths[row]
        digest = hash_bytes(buffer, start, length, seed)
        place = digest & mask
        while True:
            code = table[place]
            if code < 0:
                table[place], hashes[distinct], firsts[distinct] = distinct, digest, row
                codes[row] = distinct
                distinct += 1
                break
            first = firsts[code]
            is_alike = hashes[code] == digest and lengths[first] == length
            if is_alike and same_bytes(buffer, starts[first], buffer, start, length):
                codes[row] = code
                break
            place = (place + np.uint64(1)) & mask
    return distinct
