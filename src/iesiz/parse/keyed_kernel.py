"""The compiled scanner of lines whose fields have names: JSON objects and labelled values (LTSV).

One pass notes where the named values stand; objects and arrays that hold none are passed over. A line that is
whole is then read field by field, in the order of the program, so that of two names for one thing the later
one counts.
"""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes, find_byte, hash_bytes
from iesiz.compiled import compiled
from iesiz.parse.field_kernel import clear_row, finish_row, read_field
from iesiz.parse.layout_kernel import (
    BAD_CLOCK,
    COMMENT,
    EMPTY,
    FINISH,
    FLAGS,
    GLUED,
    HASH,
    KIND,
    LENGTH,
    LINE,
    NO_MATCH,
    OTHER_EVENT,
    RECOGNISED,
    TOO_LONG,
    Kind,
    Program,
    Rows,
)
from iesiz.parse.paths_kernel import ROOT, Int64, is_asked, item_path, note
from iesiz.parse.quotes_kernel import nested_end, string_end, unescape
from iesiz.records import LONGEST_LINE

DEPTH = 32
NEEDED = 15
_REQUEST_FOUND = 4
_EVENT = int(Kind.EVENT)
_QUOTE, _COMMA, _COLON, _TAB = 34, 44, 58, 9


@compiled
def skip_space(buffer: Bytes, at: int, end: int) -> int:
    """Position of the next byte that is no space or tab."""
    while at < end and (buffer[at] == 32 or buffer[at] == 9):
        at += 1
    return at


@compiled
def scalar_end(buffer: Bytes, at: int, end: int) -> int:
    """Where a number, ``true``, ``false`` or ``null`` ends; ``at`` if there is none."""
    while at < end:
        byte = buffer[at]
        is_letter = 97 <= byte | 32 <= 122
        if not (is_letter or 48 <= byte <= 57 or byte == 43 or byte == 45 or byte == 46):
            break
        at += 1
    return at


@compiled
def key_end(buffer: Bytes, at: int, end: int) -> int:
    """Where the key ends whose quote stands at ``at``; -1 if there is none with a colon behind it."""
    if at >= end or buffer[at] != _QUOTE:
        return -1
    stop = string_end(buffer, at + 1, end)
    colon = skip_space(buffer, stop + 1, end) if stop >= 0 else end
    return stop if colon < end and buffer[colon] == _COLON else -1


@compiled
def note_scalar(
    buffer: Bytes, at: int, end: int, program: Program, places: Int64, spans: Int64, path: np.uint64
) -> int:
    """Note a string, number or word; where it ends, or -1."""
    if buffer[at] == _QUOTE:
        stop = string_end(buffer, at + 1, end)
        if stop < 0 or not note(program, places, spans, path, at + 1, stop):
            return -1
        return stop + 1
    stop = scalar_end(buffer, at, end)
    is_null = buffer[at] == 110
    if stop == at or not note(program, places, spans, path, at, at if is_null else stop):
        return -1
    return stop


@compiled
def item_begin(buffer: Bytes, at: int, end: int, stack: Int64, level: int) -> tuple[np.uint64, int]:
    """Path of the next value of an object or array, and where it begins; -1 if none does."""
    path = np.uint64(stack[level])
    if stack[level + 2]:
        if buffer[at] != _COMMA:
            return path, -1
        at = skip_space(buffer, at + 1, end)
    stack[level + 2] = 1
    if stack[level + 1] >= 0:
        stack[level + 1] += 1
        return item_path(path, stack[level + 1] - 1), at
    stop = key_end(buffer, at, end)
    if stop < 0:
        return path, -1
    path = hash_bytes(buffer, at + 1, stop - at - 1, path)
    return path, skip_space(buffer, find_byte(buffer, stop, end, _COLON) + 1, end)


@compiled
def enter(stack: Int64, depth: int, path: np.uint64, is_array: bool) -> None:
    """Begin an object or array at a level of nesting."""
    stack[3 * depth], stack[3 * depth + 1] = np.int64(path), 0 if is_array else -1
    stack[3 * depth + 2] = 0


@compiled
def walk_json(
    buffer: Bytes, at: int, end: int, program: Program, places: Int64, spans: Int64, stack: Int64
) -> int:
    """Note the values of the object whose brace stands at ``at``; where it ends, or -1 if it is not whole.

    Args:
        stack: three numbers a level of nesting: hash of the path, item's index (-1 in objects), values read.
    """
    depth = 0
    enter(stack, 0, ROOT, False)
    at += 1
    while depth >= 0:
        at = skip_space(buffer, at, end)
        if at >= end:
            return -1
        if buffer[at] == (93 if stack[3 * depth + 1] >= 0 else 125):
            depth, at = depth - 1, at + 1
            continue
        path, at = item_begin(buffer, at, end, stack, 3 * depth)
        if at < 0 or at >= end or depth + 1 == DEPTH:
            return -1
        is_nested = buffer[at] == 123 or buffer[at] == 91
        if is_nested and not is_asked(program, places, path):
            at = nested_end(buffer, at, end)
            if at < 0:
                return -1
        elif is_nested:
            depth += 1
            enter(stack, depth, path, buffer[at] == 91)
            at += 1
        else:
            at = note_scalar(buffer, at, end, program, places, spans, path)
            if at < 0:
                return -1
    return at


