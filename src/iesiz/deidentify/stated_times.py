"""Times and dates of a registration as columns, whatever type the source gives them.

Job: a column to moments, local days or dates. In: an Arrow column of text, times or dates. Out: NumPy arrays
with a flag a row that says whether there is a value. It must not raise on any text, nor guess.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from iesiz.deidentify.local_time import local_days

MICROSECONDS = 1_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST, LAST = -62_135_510_400 * MICROSECONDS, 253_402_214_400 * MICROSECONDS
"""A day within the ends of the calendar, the years 1 and 9999."""

NO_TIME = np.iinfo(np.int64).min
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of a column.

    Attributes:
        microseconds: since 1970, UTC; ``NO_TIME`` where there is none.
    """

    microseconds: Int64

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which rows have a time."""
        known: npt.NDArray[np.bool_] = self.microseconds != NO_TIME
        return known

    def local_days(self, zone: str) -> npt.NDArray[np.int32]:
        """Days since 1970 on the zone's calendar; 0 where there is no time."""
        seconds = np.where(self.known, self.microseconds // MICROSECONDS, 0)
        return local_days(seconds, zone)


def moments(column: pa.Array, zone: str) -> Moments:
    """Read times; those that state no zone are of ``zone``, and what is no time is none."""
    if pa.types.is_timestamp(column.type):
        aware = column if column.type.tz else _in_zone(column, zone)
        whole = pc.cast(aware, pa.timestamp("us", aware.type.tz), safe=False).cast(pa.int64())
        held = whole.fill_null(NO_TIME).to_numpy(zero_copy_only=False)
        # A database has times that no calendar has, infinity among them.
        return Moments(np.where((held < FIRST) | (held > LAST), NO_TIME, held))
    texts = column.cast(pa.string()).to_pylist()
    place = ZoneInfo(zone)
    return Moments(np.array([_microseconds(text, place) for text in texts], np.int64))


def _in_zone(column: pa.Array, zone: str) -> pa.Array:
    return pc.assume_timezone(column, zone, ambiguous="earliest", nonexistent="earliest")


def _microseconds(text: str | None, place: ZoneInfo) -> int:
    try:
        moment = dt.datetime.fromisoformat((text or "").strip())
        aware = moment.replace(tzinfo=place) if moment.tzinfo is None else moment
        return (aware - EPOCH) // dt.timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return NO_TIME
