"""What a store has done and has still to do, from its ledgers and folders; no content, no withheld count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iesiz.ledger import Ledger
from iesiz.periods import LONGER
from iesiz.restricted import KnownFile, Records
from iesiz.settings import Settings
from iesiz.vocabulary import DayState


@dataclass(frozen=True, slots=True)
class DayStatus:
    """A local day: its state, sites with and without data, late lines, when its records are due to go."""

    day: str
    state: DayState
    sites: tuple[str, ...]
    missing: tuple[str, ...]
    lines: int
    late: int
    delete_after: str


@dataclass(frozen=True, slots=True)
class PeriodStatus:
    """A week, month or quarter that was published, and the days that it was published without."""

    period: str
    missing: tuple[str, ...]
    closed: str


@dataclass(frozen=True, slots=True)
class TableStatus:
    """A published table: its periods, cells, cells withheld."""

    table: str
    periods: int
    last: str
    cells: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Status:
    """The whole store."""

    days: tuple[DayStatus, ...]
    periods: tuple[PeriodStatus, ...]
    tables: tuple[TableStatus, ...]
    files: int
    copies: int
    stopped: int
    keys: int


def status_of(settings: Settings) -> Status:
    """Read the ledgers.

    Raises:
        PrivacyRefusal: a ledger's chain is broken.
    """
    records = Records(settings)
    kinds = [entry.kind for entry in records.ledger.entries()]
    keys = sum(1 for _ in (settings.restricted / "keys").rglob("*.key"))
    counts = (kinds.count("file"), kinds.count("copy"), kinds.count("stopped"), keys)
    return Status(_days(settings, records), _periods(records.ledger), _tables(records.ledger), *counts)


def _days(settings: Settings, records: Records) -> tuple[DayStatus, ...]:
    published = {entry.facts["day"]: entry.facts for entry in records.ledger.entries("day")}
    files = records.files()
    known = sorted({day for one in files for day in {*one.days, *one.late}} | set(published))
    return tuple(_day(settings, day, published.get(day), files) for day in known)


def _day(
    settings: Settings, day: str, facts: Mapping[str, Any] | None, files: Sequence[KnownFile]
) -> DayStatus:
    with_data = sorted({one.site for one in files if one.days.get(day)})
    closed = facts["closed"] if facts else ""
    return DayStatus(
        day=day,
        state=DayState.PUBLISHED if facts else DayState.OPEN,
        sites=tuple(with_data),
        missing=tuple(facts["missing"]) if facts else (),
        lines=sum(one.days.get(day, 0) for one in files),
        late=sum(one.late.get(day, 0) for one in files),
        delete_after=_delete_after(settings, dt.date.fromisoformat(day), closed),
    )


def _periods(ledger: Ledger) -> tuple[PeriodStatus, ...]:
    return tuple(
        PeriodStatus(entry.facts[grain.value], tuple(entry.facts["missing"]), entry.facts["closed"])
        for grain in LONGER
        for entry in ledger.entries(grain.value)
    )


def _delete_after(settings: Settings, day: dt.date, closed: str) -> str:
    """The last day on which a day's records and keys may be kept."""
    latest = day + dt.timedelta(days=settings.keeping.at_most_days)
    if not closed:
        return latest.isoformat()
    after = dt.date.fromisoformat(closed) + dt.timedelta(days=settings.keeping.after_publication_days)
    return after.isoformat()


def _tables(ledger: Ledger) -> tuple[TableStatus, ...]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in ledger.entries("release"):
        found.setdefault(entry.facts["table"], []).append(entry.facts)
    return tuple(
        TableStatus(
            table=table,
            periods=len(releases),
            last=max(one["period"] for one in releases),
            cells=sum(one["cells"] for one in releases),
            suppressed=sum(one["suppressed"] for one in releases),
        )
        for table, releases in sorted(found.items())
    )
