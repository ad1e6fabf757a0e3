"""Compiled passes by which the routes that enough visitors share are found among millions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import hash_bytes
from iesiz.compiled import compiled

UInt8 = npt.NDArray[np.uint8]
UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@compiled
def find_buckets(data: UInt8, offsets: Int32, seed: np.uint64, mask: np.uint64, buckets: Int32) -> None:
    """The bucket of each text.

    Args:
        data: the texts one after the other, and at least eight bytes behind them.
        offsets: where each begins, and the end of the last.
        seed: of their hash.
        mask: one less than there are buckets, a power of two.
        buckets: receives them.
    """
    for at in range(buckets.size):
        found = hash_bytes(data, offsets[at], offsets[at + 1] - offsets[at], seed)
        buckets[at] = np.int32(found & mask)


@compiled
def count_changes(
    routes: Int32,
    buckets: Int32,
    visitors: Int32,
    marks: UInt64,
    is_robot: Flags,
    last: UInt64,
    changes: UInt8,
) -> None:
    """Count in each bucket how often another visitor follows: no less often than it has visitors, up to 255.

    Args:
        routes: of each row its code, -1 for none.
        buckets: of each code.
        visitors: of each row its visitor's code.
        marks: of each of these codes a number by which the visitor is known.
        is_robot: of each row, which does not count then.
        last: the visitor that each bucket had last.
        changes: what was counted so far.
    """
    for row in range(routes.size):
        if is_robot[row] or routes[row] < 0:
            continue
        bucket, mark = buckets[routes[row]], marks[visitors[row]]
        if changes[bucket] == 0 or last[bucket] != mark:
            last[bucket] = mark
            changes[bucket] += np.uint8(changes[bucket] < 255)


@compiled
def add_visitors(
    routes: Int32,
    places: Int32,
    visitors: Int32,
    marks: UInt64,
    is_robot: Flags,
    seen: UInt64,
    counts: UInt8,
) -> None:
    """Note the first few visitors of each route.

    Args:
        routes, visitors, marks, is_robot: as in ``count_changes``.
        places: of each route's code, -1 for those that are not asked for.
        seen: the visitors of each place so far, shape (places, few).
        counts: how many these are.
    """
    for row in range(routes.size):
        if is_robot[row] or routes[row] < 0:
            continue
        place = places[routes[row]]
        if place < 0 or counts[place] == seen.shape[1]:
            continue
        mark, at = marks[visitors[row]], 0
        while at < counts[place] and seen[place, at] != mark:
            at += 1
        if at == counts[place]:
            seen[place, at] = mark
            counts[place] += np.uint8(1)
