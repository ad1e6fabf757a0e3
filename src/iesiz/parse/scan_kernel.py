"""The compiled scanner of delimited lines: runs a format's program over a block, in one pass.

Each line gets one outcome. What a recognised line holds is written into one row of ``rows``. A single array
keeps calls cheap (each array passed costs a reference count), and a line's facts near each other.
"""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes, find_byte, hash_bytes, load_word, low_zeros, marks_of, words_with
from iesiz.compiled import compiled, compiled_apart
from iesiz.parse.clock_kernel import BAD_TIME, TIME_LENGTH, local_seconds
from iesiz.parse.field_kernel import clear_row, finish_row, read_field
from iesiz.parse.layout_kernel import (
    AT_ONCE,
    CHAINED,
    COMMENT,
    CSV,
    EMPTY,
    FINISH,
    FINISH_TIME,
    FLAGS,
    GLUED,
    HASH,
    LAST,
    LENGTH,
    LINE,
    LITERAL,
    MASK,
    NEVER_EMPTY,
    NO_MATCH,
    NUMBER_NEXT,
    OPEN_ENDED,
    OPTIONAL,
    QUOTED,
    RECOGNISED,
    TOO_LONG,
    Program,
    Rows,
)
from iesiz.parse.quotes_kernel import collapse_quotes, csv_end, has_lone_quote
from iesiz.records import LONGEST_LINE

_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_ONES = np.uint64(0x0101010101010101)
_BYTE = np.uint64(0xFF)
_BRACKET, _QUOTE = 91, 34


@compiled_apart
def literal_goes_on(buffer: Bytes, after: int, end: int, program: Program, slot: int) -> bool:
    """Whether the rest of a literal longer than a word follows, and what can follow it."""
    flags = CHAINED
    while flags & CHAINED:
        slot += 1
        length = np.int64(program[slot, LENGTH])
        flags = np.int64(program[slot, FLAGS])
        if after + length > end or load_word(buffer, after) & program[slot, MASK] != program[slot, LITERAL]:
            return False
        after += length
    return after == end or flags & (LAST | OPEN_ENDED) != LAST


@compiled
def can_end(buffer: Bytes, after: int, end: int, program: Program, slot: int, flags: int) -> bool:
    """Whether what stands behind a field's literal can follow it."""
    if flags & LAST:
        return after == end or (flags & OPEN_ENDED != 0 and buffer[after] == 32)
    if flags & NUMBER_NEXT:
        return after < end and (48 <= buffer[after] <= 57 or buffer[after] == 45)
    if flags & CHAINED:
        return literal_goes_on(buffer, after, end, program, slot)
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
        marks = marks_of(word, first)
        if escapes:
            marks |= marks_of(word, _BACKSLASHES)
        if marks == np.uint64(0):
            at += 8
            continue
        at += low_zeros(marks) >> 3
        if escapes and at < end and buffer[at] == 92:
            at += 2
            continue
        if at + length > end:
            return -1
        is_there = load_word(buffer, at) & mask == literal
        if is_there and can_end(buffer, at + length, end, program, slot, flags):
            return at
        at += 1
    return -1


@compiled_apart
def find_column_end(buffer: Bytes, start: int, end: int, program: Program, slot: int) -> int:
    """Where a column ends that may stand in quotes, or -1."""
    length = np.int64(program[slot, LENGTH])
    stop = csv_end(buffer, start, end, np.int64(program[slot, LITERAL]) if length else 0)
    return -1 if length and stop == end else stop


@compiled
def find_stop(buffer: Bytes, at: int, end: int, program: Program, slot: int, flags: int) -> int:
    """Where a field ends, or -1."""
    if flags & CSV:
        return find_column_end(buffer, at, end, program, slot)
    stop = find_end(buffer, at, end, program, slot, flags & QUOTED != 0)
    if stop < 0 and flags & QUOTED:
        stop = find_end(buffer, at, end, program, slot, False)
    return stop


