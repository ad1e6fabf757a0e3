"""The compiled scanner: runs a format's program over a block of lines, in one pass.

Each line gets one outcome. What a recognised line holds is written into one row of ``rows``: the columns
named by the constants below, then start and length of each text field, then those of the path. A single
array keeps calls cheap (each array passed costs a reference count), and a line's facts near each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled
from iesiz.parse.bytes_kernel import Bytes, find_byte, has_byte, hash_bytes, load_word, same_bytes
from iesiz.parse.clock_kernel import BAD_TIME, TIME_LENGTH, digits, local_seconds, offset_of
from iesiz.parse.formats import (
    FLAGS,
    KIND,
    LAST,
    LENGTH,
    LITERAL,
    MASK,
    NEVER_EMPTY,
    NUMBER_NEXT,
    OPEN_ENDED,
    QUOTED,
    Kind,
    Program,
)
from iesiz.parse.request_kernel import has_campaign, method_class, path_end, target_end
from iesiz.records import LONGEST_LINE

Rows = npt.NDArray[np.int64]
RECOGNISED, EMPTY, COMMENT, NO_MATCH, BAD_CLOCK, BAD_STATUS, BAD_BYTES, TOO_LONG = range(8)
SECONDS, OFFSET, STATUS, SIZE, METHOD, CAMPAIGN, HASH, LINE, CLOCK, TEXTS = range(10)
LONGEST_SIZE = 15
_TEXT, _TIME, _REQUEST = int(Kind.TEXT), int(Kind.TIME), int(Kind.REQUEST)
_STATUS, _BYTES = int(Kind.STATUS), int(Kind.BYTES)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_ONES = np.uint64(0x0101010101010101)
_BYTE = np.uint64(0xFF)


@compiled
def can_end(buffer: Bytes, after: int, end: int, flags: int) -> bool:
    """Whether what stands behind a field's literal can follow it."""
    if flags & LAST:
        return after == end or (flags & OPEN_ENDED != 0 and buffer[after] == 32)
    if flags & NUMBER_NEXT:
        return after < end and (48 <= buffer[after] <= 57 or buffer[after] == 45)
    return True


@compiled
def find_end(buffer: Bytes, start: int, end: int, program: Program, slot: int, escapes: bool) -> int:
    """Where a field ends: at its literal, provided that what follows can be the next field; else -1."""
    literal, mask = program[slot, LITERAL], program[slot, MASK]
    length, flags = np.int64(program[slot, LENGTH]), np.int64(program[slot, FLAGS])
    if length == 0:
        return end
    first = (literal & _BYTE) * _ONES
    at = start
    while at + length <= end:
        word = load_word(buffer, at)
        if not has_byte(word, first) and not (escapes and has_byte(word, _BACKSLASHES)):
            at += 8
        elif escapes and buffer[at] == 92:
            at += 2
        elif word & mask == literal and can_end(buffer, at + length, end, flags):
            return at
        else:
            at += 1
    return -1


@compiled
def read_number(buffer: Bytes, start: int, length: int, longest: int) -> int:
    """A count, 0 for ``-``, or -1."""
    if length == 1 and buffer[start] == 45:
        return 0
    if length < 1 or length > longest:
        return -1
    return digits(buffer, start, length)


@compiled
def read_request(buffer: Bytes, start: int, end: int, rows: Rows, row: int) -> None:
    """Fill method, path span and campaign of a row; an unreadable request is ``malformed``."""
    path = rows.shape[1] - 2
    rows[row, path], rows[row, path + 1] = start, 0
    rows[row, CAMPAIGN], rows[row, METHOD] = 0, 0
    space = find_byte(buffer, start, end, 32)
    if space + 1 >= end:
        return
    stop = target_end(buffer, space + 1, end)
    if stop <= space + 1:
        return
    method = method_class(buffer, start, space - start)
    if method:
        query = path_end(buffer, space + 1, stop)
        rows[row, METHOD], rows[row, path], rows[row, path + 1] = method, space + 1, query - space - 1
        rows[row, CAMPAIGN] = has_campaign(buffer, query, stop)


