"""Which lines of a file came before in other files of its stream.

In: the lines of a new file and of earlier ones, as keyed hashes. Out: for each line of the new file
whether it is a repeat. A line is a repeat when it stands in a run of at least ``WINDOW`` lines that stood
like that before, within a file or over the boundary of two that follow each other; in a shorter run where
the file begins with the end of another or ends with the beginning of one, if the run holds more than one
second (between equal lines of one second nobody can tell); or when the whole file is the beginning of
another. No line is a repeat more often than it was counted before. It must not compare a file with itself:
equal lines within one file are so many requests.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np

from iesiz.restricted.day_runs import Flags
from iesiz.restricted.line_kernel import (
    Uint8,
    add_counts,
    cover,
    fill_table,
    mark_windows,
    pick_windows,
    spend_counts,
)
from iesiz.restricted.lines import EDGE, FileLines, Hashes, StoredLines

PIECE = 1 << 20


def find_repeats(lines: FileLines, earlier: Sequence[StoredLines], begun: FileLines | None = None) -> Flags:
    """Say of each line whether it is a repeat of a line in an earlier file.

    Args:
        begun: a file that is the beginning of this one. Its lines are not compared with this file, but a run
            may begin in it and go on in an earlier file that follows it.
    """
    repeats = np.zeros(lines.size, np.uint8)
    if earlier and lines.size:
        known = sorted((one.lines for one in earlier), key=lambda one: int(one.head[0]))
        _cover_runs(lines.hashes, _pieces(known, begun), repeats)
        _cover_edges(lines, known, repeats)
    return repeats.astype(np.bool_)


def as_often_as_counted(lines: FileLines, repeats: Flags, earlier: Iterable[StoredLines]) -> Flags:
    """Leave no line a repeat more often than equal lines were counted in earlier files."""
    chosen = repeats.astype(np.uint8)
    if not chosen.any():
        return repeats
    table, shift = _table(_keys(lines.hashes[repeats]))
    counts = np.zeros(len(table), np.int32)
    for one in earlier:
        add_counts(one.lines.hashes, one.counted.view(np.uint8), table, shift, counts)
    spend_counts(lines.hashes, chosen, table, shift, counts)
    return chosen.astype(np.bool_)


def _cover_runs(lines: Hashes, pieces: Iterable[Hashes], repeats: Uint8) -> None:
    """Find runs of at least ``WINDOW`` lines. Only windows that may be in both are put in a table."""
    shift = 64 - max(10, (16 * len(lines)).bit_length())
    bits = np.zeros(1 << (64 - shift - 6), np.uint64)
    mark_windows(lines, bits, shift)
    picked = [_picked(piece, bits, shift) for piece in pieces]
    windows = np.concatenate([one for one in picked if len(one)] or [np.zeros(0, np.uint64)])
    if len(windows):
        table, table_shift = _table(windows)
        cover(lines, table, table_shift, repeats)


def _picked(lines: Hashes, bits: Hashes, shift: int) -> Hashes:
    picked = np.empty(len(lines), np.uint64)
    return picked[: pick_windows(lines, bits, shift, picked)].copy()


def _pieces(known: Sequence[FileLines], begun: FileLines | None) -> Iterable[Hashes]:
    """Every window of the files and of their boundaries, in stretches of bounded length."""
    starts = [int(one.head[0]) for one in known]
    for one in known:
        for start in range(0, one.size, PIECE):
            yield one.hashes[start : start + PIECE + EDGE]
    for one in (*known, *([begun] if begun else [])):
        following = _following(one, known, starts)
        if len(following):
            yield np.concatenate([one.hashes[-EDGE:], following])


def _following(one: FileLines, known: Sequence[FileLines], starts: Sequence[int]) -> Hashes:
    """The first ``EDGE`` lines that come after a file, in one or several of those known, by their times."""
    found, last = np.zeros(0, np.uint64), one
    for _ in range(EDGE):
        candidates = known[bisect_left(starts, int(last.tail.min())) :]
        overlaps = [other for other in candidates[: 2 * EDGE] if other is not last and meeting(last, other)]
        later = (other for other in candidates if other is not last and other.head[0] >= last.tail[-1])
        following = overlaps[-1] if overlaps else next(later, None)
        if following is None or len(found) >= EDGE:
            break
        found = np.concatenate([found, following.hashes[meeting(last, following) :][:EDGE]])
        last = following
    return found[:EDGE]


def _cover_edges(lines: FileLines, known: Sequence[FileLines], repeats: Uint8) -> None:
    for one in known:
        repeats[: meeting(one, lines)] = 1
        ahead = meeting(lines, one)
        repeats[lines.size - ahead :] = 1
        if lines.size <= EDGE and np.array_equal(lines.hashes, one.hashes[: lines.size]):
            repeats[:] = 1


def meeting(before: FileLines, after: FileLines) -> int:
    """Lines, fewer than ``WINDOW``, that end one file and begin the other, and span more than a second."""
    if not before.tail.min() <= after.head[0] <= before.tail.max():
        return 0
    for size in range(min(len(before.tail), len(after.head)), 1, -1):
        times = before.tail[-size:]
        is_alike = np.array_equal(before.hashes[before.size - size :], after.hashes[:size])
        if is_alike and times.min() < times.max():
            return size
    return 0


def _keys(hashes: Hashes) -> Hashes:
    return np.where(hashes == 0, np.uint64(1), hashes)


def _table(keys: Hashes) -> tuple[Hashes, int]:
    """An open-addressed table of keys, at most two thirds full, and the shift that finds its places."""
    bits = max(4, (len(keys) * 3 // 2 + 1).bit_length())
    table = np.zeros(1 << bits, np.uint64)
    fill_table(keys, table, 64 - bits)
    return table, 64 - bits
