"""Compiled reading of one field by its kind into a line's row; the same for every style of line."""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes, find_byte, same_bytes
from iesiz.compiled import compiled, compiled_apart
from iesiz.parse.clock_kernel import BAD_TIME, TIME_LENGTH, digits, local_seconds, offset_of
from iesiz.parse.layout_kernel import (
    BAD_BYTES,
    BAD_CLOCK,
    BAD_STATUS,
    CAMPAIGN,
    CLOCK,
    COLUMN,
    DURATION,
    FINISH,
    FINISH_TIME,
    KIND,
    METHOD,
    OFFSET,
    RECOGNISED,
    SCALE,
    SECONDS,
    SIZE,
    STATUS,
    TEXTS,
    Kind,
    Program,
    Rows,
)
from iesiz.parse.moment_kernel import finish_time, read_moment, read_part, scaled, zone_of
from iesiz.parse.request_kernel import authority_end, has_campaign, method_class, path_end, target_end

LONGEST_SIZE = 15
_TEXT, _TIME, _REQUEST = int(Kind.TEXT), int(Kind.TIME), int(Kind.REQUEST)
_STATUS, _BYTES, _MOMENT = int(Kind.STATUS), int(Kind.BYTES), int(Kind.MOMENT)
_HOST, _METHOD, _TARGET, _QUERY = int(Kind.HOST), int(Kind.METHOD), int(Kind.TARGET), int(Kind.QUERY)
_DURATION, _CODE, _URL_REQUEST = int(Kind.DURATION), int(Kind.CODE), int(Kind.URL_REQUEST)
_DATE, _ZONE = int(Kind.DATE), int(Kind.ZONE)


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
    path = rows.shape[0] - 2
    rows[path, row], rows[path + 1, row] = start, 0
    rows[CAMPAIGN, row], rows[METHOD, row] = 0, 0
    space = find_byte(buffer, start, end, 32)
    if space + 1 >= end:
        return
    stop = target_end(buffer, space + 1, end)
    if stop <= space + 1:
        return
    method = method_class(buffer, start, space - start)
    if method:
        query = path_end(buffer, space + 1, stop)
        rows[METHOD, row], rows[path, row], rows[path + 1, row] = method, space + 1, query - space - 1
        rows[CAMPAIGN, row] = has_campaign(buffer, query, stop)


@compiled
def drop_authority(buffer: Bytes, column: int, rows: Rows, row: int) -> None:
    """Where a path begins with scheme and host, keep the host apart as a text and what follows as path."""
    path = rows.shape[0] - 2
    start, stop = rows[path, row], rows[path, row] + rows[path + 1, row]
    begin, end = authority_end(buffer, start, stop)
    if begin > start:
        read_host(buffer, begin, end, column, rows, row)
        rows[path, row], rows[path + 1, row] = end, stop - end


@compiled
def read_host(buffer: Bytes, start: int, end: int, column: int, rows: Rows, row: int) -> None:
    """Store a host name without its port."""
    at = end
    while at > start and 48 <= buffer[at - 1] <= 57:
        at -= 1
    if at > start and at < end and buffer[at - 1] == 58:
        end = at - 1
    text = TEXTS + 2 * column
    rows[text, row], rows[text + 1, row] = start, end - start


@compiled
def read_target(buffer: Bytes, start: int, end: int, rows: Rows, row: int) -> None:
    """Fill path and campaign from a target in a field of its own."""
    path = rows.shape[0] - 2
    query = path_end(buffer, start, end)
    rows[path, row], rows[path + 1, row] = start, query - start
    rows[CAMPAIGN, row] |= has_campaign(buffer, query, end)


@compiled
def read_query(buffer: Bytes, start: int, end: int, rows: Rows, row: int) -> None:
    """Look for a campaign in a query in a field of its own, with its question mark or without."""
    mark = start < end and buffer[start] == 63
    rows[CAMPAIGN, row] |= has_campaign(buffer, start if mark else start - 1, end)


@compiled
def read_time(buffer: Bytes, start: int, length: int, rows: Rows, row: int) -> int:
    """Fill seconds (UTC) and offset of a row; the outcome. Lines of one second are read once."""
    before = rows[CLOCK, row - 1] if row else -1
    rows[CLOCK, row] = start
    if before >= 0 and length == TIME_LENGTH and same_bytes(buffer, before, buffer, start, TIME_LENGTH):
        rows[SECONDS, row], rows[OFFSET, row] = rows[SECONDS, row - 1], rows[OFFSET, row - 1]
        return RECOGNISED
    if length != TIME_LENGTH or buffer[start + 20] != 32:
        return BAD_CLOCK
    local, offset = local_seconds(buffer, start), offset_of(buffer, start + 21)
    if local == BAD_TIME or offset == BAD_TIME:
        return BAD_CLOCK
    rows[SECONDS, row], rows[OFFSET, row] = local - offset, offset
    return RECOGNISED


