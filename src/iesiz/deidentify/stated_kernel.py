"""Compiled folds of stated values: what a class does not depend on goes, so that few values are distinct.

In: texts where they stand, in a buffer of one's own. Out: the same, shorter or with zeros. A fold never
changes the class of a value (a property test holds the two against each other); what is no ordinary spelling
stays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled

Int64 = npt.NDArray[np.int64]
AS_IT_IS, MAIL, NUMBER, GIVEN = 0, 1, 2, 3
LONGEST_LOCAL = 64
_DIGITS, _KEPT, _ABROAD = 11, 4, 810


@compiled
def _is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@compiled
def _is_local(byte: int) -> bool:
    """A byte of which ordinary local parts are made: a letter, a digit, or one of ``._%+-``."""
    is_letter = 97 <= (byte | 32) <= 122
    return is_letter or _is_digit(byte) or byte == 46 or byte == 95 or byte == 37 or byte == 43 or byte == 45


@compiled
def ordinary_local(buffer: Bytes, start: int, length: int) -> int:
    """Bytes of the ordinary local part that stands before the sign of a mail address; 0 if there is none."""
    size = 0
    while size < length and size <= LONGEST_LOCAL and _is_local(buffer[start + size]):
        size += 1
    is_local = size <= LONGEST_LOCAL and size < length and buffer[start + size] == 64
    return size if is_local else 0


@compiled
def first_digits(buffer: Bytes, start: int, length: int) -> tuple[int, int]:
    """How many digits a text of ASCII has, and its first three as a number; (0, 0) of another text."""
    digits, first = 0, 0
    for at in range(start, start + length):
        if buffer[at] >= 128:
            return 0, 0
        if _is_digit(buffer[at]):
            digits += 1
            first = 10 * first + buffer[at] - 48 if digits <= 3 else first
    return digits, first


@compiled
def fold_number(buffer: Bytes, start: int, length: int) -> None:
    """Make zeros of what stands behind the code of eleven digits that begin with 7 or 8."""
    digits, first = first_digits(buffer, start, length)
    if digits != _DIGITS or first // 100 < 7 or first // 100 > 8 or first == _ABROAD:
        return
    digits = 0
    for at in range(start, start + length):
        if _is_digit(buffer[at]):
            digits += 1
            if digits > _KEPT:
                buffer[at] = 48


@compiled
def first_visible(buffer: Bytes, start: int, length: int) -> int:
    """Where the first visible character of ASCII stands; -1 if there is none."""
    for at in range(start, start + length):
        if 33 <= buffer[at] <= 126:
            return at
    return -1


@compiled
def fold_texts(kind: int, buffer: Bytes, starts: Int64, lengths: Int64) -> None:
    """Fold each text.

    Args:
        kind: ``MAIL`` leaves one letter of a local part, ``NUMBER`` the code of a telephone number, ``GIVEN``
            one visible character, ``AS_IT_IS`` all.
        buffer: the texts; digits in it become zeros.
        starts: where each begins; replaced.
        lengths: bytes of each, -1 for none; replaced.
    """
    if kind == AS_IT_IS:
        return
    for row in range(starts.size):
        if kind == MAIL:
            left_out = max(ordinary_local(buffer, starts[row], lengths[row]) - 1, 0)
            starts[row], lengths[row] = starts[row] + left_out, lengths[row] - left_out
        elif kind == NUMBER:
            fold_number(buffer, starts[row], lengths[row])
        else:
            at = first_visible(buffer, starts[row], lengths[row])
            if at >= 0:
                starts[row], lengths[row] = at, 1
