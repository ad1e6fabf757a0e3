"""Compiled reading of the common log format's time, ``13/Oct/2013:06:25:02 +0200``.

Days since 1970-01-01 after H. Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil).
"""

from __future__ import annotations

import numpy as np

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled

TIME_LENGTH = 26
LOCAL_LENGTH = 20
BAD_TIME = np.int64(-(2**62))
_MONTHS = np.frombuffer(b"JanFebMarAprMayJunJulAugSepOctNovDec", np.uint8)
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


@compiled
def digits(buffer: Bytes, start: int, length: int) -> int:
    """The decimal number of so many digits, or -1 if another byte is among them."""
    number = 0
    for at in range(start, start + length):
        digit = np.int64(buffer[at]) - 48
        if digit < 0 or digit > 9:
            return -1
        number = number * 10 + digit
    return number


@compiled
def month_of(buffer: Bytes, start: int) -> int:
    """1 to 12 for an English month's three letters, else -1."""
    for month in range(12):
        at = 3 * month
        if (
            buffer[start] == _MONTHS[at]
            and buffer[start + 1] == _MONTHS[at + 1]
            and buffer[start + 2] == _MONTHS[at + 2]
        ):
            return month + 1
    return -1


@compiled
def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the proleptic Gregorian calendar."""
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@compiled
def date_seconds(year: int, month: int, day: int) -> int:
    """Seconds from 1970-01-01 to the date's beginning, or ``BAD_TIME`` where there is no such date."""
    if month < 1 or month > 12 or day < 1 or year < 1970 or day > _DAYS[month - 1]:
        return BAD_TIME
    if month == 2 and day == 29 and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return BAD_TIME
    return days_from_civil(year, month, day) * 86400


@compiled
def clock_seconds(buffer: Bytes, start: int) -> int:
    """Seconds since midnight for ``HH:MM:SS``, or ``BAD_TIME``; a leap second counts."""
    if buffer[start + 2] != 58 or buffer[start + 5] != 58:
        return BAD_TIME
    hour, minute, second = (
        digits(buffer, start, 2),
        digits(buffer, start + 3, 2),
        digits(buffer, start + 6, 2),
    )
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return BAD_TIME
    return hour * 3600 + minute * 60 + second


@compiled
def offset_of(buffer: Bytes, start: int) -> int:
    """Seconds east of UTC for ``+HHMM`` or ``-HHMM``, else ``BAD_TIME``."""
    hours, minutes = digits(buffer, start + 1, 2), digits(buffer, start + 3, 2)
    if hours < 0 or minutes < 0 or hours > 15 or minutes > 59:
        return BAD_TIME
    if buffer[start] == 43:
        return hours * 3600 + minutes * 60
    return -(hours * 3600 + minutes * 60) if buffer[start] == 45 else BAD_TIME


@compiled
def local_seconds(buffer: Bytes, start: int) -> int:
    """Seconds since 1970 on the line's own clock for ``13/Oct/2013:06:25:02``, or ``BAD_TIME``."""
    if buffer[start + 2] != 47 or buffer[start + 6] != 47 or buffer[start + 11] != 58:
        return BAD_TIME
    day, month, year = digits(buffer, start, 2), month_of(buffer, start + 3), digits(buffer, start + 7, 4)
    date = date_seconds(year, month, day)
    clock = clock_seconds(buffer, start + 12)
    return BAD_TIME if date == BAD_TIME or clock == BAD_TIME else date + clock
