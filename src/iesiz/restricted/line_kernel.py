"""Compiled comparison of lines by their hashes: windows of 20 consecutive lines, and counts of equal lines.

A window's hash is the polynomial of its line hashes modulo 2**64 in an odd number, rolled on from line to
line. Two windows that differ in one line never have the same; in more lines, with probability of about
2**-64, since line hashes are keyed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled

Uint64 = npt.NDArray[np.uint64]
Uint8 = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
WINDOW = 20
FREE = np.uint64(0)
_BASE = np.uint64(0xD6E8FEB86659FD93)
_GONE = np.uint64(pow(0xD6E8FEB86659FD93, WINDOW, 1 << 64))
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


@compiled
def roll(state: np.uint64, lines: Uint64, at: int) -> np.uint64:
    """The hash of the window that ends at a line, from that of the window before."""
    state = state * _BASE + lines[at]
    if at >= WINDOW:
        state -= lines[at - WINDOW] * _GONE
    return state


@compiled
def place_of(key: np.uint64, shift: int) -> int:
    """Where to look for a key in a table of ``2 ** (64 - shift)`` places."""
    return np.int64((key ^ (key >> np.uint64(32))) * _SPREAD >> np.uint64(shift))


@compiled
def mark_windows(lines: Uint64, filter_bits: Uint64, shift: int) -> None:
    """Set a bit for each window of lines."""
    state = FREE
    for at in range(lines.size):
        state = roll(state, lines, at)
        if at >= WINDOW - 1:
            place = place_of(state, shift)
            filter_bits[place >> 6] |= _ONE << np.uint64(place & 63)


@compiled
def pick_windows(lines: Uint64, filter_bits: Uint64, shift: int, picked: Uint64) -> int:
    """Put those windows of lines whose bit is set into ``picked``, room for one a line; how many."""
    state, count = FREE, 0
    for at in range(lines.size):
        state = roll(state, lines, at)
        if at >= WINDOW - 1:
            place = place_of(state, shift)
            if filter_bits[place >> 6] >> np.uint64(place & 63) & _ONE:
                picked[count] = state | np.uint64(state == FREE)
                count += 1
    return count


@compiled
def find_place(key: np.uint64, table: Uint64, shift: int) -> int:
    """The place of a key in an open-addressed table that is never full, or the free one where it would go."""
    mask, place = table.size - 1, place_of(key, shift)
    while table[place] != FREE and table[place] != key:
        place = (place + 1) & mask
    return place


@compiled
def fill_table(keys: Uint64, table: Uint64, shift: int) -> None:
    """Put keys, none of them 0, into a table."""
    for at in range(keys.size):
        table[find_place(keys[at], table, shift)] = keys[at]


@compiled
def cover(lines: Uint64, table: Uint64, shift: int, covered: Uint8) -> None:
    """Set 1 for each line that stands in a window of the table."""
    state, done = FREE, 0
    for at in range(lines.size):
        state = roll(state, lines, at)
        if at >= WINDOW - 1:
            key = state | np.uint64(state == FREE)
            if table[find_place(key, table, shift)] == key:
                for line in range(max(done, at - WINDOW + 1), at + 1):
                    covered[line] = 1
                done = at + 1


@compiled
def add_counts(keys: Uint64, counted: Uint8, table: Uint64, shift: int, counts: Int32) -> None:
    """Count each counted key that the table holds."""
    for at in range(keys.size):
        if counted[at]:
            place = find_place(keys[at] | np.uint64(keys[at] == FREE), table, shift)
            counts[place] += table[place] != FREE


@compiled
def spend_counts(keys: Uint64, chosen: Uint8, table: Uint64, shift: int, counts: Int32) -> None:
    """Leave a key chosen as often as it was counted, from the first on, and unset the others."""
    for at in range(keys.size):
        if chosen[at]:
            place = find_place(keys[at] | np.uint64(keys[at] == FREE), table, shift)
            chosen[at] = counts[place] > 0
            counts[place] -= counts[place] > 0
