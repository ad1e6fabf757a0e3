"""Which lines of a file that was read are counted, which are repeats, and of which days.

In: the file's lines and what the earlier files of its stream left. Out: ``Sorted``. A grown file keeps what
the shorter one decided about their common lines; for the others no file is compared with itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.restricted.day_runs import DayRuns, Flags
from iesiz.restricted.known import KnownFile
from iesiz.restricted.lines import FileLines, Hashes, LineCollector, StoredLines, read_lines
from iesiz.restricted.records import Records
from iesiz.restricted.repeats import as_often_as_counted, find_repeats

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The lines of a file, told apart.

    Attributes:
        lines: all of them.
        days: the local day of each.
        own: lines that count through this file, in an open day or as late; one that a shorter file brought
            before counts through this one.
        repeated: lines that are to be left out: they came before.
    """

    lines: FileLines
    days: DayRuns
    own: Flags
    repeated: Flags

    def repeated_on(self, day: dt.date) -> Flags:
        """Whether each line of a day is a repeat."""
        gone: Flags = self.repeated[self.days.are([number_of(day)])]
        return gone

    def repeated_days(self) -> list[dt.date]:
        """Days with repeats."""
        if not self.repeated.any():
            return []
        return [EPOCH + dt.timedelta(days=day) for day in self.days.of(self.repeated)]

    def line_days(self) -> list[str]:
        """ISO days of all lines, if one of them counts through this file."""
        if not self.own.any():
            return []
        return [iso_of(day) for day in self.days.present]


def number_of(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def iso_of(number: int) -> str:
    """The ISO date so many days after 1970-01-01."""
    return (EPOCH + dt.timedelta(days=number)).isoformat()


def sort_lines(
    records: Records,
    earlier: Sequence[KnownFile],
    shorter: Sequence[KnownFile],
    collected: LineCollector,
    late: Mapping[str, int],
    form: str = "",
) -> Sorted:
    """Compare a file's lines with those of earlier files that have a local day in common.

    Args:
        shorter: those of the earlier files of which the file is a continuation.
        late: days that were published before.
        form: by what the format is known by which the file was read.

    Raises:
        OutsideError: what an earlier file left cannot be read.
    """
    lines, days = collected.lines(), collected.days
    iso_days = {iso_of(day) for day in days.present}
    others = [
        read_lines(records.lines(one))
        for one in earlier
        if one not in shorter and not iso_days.isdisjoint(one.line_days)
    ]
    longest = max((one for one in shorter if one.line_days), key=lambda one: one.size, default=None)
    if not others and longest is None:
        return Sorted(lines, days, np.broadcast_to(True, lines.size), np.broadcast_to(False, lines.size))
    begun = read_lines(records.lines(longest)) if longest else None
    before = _before(lines, begun, is_same_form=longest is None or longest.form == form)
    repeats = find_repeats(lines, others, begun.lines if begun else None)
    repeats[: len(before.had)][before.had] = ~before.own[before.had]
    repeats = as_often_as_counted(lines, repeats, others)
    is_late = days.are(number_of(dt.date.fromisoformat(day)) for day in late)[: len(before.had)]
    repeated = repeats.copy()
    repeated[: len(before.had)] |= before.own & is_late
    return Sorted(lines, days, ~repeats, repeated)


@dataclass(frozen=True, slots=True)
class _Before:
    """What was decided about a file's first lines when it was read before.

    Attributes:
        had: which of them were recognised then.
        own: which of them counted through the file.
    """

    had: Flags
    own: Flags


def _before(lines: FileLines, begun: StoredLines | None, is_same_form: bool) -> _Before:
    """Find the lines of an earlier reading: its first ones, or by another format those that are equal."""
    if begun is None:
        return _Before(np.zeros(0, np.bool_), np.zeros(0, np.bool_))
    if is_same_form:
        own = _own_so_far(lines, begun)
        return _Before(np.ones(len(own), np.bool_), own)
    places = places_of_equals(lines.hashes, begun.lines.hashes)
    had = places >= 0
    own = np.zeros(lines.size, np.bool_)
    own[had] = begun.counted[places[had]]
    return _Before(had, own)


def places_of_equals(hashes: Hashes, others: Hashes) -> npt.NDArray[np.int64]:
    """For the n-th of equal hashes the place of the n-th such among the others, -1 if there are fewer."""
    order, ranks = np.argsort(others, kind="stable"), np.empty(len(hashes), np.int64)
    own = np.argsort(hashes, kind="stable")
    ordered = hashes[own]
    ranks[own] = np.arange(len(hashes)) - np.searchsorted(ordered, ordered, "left")
    known = others[order]
    at = np.searchsorted(known, hashes, "left") + ranks
    found = at < np.searchsorted(known, hashes, "right")
    places = np.full(len(hashes), -1, np.int64)
    places[found] = order[at[found]]
    return places


def _own_so_far(lines: FileLines, shorter: StoredLines) -> Flags:
    """Which lines that a shorter file had in common with this one counted through it; its last may be cut."""
    size = min(lines.size, shorter.lines.size)
    is_alike = shorter.lines.hashes[:size] == lines.hashes[:size]
    return shorter.counted[: size if is_alike.all() else int(is_alike.argmin())]
