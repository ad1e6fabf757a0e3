"""What each unit of work comes to, as frozen counts: a file, a period, registrations, a request, upkeep.

Counts are plain whole numbers: no type here has room for content.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from iesiz.periods import Period


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Lines of a file by outcome; they add up to the lines read.

    Attributes:
        ignored: count by reason; ``rejected`` likewise.
        noted: of the recognised lines those of which something is to be said, by what it is.

    Raises:
        ValueError: the outcomes do not add up, which would be a defect of the reader.
    """

    lines: int
    recognised: int
    ignored: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    noted: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse counts that do not add up."""
        if self.recognised + sum(self.ignored.values()) + sum(self.rejected.values()) != self.lines:
            raise ValueError("lines read = recognised + ignored + rejected does not hold")

    @property
    def rejected_share(self) -> float:
        """Rejected lines as a share of lines read, 0 to 1."""
        return sum(self.rejected.values()) / self.lines if self.lines else 0.0

    def ignoring(self, reason: str, lines: int) -> LineCounts:
        """Count so many recognised lines as ignored instead."""
        if not lines:
            return self
        ignored = merge_counts(self.ignored, {reason: lines})
        return replace(self, recognised=self.recognised - lines, ignored=ignored)

    def noting(self, what: str, lines: int) -> LineCounts:
        """Say something of so many recognised lines."""
        return replace(self, noted=merge_counts(self.noted, {what: lines})) if lines else self

    def plus(self, other: LineCounts) -> LineCounts:
        """Return the counts of both."""
        return LineCounts(
            self.lines + other.lines,
            self.recognised + other.recognised,
            merge_counts(self.ignored, other.ignored),
            merge_counts(self.rejected, other.rejected),
            merge_counts(self.noted, other.noted),
        )


def merge_counts(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    """Add two maps of counts, keys in order."""
    return {key: one.get(key, 0) + two.get(key, 0) for key in sorted({*one, *two})}


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What came of reading one file.

    Attributes:
        file_id: first 16 hexadecimal digits of the BLAKE3 of its uncompressed content.
        days: recognised lines by local day (ISO date) that were taken into an open day.
        late: recognised lines by local day that was published before.
        verdict: ``read``, ``empty``, ``known`` (all of it was read before), ``grown``, or ``read again``
            (its log's format was changed).
    """

    site: str
    stream: str
    name: str
    file_id: str
    verdict: str
    counts: LineCounts
    days: Mapping[str, int] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegistrationCounts:
    """What came of reading the registration source.

    Attributes:
        rows: rows that were read: all, or those that changed.
        kept: people that count, after it.
        removed: people that the source no longer has.
        late: people that came for a local day (ISO) that was published before.
        undeclared: columns that were not read, since the registry does not name them.
        absent: optional fields that are read, but that the source lacks or withholds.
        changes_only: whether only rows that changed were read, and the ids of all.
    """

    rows: int
    kept: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    removed: int = 0
    late: Mapping[str, int] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class TableCounts:
    """What was published of one table for one period."""

    table: str
    period: str
    cells: int
    published: int
    suppressed: int
    verdict: str


@dataclass(frozen=True, slots=True)
class PeriodCounts:
    """What came of closing one period.

    Attributes:
        verdict: ``published``, ``already published``, ``open`` (not due yet), ``missing`` (no data at all),
            ``withheld`` (microdata that no scheme makes fit to be released) or ``refused: `` and a reason.
        missing: sites without any data on a day; of a longer period the days that were not published.
        warnings: what the tables' checks had to say.
    """

    period: Period
    verdict: str
    tables: tuple[TableCounts, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def day(self) -> dt.date:
        """Its first local day, which is all of a day."""
        return self.period.start


@dataclass(frozen=True, slots=True)
class ForgetCounts:
    """What came of a request to be forgotten: people it named, records that went, days they were of."""

    accounts: int
    visitors: int
    rows: int
    days: tuple[dt.date, ...] = ()


@dataclass(frozen=True, slots=True)
class UpkeepCounts:
    """What came to the end of its time.

    Attributes:
        keys: names of the keys that were destroyed.
        days: local days whose records were deleted.
        unpublished: those of them that were never published: their time was over before.
        folders: folders and files deleted besides.
    """

    keys: tuple[str, ...] = ()
    days: tuple[dt.date, ...] = ()
    unpublished: tuple[dt.date, ...] = ()
    folders: int = 0
