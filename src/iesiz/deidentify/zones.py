"""Job: place times that name no zone, by the zone of the clock that wrote them.

In: a parsed chunk, in which such times stand as if they were UTC. Out: the chunk in UTC. Must not: look at
the order of lines, so that a file, its slices and its copies give the same records.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from iesiz.deidentify.local_time import LAST_SECOND, QUARTER_HOUR, Seconds
from iesiz.records import ParsedChunk


def in_zone(chunk: ParsedChunk, zone: str) -> ParsedChunk:
    """Read the times that name no zone as the local time of a zone."""
    if chunk.zoneless is None:
        return chunk
    seconds, offsets = chunk.seconds.copy(), chunk.offsets.copy()
    offsets[chunk.zoneless] = offsets_of(seconds[chunk.zoneless], zone)
    seconds[chunk.zoneless] -= offsets[chunk.zoneless]
    return replace(chunk, seconds=seconds, offsets=offsets)


def offsets_of(local: Seconds, zone: str) -> Seconds:
    """Seconds east of UTC for local times, given as seconds since 1970 on the local clock.

    A time that the clock showed twice is the earlier one; a time that it passed over is taken with the offset
    before the change, so that it lies behind it (PEP 495 with `fold=0`). The zone is asked at both ends of
    each quarter of an hour, and for each second where they differ.
    """
    clock = ZoneInfo(zone)
    quarters, place = np.unique(local // QUARTER_HOUR, return_inverse=True)
    begins = _offsets(quarters * QUARTER_HOUR, clock)
    changes = begins != _offsets(quarters * QUARTER_HOUR + QUARTER_HOUR - 1, clock)
    offsets = begins[place]
    if changes.any():
        rows = np.flatnonzero(changes[place])
        moments, where = np.unique(local[rows], return_inverse=True)
        offsets[rows] = _offsets(moments, clock)[where]
    return offsets


def _offsets(local: Seconds, clock: ZoneInfo) -> Seconds:
    return np.array([_offset(second, clock) for second in np.clip(local, 0, LAST_SECOND).tolist()], np.int64)


def _offset(second: int, clock: ZoneInfo) -> int:
    written = dt.datetime.fromtimestamp(second, dt.UTC).replace(tzinfo=clock)
    offset = written.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
