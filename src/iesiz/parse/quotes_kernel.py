"""Compiled handling of quotes and escapes: columns in quotes, lines in quotes, strings of JSON."""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes, find_byte, load_word, low_zeros, marks_of
from iesiz.compiled import compiled, compiled_apart

_QUOTE, _BACKSLASH = 34, 92
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)


@compiled_apart
def csv_end(buffer: Bytes, start: int, end: int, separator: int) -> int:
    """Where a column ends: before the separator or at the end; -1 where its quotes are not closed."""
    if start >= end or buffer[start] != _QUOTE:
        return find_byte(buffer, start, end, separator) if separator else end
    at = start + 1
    while at < end:
        if buffer[at] == _QUOTE:
            if at + 1 == end or (separator and buffer[at + 1] == separator):
                return at + 1
            at += 1 + (buffer[at + 1] == _QUOTE)
        else:
            at += 1
    return -1


@compiled_apart
def collapse_quotes(buffer: Bytes, start: int, end: int) -> int:
    r"""Make quotes that are doubled or escaped (``""``, ``\"``) single ones, in place; the new end."""
    at, to = start, start
    while at < end:
        if at + 1 < end and buffer[at + 1] == _QUOTE and (buffer[at] == _QUOTE or buffer[at] == _BACKSLASH):
            at += 1
        buffer[to] = buffer[at]
        at, to = at + 1, to + 1
    return to


@compiled_apart
def has_lone_quote(buffer: Bytes, start: int, end: int) -> bool:
    """Whether a quote stands there that is neither doubled nor escaped."""
    at = start
    while at < end:
        if buffer[at] == _QUOTE and (at + 1 == end or buffer[at + 1] != _QUOTE):
            return True
        at += 2 if buffer[at] == _QUOTE or buffer[at] == _BACKSLASH else 1
    return False


@compiled
def string_end(buffer: Bytes, start: int, end: int) -> int:
    """Position of the quote that ends a JSON string, or -1."""
    at = start
    while at < end:
        word = load_word(buffer, at)
        marks = marks_of(word, _QUOTES) | marks_of(word, _BACKSLASHES)
        if marks == np.uint64(0):
            at += 8
            continue
        at += low_zeros(marks) >> 3
        if at < end and buffer[at] == _QUOTE:
            return at
        at += 2
    return -1


@compiled
def nested_end(buffer: Bytes, start: int, end: int) -> int:
    """Position behind the object or array that begins at ``start``, whose values nobody reads, or -1."""
    depth, at = 0, start
    while at < end:
        byte = buffer[at]
        if byte == _QUOTE:
            at = string_end(buffer, at + 1, end)
            if at < 0:
                return -1
        elif byte == 123 or byte == 91:
            depth += 1
        elif byte == 125 or byte == 93:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return -1


@compiled
def hex_number(buffer: Bytes, start: int, length: int) -> int:
    """The number of so many hexadecimal digits, or -1."""
    number = 0
    for at in range(start, start + length):
        byte = np.int64(buffer[at])
        letter = byte | 32
        if 48 <= byte <= 57:
            number = number * 16 + byte - 48
        elif 97 <= letter <= 102:
            number = number * 16 + letter - 87
        else:
            return -1
    return number


@compiled
def write_utf8(buffer: Bytes, at: int, code: int) -> int:
    """Write a code point as UTF-8; where the next byte goes. It is never longer than its escape was."""
    if code < 0x80:
        buffer[at] = code
        return at + 1
    if code < 0x800:
        buffer[at], buffer[at + 1] = 0xC0 | code >> 6, 0x80 | code & 63
        return at + 2
    if code < 0x10000:
        buffer[at], buffer[at + 1], buffer[at + 2] = (
            0xE0 | code >> 12,
            0x80 | code >> 6 & 63,
            0x80 | code & 63,
        )
        return at + 3
    buffer[at], buffer[at + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 63
    buffer[at + 2], buffer[at + 3] = 0x80 | code >> 6 & 63, 0x80 | code & 63
    return at + 4


@compiled
def code_point(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    r"""The code point of ``\uXXXX`` or of a pair of surrogates at ``at``, and its length; -1 for none."""
    high = hex_number(buffer, at + 2, 4) if at + 6 <= end else -1
    is_pair = 0xD800 <= high < 0xDC00 and at + 12 <= end
    if is_pair and buffer[at + 6] == _BACKSLASH and buffer[at + 7] == 117:
        low = hex_number(buffer, at + 8, 4)
        if 0xDC00 <= low < 0xE000:
            return 0x10000 + (high - 0xD800) * 1024 + low - 0xDC00, 12
    if 0xD800 <= high < 0xE000:
        return 0xFFFD, 6
    return high, 6


@compiled
def plain_escape(letter: int) -> int:
    """The byte that a letter behind a backslash stands for; the letter itself where it is no escape."""
    if letter == 110:
        return 10
    if letter == 116:
        return 9
    if letter == 114:
        return 13
    return 8 if letter == 98 else 12 if letter == 102 else letter


@compiled_apart
def unescape(buffer: Bytes, start: int, end: int) -> int:
    r"""Decode the escapes of a JSON string in place, and nginx's ``\xXX``; the new end."""
    at = find_byte(buffer, start, end, _BACKSLASH)
    to = at
    while at < end:
        letter = np.int64(buffer[at + 1]) if buffer[at] == _BACKSLASH and at + 1 < end else -1
        code, length = code_point(buffer, at, end) if letter == 117 else (-1, 0)
        byte = hex_number(buffer, at + 2, 2) if letter == 120 and at + 4 <= end else -1
        if code >= 0:
            to = write_utf8(buffer, to, code)
            at += length
        elif byte >= 0:
            buffer[to] = byte
            at, to = at + 4, to + 1
        elif letter >= 0:
            buffer[to] = plain_escape(letter)
            at, to = at + 2, to + 1
        else:
            buffer[to] = buffer[at]
            at, to = at + 1, to + 1
    return to
