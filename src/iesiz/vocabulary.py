"""The words that all rooms share, as frozen types that cannot hold a wrong value.

A record crosses from one stage to the next as an Arrow table, a path or one of these types,
never as a loose tuple. Counts are plain whole numbers: no type here has room for content.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from iesiz.errors import SettingsError
from iesiz.periods import Period

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
OTHER = "other"
SUPPRESSED = "suppressed"
NOISY = "noisy"
CATALOG = "catalog.duckdb"
PUBLISHED = "published"
PROTECTION = "primary and complementary suppression, audited"
AUDITED = "audited"
NOISE_PROTECTION = "differential privacy, noise by OpenDP"
NOISE_CONFIRMED = "noise within its budget"


class Role(StrEnum):
    """What a column of a table is for.

    One of the role ``rule`` is read by rules and never published. A ``derived`` one is no count: it is told
    only beside published counts, by a rule of its own, and is null otherwise.
    """

    DIMENSION = "dimension"
    MEASURE = "measure"
    CONTRIBUTOR = "contributor"
    DERIVED = "derived"
    RULE = "rule"
    STATUS = "status"


class Outcome(StrEnum):
    """What became of a line that was read."""

    RECOGNISED = "recognised"
    IGNORED = "ignored"
    REJECTED = "rejected"


class Purpose(StrEnum):
    """The purposes of the policy under which a table may be published."""

    SERVICE_QUALITY = "2C"
    RESEARCH = "2E"


class DayState(StrEnum):
    """Where a local day stands in its life; an expired one was never published, and its records are gone."""

    OPEN = "open"
    EXPIRED = "expired"
    PUBLISHED = "published"


def day_of(text: str) -> dt.date:
    """Read ``YYYY-MM-DD``.

    Raises:
        SettingsError: the text is not a date of that form.
    """
    try:
        if len(text) == len("2026-11-01"):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise SettingsError("A day is written YYYY-MM-DD, for example 2026-11-01.")


def check_name(kind: str, name: str) -> str:
    """Return ``name`` if it can stand in a path and a key's name.

    Raises:
        SettingsError: it is empty, too long or holds other than a-z, 0-9, ``-`` and ``_``.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise SettingsError(f"The name of a {kind} is made of a-z, 0-9, '-' and '_', at most 63 of them.")
    return name


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that arrived for one stream of one site; nothing of it has been read.

    Attributes:
        refusal: why it may not be read (a pipe, a link out of its folder); empty for an ordinary file.
    """

    site: str
    stream: str
    path: Path
    refusal: str = ""


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
        file_id: first 16 hexadecimal digits of the SHA-256 of its uncompressed content.
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
class Finding:
    """Something that keeps a night from going well: where it was looked for, what it is, what to do."""

    check: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key is for; never the key.

    Attributes:
        scope: the site, or what is wider than one.
        epoch: the period that it is for, or the stream.
        destroy_after: the last day on which it may be kept; None as long as something needs it.
    """

    purpose: str
    scope: str
    epoch: str
    created: dt.date
    destroy_after: dt.date | None

    @property
    def name(self) -> str:
        """Purpose, scope and epoch, as the ledger names it."""
        return f"{self.purpose}/{self.scope}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class Balance:
    """What of a budget is spent.

    Attributes:
        unit: whose loss it is.
        epoch: a month (2026-11) or a year (2026).
        limit, spent, left: rho as exact decimals; limit and left are empty where no budget is set any more.
        delta: the chances of wrongly told labels, added up.
    """

    unit: str
    epoch: str
    limit: str
    spent: str
    left: str
    delta: str


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


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a night finds before it starts.

    Attributes:
        files: files of all sites, read before or not.
        unmatched: ``site/stream`` of declared logs for which there is no file.
        last: the night's own local day; no later one is closed.
    """

    files: tuple[FileRef, ...]
    last: dt.date
    unmatched: tuple[str, ...] = ()
