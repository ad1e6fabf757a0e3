"""UTC seconds to the local day and hour of a site's zone, exactly, from the zone database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

QUARTER_HOUR = 900
DAY = 86400
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Local times of a column.

    Attributes:
        days: int32 local days since 1970-01-01.
        hours: int8 hour of the local clock, 0 to 23.
    """

    days: npt.NDArray[np.int32]
    hours: npt.NDArray[np.int8]


def local_time(seconds: npt.NDArray[np.int64], zone: str) -> LocalTime:
    """Place UTC seconds in a zone; the zone's clock is asked once for each quarter of an hour.

    All changes of the zone database since 1970 fall on quarters of an hour.
    """
    quarters, place = np.unique(seconds // QUARTER_HOUR, return_inverse=True)
    clock = ZoneInfo(zone)
    offsets = np.array([_offset(int(quarter) * QUARTER_HOUR, clock) for quarter in quarters], np.int64)
    local = seconds + offsets[place]
    return LocalTime((local // DAY).astype(np.int32), (local % DAY // 3600).astype(np.int8))


def _offset(second: int, clock: ZoneInfo) -> int:
    offset = dt.datetime.fromtimestamp(second, clock).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def date_of(day: int) -> dt.date:
    """The date so many days after 1970-01-01."""
    return EPOCH + dt.timedelta(days=day)
