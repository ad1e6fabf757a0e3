"""Compiled numbering of the distinct texts of a file, block after block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes, hash_bytes, same_bytes
from iesiz.compiled import compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Uint64 = npt.NDArray[np.uint64]
KNOWN, FILLED = 0, 1
PLACE, SIZE = 0, 1


@compiled
def number_texts(
    buffer: Bytes,
    starts: Int64,
    lengths: Int64,
    seed: np.uint64,
    table: Int32,
    digests: Uint64,
    spans: Int64,
    held: Bytes,
    state: Int64,
    numbers: Int32,
) -> None:
    """Number each text: one met before keeps its number, a new one gets the next and is copied.

    Args:
        table: open addressing, -1 where nothing is; a power of two, at least twice as many as there can be
            texts after this call.
        digests: hash of each text numbered so far, with room for those to come.
        spans: shape (2, texts), where each stands in ``held`` and how long it is, with room likewise.
        held: the texts numbered so far, with room likewise.
        state: how many are numbered, and how many bytes of ``held`` are filled.
        numbers: receives the number of each text.
    """
    mask = np.uint64(table.size - 1)
    known, filled = state[KNOWN], state[FILLED]
    for at in range(starts.size):
        start, length = starts[at], lengths[at]
        digest = hash_bytes(buffer, start, length, seed)
        place = digest & mask
        while True:
            number = table[place]
            if number < 0:
                number = known
                table[place], digests[known] = number, digest
                spans[PLACE, known], spans[SIZE, known] = filled, length
                for step in range(length):
                    held[filled + step] = buffer[start + step]
                known, filled = known + 1, filled + length
                break
            is_alike = digests[number] == digest and spans[SIZE, number] == length
            if is_alike and same_bytes(held, spans[PLACE, number], buffer, start, length):
                break
            place = (place + np.uint64(1)) & mask
        numbers[at] = number
    state[KNOWN], state[FILLED] = known, filled


@compiled
def refill(digests: Uint64, known: int, table: Int32) -> None:
    """Put the numbers of texts, all different, into an empty table."""
    mask = np.uint64(table.size - 1)
    for number in range(known):
        place = digests[number] & mask
        while table[place] >= 0:
            place = (place + np.uint64(1)) & mask
        table[place] = number