@compiled
def walk_labels(buffer: Bytes, at: int, end: int, program: Program, places: Int64, spans: Int64) -> int:
    """Note the values of a line ``label:value<tab>label:value``; an outcome."""
    while at <= end:
        stop = find_byte(buffer, at, end, _TAB)
        colon = find_byte(buffer, at, stop, _COLON)
        if colon == stop:
            return NO_MATCH
        path = hash_bytes(buffer, at, colon - at, ROOT)
        is_dash = stop - colon == 2 and buffer[colon + 1] == 45
        if not note(program, places, spans, path, colon + 1, colon + 1 if is_dash else stop):
            return GLUED
        at = stop + 1
    return RECOGNISED


@compiled
def read_noted(buffer: Bytes, program: Program, spans: Int64, escaped: bool, rows: Rows, row: int) -> int:
    """Read the noted values into a row; the outcome. A time that cannot be read leaves room for another."""
    found, missed, event, flags = 0, NO_MATCH, False, 0
    for slot in range(program.shape[0]):
        start, end = spans[2 * slot], spans[2 * slot + 1]
        flags = np.int64(program[slot, FLAGS])
        if start < 0:
            continue
        event |= np.int64(program[slot, KIND]) == _EVENT
        if escaped:
            end = unescape(buffer, start, end)
        need = np.int64(program[slot, LENGTH])
        outcome = read_field(buffer, start, end, program, slot, rows, row) if end > start else RECOGNISED
        if outcome == BAD_CLOCK:
            missed = BAD_CLOCK
        elif outcome != RECOGNISED:
            return outcome
        elif end > start or need == _REQUEST_FOUND:
            found |= need
    if found & NEEDED != NEEDED:
        return OTHER_EVENT if event and not found & _REQUEST_FOUND else missed
    return finish_row(flags | FINISH, rows, row)


@compiled
def walk_line(
    buffer: Bytes, start: int, end: int, program: Program, places: Int64, spans: Int64, stack: Int64
) -> int:
    """Note a line's values; the outcome. A stack without room means labels."""
    if not stack.size:
        return walk_labels(buffer, start, end, program, places, spans)
    brace = find_byte(buffer, start, end, 123)
    if brace == end:
        return NO_MATCH
    after = walk_json(buffer, brace, end, program, places, spans, stack)
    if after < 0:
        return NO_MATCH
    return RECOGNISED if skip_space(buffer, after, end) == end else GLUED


@compiled
def read_keyed(
    buffer: Bytes,
    start: int,
    end: int,
    program: Program,
    places: Int64,
    spans: Int64,
    stack: Int64,
    rows: Rows,
    row: int,
) -> int:
    """Read one line into a row; the outcome."""
    if start == end:
        return EMPTY
    if buffer[start] == 35:
        return COMMENT
    if end - start > LONGEST_LINE:
        return TOO_LONG
    for at in range(spans.size):
        spans[at] = -1
    outcome = walk_line(buffer, start, end, program, places, spans, stack)
    if outcome != RECOGNISED:
        return outcome
    return read_noted(buffer, program, spans, stack.size > 0, rows, row)


@compiled
def scan_keyed(
    buffer: Bytes,
    size: int,
    program: Program,
    places: Int64,
    spans: Int64,
    stack: Int64,
    seed: np.uint64,
    rows: Rows,
    outcomes: Bytes,
) -> tuple[int, int]:
    """Scan a block of ``size`` bytes; lines read and lines recognised, as ``scan`` does.

    Args:
        places: a row of the program at each hash's place, -1 elsewhere.
        spans: room for begin and end of each field.
        stack: room for three numbers a level of JSON's nesting; none where lines are labelled values.
    """
    at = lines = row = 0
    while at < size:
        end = find_byte(buffer, at, size, 10)
        stop = end - 1 if end > at and buffer[end - 1] == 13 else end
        digest = np.int64(hash_bytes(buffer, at, stop - at, seed))
        outcome = read_keyed(buffer, at, stop, program, places, spans, stack, rows, row)
        outcomes[lines] = outcome
        if outcome == RECOGNISED:
            rows[HASH, row], rows[LINE, row] = digest, lines
            row += 1
        elif outcome > COMMENT:
            clear_row(rows, row)
        lines += 1
        at = end + 1
    return lines, row
