"""UTC seconds to the local day and hour of a site's zone, exactly, from the zone database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from iesiz.distinct import distinct_numbers
from iesiz.take_kernel import taken

QUARTER_HOUR = 900
DAY = 86400
EPOCH = dt.date(1970, 1, 1)
# A line may state a time that, in another zone, lies outside the calendar: it gets the calendar's last day.
LAST_SECOND = 253_402_300_799 - DAY
Seconds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Local times of a column.

    Attributes:
        days: int32 local days since 1970-01-01.
        hours: int8 hour of the local clock, 0 to 23.
    """

    days: npt.NDArray[np.int32]
    hours: npt.NDArray[np.int8]

    def only(self, keep: npt.NDArray[np.bool_]) -> LocalTime:
        """The times of some rows."""
        return LocalTime(self.days[keep], self.hours[keep])


def local_time(seconds: Seconds, zone: str) -> LocalTime:
    """Place UTC seconds in a zone.

    The zone's clock is asked at both ends of each quarter of an hour; where it changes between them (some
    zones change a minute past the hour), it is asked for each second.
    """
    clock = ZoneInfo(zone)
    quarters, place = distinct_numbers(seconds // QUARTER_HOUR)
    begins = _offsets(quarters * QUARTER_HOUR, clock)
    changes = begins != _offsets(quarters * QUARTER_HOUR + QUARTER_HOUR - 1, clock)
    offsets = taken(begins, place)
    if changes.any():
        rows = np.flatnonzero(changes[place])
        moments, where = distinct_numbers(seconds[rows])
        offsets[rows] = _offsets(moments, clock)[where]
    local = seconds + offsets
    return LocalTime((local // DAY).astype(np.int32), (local % DAY // 3600).astype(np.int8))


def local_days(seconds: Seconds, zone: str) -> npt.NDArray[np.int32]:
    """Place UTC seconds of many years on a zone's calendar, in days since 1970.

    The zone's clock is asked at both ends of each UTC day; within one on which it changes, as ``local_time``
    asks it.
    """
    clock = ZoneInfo(zone)
    dates, place = distinct_numbers(seconds // DAY)
    begins = _offsets(dates * DAY, clock)
    changes = (begins != _offsets(dates * DAY + DAY - 1, clock))[place]
    days = ((seconds + begins[place]) // DAY).astype(np.int32)
    if changes.any():
        days[changes] = local_time(seconds[changes], zone).days
    return days


def _offsets(seconds: Seconds, clock: ZoneInfo) -> Seconds:
    return np.array(
        [_offset(second, clock) for second in np.clip(seconds, 0, LAST_SECOND).tolist()], np.int64
    )


def _offset(second: int, clock: ZoneInfo) -> int:
    offset = dt.datetime.fromtimestamp(second, clock).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def date_of(day: int) -> dt.date:
    """The date so many days after 1970-01-01, at most the calendar's last."""
    return EPOCH + dt.timedelta(days=min(day, (dt.date.max - EPOCH).days))
