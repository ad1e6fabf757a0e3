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
_SLASH, _ZERO, _DOT = 47, 48, 46


@compiled
def is_digit(byte: int) -> bool:
    """0 to 9."""
    return 48 <= byte <= 57


@compiled
def is_joint(byte: int) -> bool:
    """A byte between the words of a segment: ``-``, ``.`` or ``_``."""
    return byte == 45 or byte == 46 or byte == 95


@compiled
def is_plain(byte: int) -> bool:
    """A byte of which ordinary segments are made: a letter a to z, a digit or a joint."""
    return 97 <= byte <= 122 or is_digit(byte) or is_joint(byte)


@compiled
def only_number(buffer: Bytes, start: int, end: int) -> tuple[int, int]:
    """The one run of digits of a plain segment, alone between joints; (-1, -1) if there is none."""
    first, last, runs = -1, -1, 0
    for at in range(start, end):
        if not is_plain(buffer[at]):
            return -1, -1
        if is_digit(buffer[at]):
            if at == start or not is_digit(buffer[at - 1]):
                runs += 1
                first = at
            last = at + 1
    if runs != 1 or last - first > LONGEST_NUMBER:
        return -1, -1
    whole = first == start and last == end
    alone = (first == start or is_joint(buffer[first - 1])) and (last == end or is_joint(buffer[last]))
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
        if shift == 64 or not is_plain(buffer[at]):
            break
        word = word << np.uint64(8) | np.uint64(buffer[at])
        shift += 8
    return np.uint64(0)


@compiled
def fold_name(buffer: Bytes, start: int, end: int) -> bool:
    """Make the letters and digits of a file's name zeros if there is a digit among them."""
    dot = end - 1
    while buffer[dot] != _DOT:
        dot -= 1
    has_digit = False
    for at in range(start, dot):
        if not is_plain(buffer[at]):
            return False
        has_digit |= is_digit(buffer[at])
    if has_digit:
        for at in range(start, dot):
            if not is_joint(buffer[at]):
                buffer[at] = _ZERO
    return has_digit


@compiled
def fold_paths(buffer: Bytes, starts: Int64, lengths: Int64, files: Words) -> None:
    """Fold every path where it stands.

    Args:
        buffer: the paths' bytes.
        starts, lengths: where each stands.
        files: extensions of files whose own names no route keeps, as ``packed`` makes them.
    """
    for row in range(starts.size):
        at, end = starts[row], starts[row] + lengths[row]
        while at < end:
            stop = at
            while stop < end and buffer[stop] != _SLASH:
                stop += 1
            is_name = False
            if stop == end:
                extension = extension_of(buffer, at, stop)
                for known in files:
                    is_name |= known == extension
            if not (is_name and fold_name(buffer, at, stop)):
                fold_segment(buffer, at, stop)
            at = stop + 1


def packed(extensions: Iterable[str]) -> Words:
    """Extensions as words, the first letter lowest; longer ones than a word are left out."""
    known = (one.encode() for one in extensions)
    return np.array(sorted(int.from_bytes(one, "little") for one in known if 0 < len(one) <= 8), np.uint64)
