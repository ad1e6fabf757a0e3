"""Compiled reading of times in the other forms: ISO 8601, decimal numbers, parts in fields of their own.

A time without an offset stands as if it were UTC, and ``UNSTATED`` in place of its offset.
"""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled
from iesiz.parse.clock_kernel import (
    BAD_TIME,
    LOCAL_LENGTH,
    clock_seconds,
    date_seconds,
    digits,
    local_seconds,
    month_of,
    offset_of,
)
from iesiz.parse.layout_kernel import BAD_CLOCK, CLOCK, OFFSET, RECOGNISED, SECONDS, UNSTATED, Kind, Rows

BAD_NUMBER = np.int64(-(2**62))
NANOSECONDS = 1_000_000_000
LATEST = 253_402_300_799  # 9999-12-31
_YEAR, _MONTH, _DAY = int(Kind.YEAR), int(Kind.MONTH), int(Kind.DAY)
_HOUR, _MINUTE, _SECOND = int(Kind.HOUR), int(Kind.MINUTE), int(Kind.SECOND)
_DATE, _CLOCK = int(Kind.DATE), int(Kind.CLOCK)


@compiled
def exponent_of(buffer: Bytes, start: int, end: int) -> int:
    """Power of ten behind an ``e``, -18 to 18, or ``BAD_NUMBER``."""
    negative = start < end and buffer[start] == 45
    if start < end and (buffer[start] == 45 or buffer[start] == 43):
        start += 1
    if end - start < 1 or end - start > 2:
        return BAD_NUMBER
    power = digits(buffer, start, end - start)
    if power < 0 or power > 18:
        return BAD_NUMBER
    return -power if negative else power


@compiled
def scaled(buffer: Bytes, start: int, end: int, scale: int) -> int:
    """A decimal number that is not negative, times ``scale``, cut to a whole number, or ``BAD_NUMBER``."""
    number, places, point, at = 0, 0, False, start
    while at < end and (buffer[at] == 46 or 48 <= buffer[at] <= 57):
        if buffer[at] == 46:
            if point:
                return BAD_NUMBER
            point = True
        elif number < 10**17:
            number = number * 10 + (np.int64(buffer[at]) - 48)
            places += point
        elif not point:
            return BAD_NUMBER
        at += 1
    if at - start - point < 1:
        return BAD_NUMBER
    if at < end:
        power = exponent_of(buffer, at + 1, end) if buffer[at] | 32 == 101 else BAD_NUMBER
        if power == BAD_NUMBER:
            return BAD_NUMBER
        places -= power
    return shifted(number, places, scale)


@compiled
def shifted(number: int, places: int, scale: int) -> int:
    """``number * scale / 10**places``, cut to a whole number, or ``BAD_NUMBER`` where it is beyond a word."""
    while scale >= 10 and places > 0:
        scale //= 10
        places -= 1
    while places > 0:
        number //= 10
        places -= 1
    while places < 0 and number:
        if number > 10**17:
            return BAD_NUMBER
        number *= 10
        places += 1
    if np.float64(number) * np.float64(scale) > 9e18:
        return BAD_NUMBER
    return number * scale


@compiled
def past_fraction(buffer: Bytes, at: int, end: int) -> int:
    """Where a fraction of a second ends, if one begins here."""
    if at < end and (buffer[at] == 46 or buffer[at] == 44):
        at += 1
        while at < end and 48 <= buffer[at] <= 57:
            at += 1
    return at


@compiled
def zone_of(buffer: Bytes, at: int, end: int) -> int:
    """Seconds east of UTC for ``Z``, ``+HH``, ``+HHMM``, ``+HH:MM``; ``UNSTATED`` for nothing.

    ``BAD_TIME`` for anything else.
    """
    if at < end and buffer[at] == 32:
        at += 1
    length = end - at
    if length == 0:
        return UNSTATED
    if length == 1 and buffer[at] == 90:
        return 0
    if length == 5:
        return offset_of(buffer, at)
    if (length == 6 and buffer[at + 3] == 58) or length == 3:
        hours = digits(buffer, at + 1, 2)
        minutes = digits(buffer, at + 4, 2) if length == 6 else 0
        if 0 <= hours <= 15 and 0 <= minutes <= 59 and (buffer[at] == 43 or buffer[at] == 45):
            seconds = hours * 3600 + minutes * 60
            return -seconds if buffer[at] == 45 else seconds
    return BAD_TIME


