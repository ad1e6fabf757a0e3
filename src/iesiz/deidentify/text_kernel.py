"""Compiled numbering of the distinct texts of a file, block after block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes, hash_bytes
from iesiz.compiled import compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Uint64 = npt.NDArray[np.uint64]
PLACE, CHECK = 0, 1


@compiled
def number_texts(
    buffer: Bytes,
    starts: Int64,
    lengths: Int64,
    seed: np.uint64,
    check_seed: np.uint64,
    table: Int32,
    digests: Uint64,
    known: int,
    numbers: Int32,
    new: Int32,
) -> int:
    """Number each text: one met before keeps its number, a new one gets the next.

    Args:
        seed, check_seed: of two hashes; texts that agree in both are taken for one.
        table: open addressing, -1 where nothing is; a power of two, at least twice as many as there can be
            texts after this call.
        digests: shape (2, texts), the hashes of each text numbered so far, with room for those to come.
        known: texts numbered so far.
        numbers: receives the number of each text.
        new: receives for each new number which text has it.

    Returns:
        Texts numbered in all.
    """
    mask, before = np.uint64(table.size - 1), known
    for at in range(starts.size):
        digest = hash_bytes(buffer, starts[at], lengths[at], seed)
        check = hash_bytes(buffer, starts[at], lengths[at], check_seed)
        place = digest & mask
        while True:
            number = table[place]
            if number < 0:
                number = known
                table[place], digests[PLACE, known], digests[CHECK, known] = number, digest, check
                new[known - before] = at
                known += 1
                break
            if digests[PLACE, number] == digest and digests[CHECK, number] == check:
                break
            place = (place + np.uint64(1)) & mask
        numbers[at] = number
    return known


@compiled
def refill(digests: Uint64, known: int, table: Int32) -> None:
    """Put the numbers of texts, all different, into an empty table."""
    mask = np.uint64(table.size - 1)
    for number in range(known):
        place = digests[PLACE, number] & mask
        while table[place] >= 0:
            place = (place + np.uint64(1)) & mask
        table[place] = number
