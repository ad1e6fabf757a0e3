"""What a store has done and has still to do, from its ledgers and folders; no content, no withheld count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iesiz.calendar import now, yesterday
from iesiz.dp import Account
from iesiz.ledger import Ledger
from iesiz.periods import LONGER
from iesiz.restricted import KnownFile, Records, RejectedLine, last_day_kept, read_rejects
from iesiz.settings import Settings
from iesiz.standing import Standing, standing_of
from iesiz.vocabulary import Balance, DayState


@dataclass(frozen=True, slots=True)
class DayStatus:
    """A local day.

    Attributes:
        sites, missing: sites with data, and those that were published without any.
        lines: recognised lines that count.
        late: recognised lines that came after publication; they change nothing.
        late_by_site: the same by site.
        delete_after: the last ISO day on which its records may be kept; empty when they were deleted.
        revision: how often it was revised.
    """

    day: str
    state: DayState
    sites: tuple[str, ...]
    missing: tuple[str, ...]
    lines: int
    late: int
    late_by_site: Mapping[str, int]
    delete_after: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class PeriodStatus:
    """A week, month or quarter that was closed, and the days that it was published without.

    Attributes:
        withheld: why nothing of it is published, or nothing.
    """

    period: str
    missing: tuple[str, ...]
    closed: str
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class TableStatus:
    """A published table: its periods, cells, cells withheld."""

    table: str
    periods: int
    last: str
    cells: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class RejectStatus:
    """Rejected lines of a file by reason, and whether they were so many that it was stopped."""

    site: str
    stream: str
    name: str
    file_id: str
    is_stopped: bool
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RejectedInFile:
    """The rejected lines of a file, to be read once."""

    file: RejectStatus
    lines: Iterator[RejectedLine]


@dataclass(frozen=True, slots=True)
class Status:
    """The whole store.

    Attributes:
        budgets: what of the privacy budget is spent and left, of epochs with noise and of the current.
    """

    days: tuple[DayStatus, ...]
    periods: tuple[PeriodStatus, ...]
    tables: tuple[TableStatus, ...]
    files: int
    copies: int
    stopped: int
    keys: int
    rejects: tuple[RejectStatus, ...] = ()
    budgets: tuple[Balance, ...] = ()
    standing: Standing | None = None


def status_of(settings: Settings) -> Status:
    """Read the ledgers.

    Raises:
        PrivacyRefusal: a ledger's chain is broken.
    """
    records = Records(settings)
    kinds = [entry.kind for entry in records.ledger.entries()]
    keys = sum(1 for _ in (settings.restricted / "keys").rglob("*.key"))
    counts = (kinds.count("file"), kinds.count("copy"), kinds.count("stopped"), keys)
    days = _days(settings, records)
    tables = (_periods(records.ledger), _tables(records.ledger))
    standing = standing_of(settings, [one.delete_after for one in days])
    return Status(days, *tables, *counts, _rejects(records), privacy_budgets(settings), standing)


def privacy_budgets(settings: Settings) -> tuple[Balance, ...]:
    """What of the privacy budget is spent and left; nothing where no table ever had noise.

    Raises:
        PrivacyRefusal: the chain of the budget's ledger is broken.
    """
    units = {one.unit for one in settings.tables.values() if one.unit is not None}
    return Account.of(settings).balances(units, yesterday(settings, now()))


def rejected_lines(settings: Settings) -> Iterator[RejectedInFile]:
    """The rejected lines of each file that has some, as long as their numbers are kept.

    Raises:
        PrivacyRefusal: a ledger's chain is broken.
        OutsideError: the numbers cannot be read.
    """
    records = Records(settings)
    for one, is_stopped in _with_rejects(records):
        if records.rejects(one).exists():
            yield RejectedInFile(_reject(one, is_stopped), read_rejects(records.rejects(one)))


def _with_rejects(records: Records) -> list[tuple[KnownFile, bool]]:
    files = [(one, False) for one in records.files()] + [(one, True) for one in records.stopped()]
    return [(one, is_stopped) for one, is_stopped in files if one.rejected and not one.is_replaced]


def _rejects(records: Records) -> tuple[RejectStatus, ...]:
    return tuple(_reject(one, is_stopped) for one, is_stopped in _with_rejects(records))


def _reject(one: KnownFile, is_stopped: bool) -> RejectStatus:
    return RejectStatus(one.site, one.stream, one.name, one.file_id, is_stopped, one.rejected)


def _days(settings: Settings, records: Records) -> tuple[DayStatus, ...]:
    published = {entry.facts["day"]: entry.facts for entry in records.ledger.entries("day")}
    files = records.files()
    known = sorted({day for one in files for day in {*one.counted, *one.late}} | set(published))
    gone, came = records.gone_days(), records.held_days()
    days = [(day, dt.date.fromisoformat(day)) for day in known]
    return tuple(
        _day(
            day,
            published.get(day),
            files,
            _kept(settings, one, published.get(day), came.get(one)),
            one in gone,
        )
        for day, one in days
    )


def _kept(settings: Settings, day: dt.date, facts: Mapping[str, Any] | None, came: dt.date | None) -> str:
    closed = dt.date.fromisoformat(facts["closed"]) if facts else None
    return last_day_kept(settings.keeping, day, closed, came).isoformat()


def _day(
    day: str, facts: Mapping[str, Any] | None, files: Sequence[KnownFile], kept: str, is_gone: bool
) -> DayStatus:
    with_data = sorted({one.site for one in files if one.counted.get(day)})
    late_sites = sorted({one.site for one in files if one.late.get(day)})
    return DayStatus(
        day=day,
        state=DayState.PUBLISHED if facts else DayState.EXPIRED if is_gone else DayState.OPEN,
        sites=tuple(with_data),
        missing=tuple(facts["missing"]) if facts else (),
        lines=sum(one.counted.get(day, 0) for one in files),
        late=sum(one.late.get(day, 0) for one in files),
        late_by_site={site: _late(files, site, day) for site in late_sites},
        delete_after="" if is_gone else kept,
        revision=facts.get("revision", 0) if facts else 0,
    )


def _periods(ledger: Ledger) -> tuple[PeriodStatus, ...]:
    return tuple(
        PeriodStatus(
            entry.facts[grain.value],
            tuple(entry.facts["missing"]),
            entry.facts["closed"],
            entry.facts.get("withheld", ""),
        )
        for grain in LONGER
        for entry in ledger.entries(grain.value)
    )


def _late(files: Sequence[KnownFile], site: str, day: str) -> int:
    return sum(one.late.get(day, 0) for one in files if one.site == site)


def _tables(ledger: Ledger) -> tuple[TableStatus, ...]:
    newest: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in ledger.entries("release"):
        newest.setdefault(entry.facts["table"], {})[entry.facts["period"]] = entry.facts
    return tuple(
        TableStatus(
            table=table,
            periods=len(releases),
            last=max(releases),
            cells=sum(one["cells"] for one in releases.values()),
            suppressed=sum(one["suppressed"] for one in releases.values()),
        )
        for table, releases in sorted(newest.items())
    )
