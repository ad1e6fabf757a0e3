"""Compiled reading of IPv4, with or without a port, as nearly all are; the others are left to `addresses`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled, compiled_apart

Int64 = npt.NDArray[np.int64]
OTHER = -1
_ZERO, _NINE, _DOT, _COLON = 48, 57, 46, 58


@compiled
def _digits(buffer: Bytes, start: int, end: int) -> int:
    count = 0
    while start + count < end and _ZERO <= buffer[start + count] <= _NINE:
        count += 1
    return count


@compiled
def _plain(buffer: Bytes, start: int, end: int) -> int:
    """Four numbers from 0 to 255 without leading zeros as one number, whatever the port, or ``OTHER``."""
    packed, octet, digits, dots = 0, 0, 0, 0
    for at in range(start, end):
        byte = buffer[at]
        if byte == _COLON:
            if at + 1 + _digits(buffer, at + 1, end) < end:
                return OTHER
            break
        if byte == _DOT:
            if digits == 0:
                return OTHER
            packed, octet, digits, dots = packed << 8 | octet, 0, 0, dots + 1
        elif _ZERO <= byte <= _NINE and not (digits > 0 and octet == 0):
            octet, digits = 10 * octet + byte - _ZERO, digits + 1
            if octet > 255:
                return OTHER
        else:
            return OTHER
    return packed << 8 | octet if dots == 3 and digits > 0 else OTHER


@compiled_apart
def read_plain(buffer: Bytes, starts: Int64, sizes: Int64, found: Int64) -> None:
    """Read texts as IPv4 addresses.

    Args:
        buffer: where the texts stand.
        starts, sizes: of each text.
        found: receives each address as a number, ``OTHER`` where the text is anything else.
    """
    for text in range(found.size):
        found[text] = _plain(buffer, starts[text], starts[text] + sizes[text])
