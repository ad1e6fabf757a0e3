"""Compiled folding of paths: what only numbers things becomes zeros, before paths are coded.

``/shop/item-158011`` and ``/shop/item-200377`` have the same route; folded to ``/shop/item-000000`` they are
one distinct value, so that a day with a million item pages leaves a few thousand paths to look at. Folding
never changes a route (a property test holds the two against each other): only a number that becomes ``{n}``
whatever its digits are is folded, in segments of plain ASCII. The own name of an asset, hashed or numbered,
is folded as a whole: its route is the folder and the extension. Where a site's own routes hold numbers,
nothing is folded.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled

Int64 = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
LONGEST_NUMBER = 9
SHORTEST_NUMBER = 3
_ZERO, _DOT = 48, 46
LETTER, DIGIT, JOINT, SLASH, OTHER = 1, 2, 4, 8, 16


def _kinds() -> npt.NDArray[np.uint8]:
    """What each byte is; ordinary segments are made of small letters, digits and joints."""
    kinds = np.full(256, OTHER, np.uint8)
    kinds[97:123], kinds[48:58], kinds[47] = LETTER, DIGIT, SLASH
    kinds[[45, _DOT, 95]] = JOINT
    return kinds


KINDS = _kinds()


@compiled
def only_number(buffer: Bytes, start: int, end: int) -> tuple[int, int]:
    """The one run of digits of a plain segment that has digits, alone between joints; else (-1, -1)."""
    first = start
    while KINDS[buffer[first]] != DIGIT:
        first += 1
    last = first + 1
    while last < end and KINDS[buffer[last]] == DIGIT:
        last += 1
    for at in range(last, end):
        if KINDS[buffer[at]] == DIGIT:
            return -1, -1
    if last - first > LONGEST_NUMBER:
        return -1, -1
    whole = first == start and last == end
    before = first == start or KINDS[buffer[first - 1]] == JOINT
    alone = before and (last == end or KINDS[buffer[last]] == JOINT)
    return (first, last) if whole or (alone and last - first >= SHORTEST_NUMBER) else (-1, -1)


@compiled
def fold_segment(buffer: Bytes, start: int, end: int) -> None:
    """Make the only number of a segment zeros, of the same length."""
    first, last = only_number(buffer, start, end)
    for at in range(first, last):
        buffer[at] = _ZERO


@compiled
def extension_of(buffer: Bytes, start: int, end: int) -> np.uint64:
    """The bytes behind a plain segment's last dot as one word; 0 if there are none, or too many."""
    word, shift = np.uint64(0), 0
    for at in range(end - 1, start, -1):
        if buffer[at] == _DOT:
            return word
        if shift == 64:
            break
        word = word << np.uint64(8) | np.uint64(buffer[at])
        shift += 8
    return np.uint64(0)


@compiled
def fold_name(buffer: Bytes, start: int, end: int) -> bool:
    """Make the letters and digits of a plain file's name zeros if there is a digit among them."""
    dot = end - 1
    while buffer[dot] != _DOT:
        dot -= 1
    has_digit = False
    for at in range(start, dot):
        has_digit |= KINDS[buffer[at]] == DIGIT
    if has_digit:
        for at in range(start, dot):
            if KINDS[buffer[at]] != JOINT:
                buffer[at] = _ZERO
    return has_digit


@compiled
def fold_last(buffer: Bytes, start: int, end: int, files: Words) -> None:
    """Fold a path's last segment, which may be a file's own name."""
    extension, is_name = extension_of(buffer, start, end), False
    for known in files:
        is_name |= known == extension
    if not (is_name and fold_name(buffer, start, end)):
        fold_segment(buffer, start, end)


@compiled
def fold_paths(buffer: Bytes, starts: Int64, lengths: Int64, files: Words) -> None:
    """Fold every path where it stands.

    Args:
        buffer: the paths' bytes.
        starts, lengths: where each stands.
        files: extensions of files whose own names no route keeps, as ``packed`` makes them.
    """
    for row in range(starts.size):
        begin, end, seen = starts[row], starts[row] + lengths[row], 0
        for at in range(begin, end):
            kind = np.int64(KINDS[buffer[at]])
            if kind != SLASH:
                seen |= kind
                continue
            if seen & (DIGIT | OTHER) == DIGIT:
                fold_segment(buffer, begin, at)
            begin, seen = at + 1, 0
        if seen & (DIGIT | OTHER) == DIGIT:
            fold_last(buffer, begin, end, files)


def packed(extensions: Iterable[str]) -> Words:
    """Extensions as words, the first letter lowest; longer ones than a word are left out."""
    known = (one.encode() for one in extensions)
    return np.array(sorted(int.from_bytes(one, "little") for one in known if 0 < len(one) <= 8), np.uint64)
