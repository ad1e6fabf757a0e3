"""Compiled reading of a request line: method class, path, whether its query names a campaign.

A valid log line whose request cannot be read is recognised all the same, with the method class
``malformed`` (RFC 9112 section 3; a request without a version is HTTP/0.9).
"""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes, find_byte, load_word
from iesiz.compiled import compiled
from iesiz.records import METHODS

_OTHER = len(METHODS) - 1


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _mask(length: int) -> np.uint64:
    return np.uint64((1 << 8 * length) - 1)


_NAMES = np.array([_word(name.encode()) if len(name) < 8 else 0 for name in METHODS], np.uint64)
_UTM = _word(b"utm_")
_HTTP, _FOUR, _FIVE = _word(b"HTTP/"), _mask(4), _mask(5)
CLICKS = (b"gclid=", b"yclid=", b"fbclid=", b"gbraid=", b"wbraid=", b"msclkid=", b"ttclid=")
_CLICKS = np.array([_word(name) for name in CLICKS], np.uint64)
_CLICK_MASKS = np.array([_mask(len(name)) for name in CLICKS], np.uint64)


@compiled
def method_class(buffer: Bytes, start: int, length: int) -> int:
    """Position in ``METHODS``: 0 for what is no token of capital letters, the last for an uncommon one."""
    if length < 3 or length > 24:
        return 0
    for at in range(start, start + length):
        letter = buffer[at]
        if not (65 <= letter <= 90 or letter == 45 or letter == 95):
            return 0
    if length < 8:
        name = load_word(buffer, start) & ((np.uint64(1) << np.uint64(8 * length)) - np.uint64(1))
        for row in range(1, _OTHER):
            if _NAMES[row] == name:
                return row
    return _OTHER


@compiled
def last_space(buffer: Bytes, start: int, end: int) -> int:
    """Position of the last space, or ``end``."""
    at = end - 1
    while at > start and buffer[at] != 32:
        at -= 1
    return at if at > start else end


@compiled
def target_end(buffer: Bytes, start: int, end: int) -> int:
    """Where the target ends: before `` HTTP/x``, or at the end for HTTP/0.9; -1 if neither reading holds."""
    space = last_space(buffer, start, end)
    if space == end:
        return end if buffer[start] != 32 else -1
    return space if space + 6 < end and load_word(buffer, space + 1) & _FIVE == _HTTP else -1


@compiled
def path_end(buffer: Bytes, start: int, end: int) -> int:
    """Where the path ends and the query or fragment begins."""
    for at in range(start, end):
        if buffer[at] == 63 or buffer[at] == 35:
            return at
    return end


@compiled
def has_campaign(buffer: Bytes, start: int, end: int) -> bool:
    """Whether a query has a parameter by which advertisers mark their links."""
    at = start
    while at < end:
        word = load_word(buffer, at + 1)
        if word & _FOUR == _UTM:
            return True
        for row in range(_CLICKS.size):
            if word & _CLICK_MASKS[row] == _CLICKS[row]:
                return True
        at = find_byte(buffer, at + 1, end, 38)
    return False


@compiled
def authority_end(buffer: Bytes, start: int, end: int) -> tuple[int, int]:
    """Begin and end of the host and port in a target that is a whole URL; (start, start) if it is none."""
    colon = find_byte(buffer, start, end, 58)
    if colon == start or colon + 3 > end or buffer[colon + 1] != 47 or buffer[colon + 2] != 47:
        return start, start
    if find_byte(buffer, start, colon, 47) != colon:
        return start, start
    return colon + 3, find_byte(buffer, colon + 3, end, 47)