@compiled
def read_slot(buffer: Bytes, at: int, end: int, program: Program, slot: int, rows: Rows, row: int) -> int:
    """Read one field; where the next begins, or minus the outcome for the line."""
    flags = np.int64(program[slot, FLAGS])
    stop = find_stop(buffer, at, end, program, slot, flags)
    if stop < 0 and flags & OPTIONAL:
        return at
    if stop < 0 or (stop == at and flags & NEVER_EMPTY) or (stop > at and flags & AT_ONCE):
        return -NO_MATCH
    begin, last = at, stop
    if flags & CSV and stop > at:
        quoted = buffer[at] == _QUOTE
        is_dash = stop - at == 1 and buffer[at] == 45
        begin, last = at + quoted, stop - quoted - is_dash
    outcome = read_field(buffer, begin, last, program, slot, rows, row)
    return stop + np.int64(program[slot, LENGTH]) if outcome == RECOGNISED else -outcome


@compiled
def read_fields(buffer: Bytes, start: int, end: int, program: Program, rows: Rows, row: int) -> int:
    """Read all fields of a line into a row; the outcome."""
    at, last = start, program.shape[0] - 1
    for slot in range(last + 1):
        at = read_slot(buffer, at, end, program, slot, rows, row)
        if at < 0:
            return -at
    flags = np.int64(program[last, FLAGS])
    return finish_row(flags, rows, row) if flags & (FINISH | FINISH_TIME) else RECOGNISED


@compiled_apart
def is_glued(buffer: Bytes, start: int, end: int) -> bool:
    """Whether a line holds two times of the common form: a second line was written into it."""
    times = 0
    at = find_byte(buffer, start, end, _BRACKET)
    while at + TIME_LENGTH < end:
        times += local_seconds(buffer, at + 1) != BAD_TIME
        at = find_byte(buffer, at + 1, end, _BRACKET)
    return times > 1


@compiled_apart
def unwrapped_end(buffer: Bytes, start: int, end: int, program: Program) -> int:
    """Where a line ends that stands in quotes as a whole, its own quotes made single; -1 if it does not."""
    if buffer[end - 1] != _QUOTE or end < start + 3 or np.int64(program[0, FLAGS]) & AT_ONCE:
        return -1
    if has_lone_quote(buffer, start + 1, end - 1):
        return end - 1
    return collapse_quotes(buffer, start + 1, end - 1)


@compiled
def read_line(buffer: Bytes, start: int, end: int, program: Program, rows: Rows, row: int) -> int:
    """Read one line into a row; the outcome."""
    if start == end:
        return EMPTY
    if buffer[start] == 35:
        return COMMENT
    if end - start > LONGEST_LINE:
        return TOO_LONG
    if buffer[start] == _QUOTE:
        inner = unwrapped_end(buffer, start, end, program)
        start, end = (start + 1, inner) if inner >= 0 else (start, end)
    outcome = read_fields(buffer, start, end, program, rows, row)
    if outcome == RECOGNISED and words_with(buffer, start, end, _BRACKET) > 1:
        return GLUED if is_glued(buffer, start, end) else RECOGNISED
    return outcome


@compiled
def scan(
    buffer: Bytes, start: int, size: int, program: Program, seed: np.uint64, rows: Rows, outcomes: Bytes
) -> tuple[int, int]:
    """Scan the lines of a block from ``start`` up to ``size`` bytes.

    Returns:
        Lines read and lines recognised. ``outcomes`` has an entry a line, ``rows`` a row a
        recognised line. A carriage return before the line's end is not part of the line.
    """
    at, lines, row = start, 0, 0
    while at < size:
        end = find_byte(buffer, at, size, 10)
        stop = end - 1 if end > at and buffer[end - 1] == 13 else end
        outcome = read_line(buffer, at, stop, program, rows, row)
        outcomes[lines] = outcome
        if outcome == RECOGNISED:
            rows[HASH, row] = np.int64(hash_bytes(buffer, at, stop - at, seed))
            rows[LINE, row] = lines
            row += 1
        elif outcome > COMMENT:
            clear_row(rows, row)
        lines += 1
        at = end + 1
    return lines, row


@compiled
def find_line(buffer: Bytes, start: int, size: int, first: int) -> int:
    """Where the next line begins that has this first byte, from a line's begin on; ``size`` if none has."""
    at = find_byte(buffer, start, size, first)
    while at < size and at > 0 and buffer[at - 1] != 10:
        at = find_byte(buffer, at + 1, size, first)
    return at