@compiled
def read_code(buffer: Bytes, start: int, end: int, rows: Rows, row: int) -> int:
    """Fill a status of up to three digits; ``-`` and ``-1`` mean that there was none. The outcome."""
    if end > start and buffer[start] == 45 and (end - start == 1 or buffer[start + 1] == 49):
        return RECOGNISED
    number = digits(buffer, start, end - start) if 1 <= end - start <= 3 else -1
    if number < 0:
        return BAD_STATUS
    rows[STATUS, row] = number
    return RECOGNISED


@compiled
def read_duration(buffer: Bytes, start: int, end: int, scale: int, rows: Rows, row: int) -> None:
    """Add a time that the request took, as one plus its microseconds; what is no number adds nothing."""
    nanoseconds = scaled(buffer, start, end, scale)
    if nanoseconds >= 0:
        rows[DURATION, row] = max(rows[DURATION, row], 1) + nanoseconds // 1000


@compiled
def read_rare_time(buffer: Bytes, start: int, end: int, kind: int, scale: int, rows: Rows, row: int) -> int:
    """Store a time of another form than the common one, or a part of one; the outcome for the line."""
    if kind == _MOMENT:
        return read_moment(buffer, start, end, scale, rows, row)
    if kind != _ZONE:
        return read_part(buffer, start, end, kind, rows, row)
    rows[OFFSET, row] = zone_of(buffer, start, end)
    return BAD_CLOCK if rows[OFFSET, row] == BAD_TIME else RECOGNISED


@compiled_apart
def read_rare(buffer: Bytes, start: int, end: int, program: Program, slot: int, rows: Rows, row: int) -> int:
    """Store a field of a kind that the common log formats lack; the outcome for the line."""
    kind, column = np.int64(program[slot, KIND]), np.int64(program[slot, COLUMN])
    scale = np.int64(program[slot, SCALE])
    if kind == _MOMENT or _DATE <= kind <= _ZONE:
        return read_rare_time(buffer, start, end, kind, scale, rows, row)
    if kind == _CODE:
        return read_code(buffer, start, end, rows, row)
    if kind == _HOST:
        read_host(buffer, start, end, column, rows, row)
    elif kind == _METHOD:
        rows[METHOD, row] = method_class(buffer, start, end - start)
    elif kind == _TARGET:
        read_target(buffer, start, end, rows, row)
    elif kind == _QUERY:
        read_query(buffer, start, end, rows, row)
    elif kind == _DURATION:
        read_duration(buffer, start, end, scale, rows, row)
    elif kind == _URL_REQUEST:
        read_request(buffer, start, end, rows, row)
        drop_authority(buffer, column, rows, row)
    return RECOGNISED


@compiled
def read_field(buffer: Bytes, start: int, end: int, program: Program, slot: int, rows: Rows, row: int) -> int:
    """Store one field by its kind; the outcome for the line."""
    kind = np.int64(program[slot, KIND])
    if kind == _TEXT:
        text = TEXTS + 2 * np.int64(program[slot, COLUMN])
        rows[text, row], rows[text + 1, row] = start, end - start
    elif kind == _TIME:
        return read_time(buffer, start, end - start, rows, row)
    elif kind == _REQUEST:
        read_request(buffer, start, end, rows, row)
    elif kind == _STATUS:
        number = digits(buffer, start, 3) if end - start == 3 else -1
        if number < 0:
            return BAD_STATUS
        rows[STATUS, row] = number
    elif kind == _BYTES:
        size = read_number(buffer, start, end - start, LONGEST_SIZE)
        if size < 0:
            return BAD_BYTES
        rows[SIZE, row] = size
    elif kind > _BYTES:
        return read_rare(buffer, start, end, program, slot, rows, row)
    return RECOGNISED


@compiled_apart
def finish_row(flags: int, rows: Rows, row: int) -> int:
    """Put together what several fields said of the request and its time; the outcome for the line."""
    if flags & FINISH:
        path = rows.shape[0] - 2
        if rows[METHOD, row] == 0 or rows[path + 1, row] == 0:
            rows[METHOD, row], rows[path + 1, row] = 0, 0
    return finish_time(rows, row) if flags & FINISH_TIME else RECOGNISED


@compiled_apart
def clear_row(rows: Rows, row: int) -> None:
    """Forget what a line that was not recognised left in its row."""
    for column in range(rows.shape[0]):
        rows[column, row] = 0