@compiled
def date_of_digits(buffer: Bytes, start: int) -> int:
    """The number YYYYMMDD for ``YYYY-MM-DD`` or with slashes, or -1."""
    year, month, day = digits(buffer, start, 4), digits(buffer, start + 5, 2), digits(buffer, start + 8, 2)
    if year < 0 or month < 0 or day < 0 or buffer[start + 4] != buffer[start + 7]:
        return -1
    return year * 10000 + month * 100 + day


@compiled
def seconds_of_date(packed: int) -> int:
    """Seconds from 1970-01-01 to a date written YYYYMMDD, or ``BAD_TIME``."""
    return date_seconds(packed // 10000, packed // 100 % 100, packed % 100)


@compiled
def read_written(buffer: Bytes, start: int, end: int, rows: Rows, row: int) -> int:
    """Fill time and offset from a date and a clock time; the outcome."""
    if buffer[start + 2] == 47:
        at, local = start + LOCAL_LENGTH, local_seconds(buffer, start)
    else:
        at, local = start + 19, seconds_of_date(date_of_digits(buffer, start))
        clock = clock_seconds(buffer, start + 11)
        local = BAD_TIME if local == BAD_TIME or clock == BAD_TIME else local + clock
    offset = zone_of(buffer, past_fraction(buffer, at, end), end)
    if local == BAD_TIME or offset == BAD_TIME:
        return BAD_CLOCK
    rows[SECONDS, row], rows[OFFSET, row] = local - (0 if offset == UNSTATED else offset), offset
    return RECOGNISED


@compiled
def read_moment(buffer: Bytes, start: int, end: int, scale: int, rows: Rows, row: int) -> int:
    """Fill time and offset from any form, in brackets or not; ``scale`` is nanoseconds in a number's unit."""
    if end - start > 2 and buffer[start] == 91 and buffer[end - 1] == 93:
        start, end = start + 1, end - 1
    is_date = end - start >= 19 and (buffer[start + 4] == 45 or buffer[start + 4] == 47)
    if is_date or (end - start >= LOCAL_LENGTH and buffer[start + 2] == 47):
        return read_written(buffer, start, end, rows, row)
    number = scaled(buffer, start, end, scale)
    if number < 0:
        return BAD_CLOCK
    rows[SECONDS, row], rows[OFFSET, row] = number // NANOSECONDS, 0
    return RECOGNISED


@compiled
def read_whole_part(buffer: Bytes, start: int, end: int, kind: int, rows: Rows, row: int) -> int:
    """Add a date or a clock time to what other fields say of the moment; the outcome."""
    if kind == _DATE:
        packed = date_of_digits(buffer, start) if end - start == 10 else -1
        rows[CLOCK, row] += packed
        return BAD_CLOCK if packed < 0 else RECOGNISED
    if end - start < 8 or past_fraction(buffer, start + 8, end) != end:
        return BAD_CLOCK
    seconds = clock_seconds(buffer, start)
    rows[SECONDS, row] += seconds
    return BAD_CLOCK if seconds == BAD_TIME else RECOGNISED


@compiled
def read_part(buffer: Bytes, start: int, end: int, kind: int, rows: Rows, row: int) -> int:
    """Add one part of a time; dates are kept as YYYYMMDD until the line's end. The outcome."""
    if kind in (_DATE, _CLOCK):
        return read_whole_part(buffer, start, end, kind, rows, row)
    length = end - start
    if kind == _MONTH and length == 3:
        number = month_of(buffer, start)
    else:
        number = digits(buffer, start, length) if 1 <= length <= (4 if kind == _YEAR else 2) else -1
    if number < 0 or number > (9999 if kind == _YEAR else 60):
        return BAD_CLOCK
    if kind in (_YEAR, _MONTH, _DAY):
        rows[CLOCK, row] += number * (10000 if kind == _YEAR else 100 if kind == _MONTH else 1)
    elif (kind == _HOUR and number > 23) or (kind == _MINUTE and number > 59):
        return BAD_CLOCK
    else:
        rows[SECONDS, row] += number * (3600 if kind == _HOUR else 60 if kind == _MINUTE else 1)
    return RECOGNISED


@compiled
def finish_time(rows: Rows, row: int) -> int:
    """Put a moment together from its parts; the outcome."""
    if rows[CLOCK, row]:
        date = seconds_of_date(rows[CLOCK, row])
        if date == BAD_TIME:
            return BAD_CLOCK
        rows[SECONDS, row] += date - (0 if rows[OFFSET, row] == UNSTATED else rows[OFFSET, row])
        rows[CLOCK, row] = 0
    return RECOGNISED