@compiled
def read_time(buffer: Bytes, start: int, length: int, rows: Rows, row: int) -> int:
    """Fill seconds (UTC) and offset of a row; the outcome. Lines of one second are read once."""
    before = rows[row - 1, CLOCK] if row else -1
    rows[row, CLOCK] = start
    if before >= 0 and length == TIME_LENGTH and same_bytes(buffer, before, start, TIME_LENGTH):
        rows[row, SECONDS], rows[row, OFFSET] = rows[row - 1, SECONDS], rows[row - 1, OFFSET]
        return RECOGNISED
    local = local_seconds(buffer, start, length)
    if local == BAD_TIME:
        return BAD_CLOCK
    offset = offset_of(buffer, start + 21)
    if offset == BAD_TIME:
        return BAD_CLOCK
    rows[row, SECONDS], rows[row, OFFSET] = local - offset, offset
    return RECOGNISED


@compiled
def read_field(buffer: Bytes, start: int, end: int, kind: int, text: int, rows: Rows, row: int) -> int:
    """Store one field by its kind; the outcome for the line."""
    if kind == _TEXT:
        rows[row, text], rows[row, text + 1] = start, end - start
    elif kind == _TIME:
        return read_time(buffer, start, end - start, rows, row)
    elif kind == _REQUEST:
        read_request(buffer, start, end, rows, row)
    elif kind == _STATUS:
        number = digits(buffer, start, 3) if end - start == 3 else -1
        if number < 0:
            return BAD_STATUS
        rows[row, STATUS] = number
    elif kind == _BYTES:
        size = read_number(buffer, start, end - start, LONGEST_SIZE)
        if size < 0:
            return BAD_BYTES
        rows[row, SIZE] = size
    return RECOGNISED


@compiled
def read_line(buffer: Bytes, start: int, end: int, program: Program, rows: Rows, row: int) -> int:
    """Read one line into a row; the outcome."""
    if start == end:
        return EMPTY
    if buffer[start] == 35:
        return COMMENT
    if end - start > LONGEST_LINE:
        return TOO_LONG
    at, text = start, TEXTS
    for slot in range(program.shape[0]):
        kind, flags = np.int64(program[slot, KIND]), np.int64(program[slot, FLAGS])
        quoted = flags & QUOTED != 0
        stop = find_end(buffer, at, end, program, slot, quoted)
        if stop < 0 and quoted:
            stop = find_end(buffer, at, end, program, slot, False)
        if stop < 0 or (stop == at and flags & NEVER_EMPTY):
            return NO_MATCH
        outcome = read_field(buffer, at, stop, kind, text, rows, row)
        if outcome != RECOGNISED:
            return outcome
        text += 2 * (kind == _TEXT)
        at = stop + np.int64(program[slot, LENGTH])
    return RECOGNISED


@compiled
def scan(
    buffer: Bytes, size: int, program: Program, seed: np.uint64, rows: Rows, outcomes: Bytes
) -> tuple[int, int]:
    """Scan a block of ``size`` bytes.

    Returns:
        Lines read and lines recognised. ``outcomes`` has an entry a line, ``rows`` a row a
        recognised line. A carriage return before the line's end is not part of the line.
    """
    at = lines = row = 0
    while at < size:
        end = find_byte(buffer, at, size, 10)
        stop = end - 1 if end > at and buffer[end - 1] == 13 else end
        outcome = read_line(buffer, at, stop, program, rows, row)
        outcomes[lines] = outcome
        if outcome == RECOGNISED:
            rows[row, HASH] = np.int64(hash_bytes(buffer, at, stop - at, seed))
            rows[row, LINE] = lines
            row += 1
        lines += 1
        at = end + 1
    return lines, row


@compiled
def count_lines(buffer: Bytes, size: int) -> int:
    """Lines in a block; a last one without a line end counts."""
    count = 0
    for at in range(size):
        count += buffer[at] == 10
    return count + (size > 0 and buffer[size - 1] != 10)
