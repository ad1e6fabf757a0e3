"""How things stand: each site's days, what is due to go, the disk, the last runs and what is open.

In: settings, the ledgers, what is noted of runs. Out: frozen facts without content. It must not write.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from iesiz import pipeline
from iesiz.alerts import ToldAlert, alert_codes, open_alerts
from iesiz.calendar import last_due, now
from iesiz.errors import HeldBack, PrivacyRefusal
from iesiz.restricted import KnownFile, Records
from iesiz.run_facts import FailureFacts, RunFacts
from iesiz.runs import has_store, last_success, read_runs
from iesiz.settings import Settings

REGISTRATION = "registration"
MOST_DAYS = 400


class SiteDayState(StrEnum):
    """Where a day of a site stands; ``missing`` is a day that is due or published, without any file of it."""

    DONE = "done"
    OPEN = "open"
    EMPTY = "empty"
    MISSING = "missing"
    FAILED = "failed"
    HELD = "held"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SiteDay:
    """A local day of a site.

    Attributes:
        lines: recognised lines that count; ``late`` those that came after publication.
        why: what is meant by a state that is not as it should be.
    """

    day: str
    site: str
    state: SiteDayState
    lines: int
    late: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to go: keys and days of records, and the first ISO day on which any of them must be gone.

    Attributes:
        problem: why the keys cannot be listed, if they cannot.
    """

    keys: int
    keys_until: str
    days: int
    days_until: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: free, and used by each zone."""

    free: int
    restricted: int
    published: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand; times are ISO in UTC, empty where there is none."""

    sites: tuple[SiteDay, ...]
    due: Due
    disk: Disk
    last_run: RunFacts | None
    last_success: str
    alerts: tuple[ToldAlert, ...]


def standing_of(settings: Settings, until: Sequence[str] = ()) -> Standing:
    """Look at the store.

    Args:
        settings: what the operator decides.
        until: ISO days until which records of a day are kept.

    Raises:
        PrivacyRefusal: a ledger's chain is broken.
        OutsideError: what is noted of runs cannot be read.
    """
    runs, alerts = (read_runs(settings), open_alerts(settings)) if has_store(settings) else ((), ())
    success, last = last_success(runs), runs[-1] if runs else None
    sites = tuple(_site_days(settings, runs))
    done = success.ended if success else ""
    return Standing(sites, _due(settings, until), _disk(settings), last, done, alerts)


def _site_days(settings: Settings, runs: Sequence[RunFacts]) -> Iterator[SiteDay]:
    records = Records(settings)
    files, gone = records.files(), {day.isoformat() for day in records.gone_days()}
    published = {entry.facts["day"]: entry.facts["missing"] for entry in records.ledger.entries("day")}
    known = {day for one in files for day in {*one.days, *one.late}} | set(published) | gone
    failures = _failures(runs)
    for day in _days(settings, known):
        for site in _sites(settings):
            lines, late = _lines(files, site, day)
            if day in gone and day not in published:
                state, why = SiteDayState.EXPIRED, alert_codes()["day-lapsed"].meaning
            elif day in published:
                is_missing = site in published[day]
                state, why = _when_published(site, runs, day) if is_missing else (SiteDayState.DONE, "")
            else:
                state, why = _when_open(site, bool(lines), failures.get(day), runs)
            yield SiteDay(day, site, state, lines, late, why)


def _days(settings: Settings, known: set[str]) -> list[str]:
    """Known days and those between them and the last that is due, of which nothing came."""
    if not known:
        return []
    last = last_due(settings, now())
    first = max(dt.date.fromisoformat(min(known)), last - dt.timedelta(days=MOST_DAYS))
    between = {(first + dt.timedelta(days=step)).isoformat() for step in range((last - first).days + 1)}
    return sorted(known | between)


def _sites(settings: Settings) -> list[str]:
    named = [site.name for site in settings.sites if site.logs]
    return [*named, REGISTRATION] if settings.registration else named


def _lines(files: Sequence[KnownFile], site: str, day: str) -> tuple[int, int]:
    own = [one for one in files if one.site == site]
    return sum(one.days.get(day, 0) for one in own), sum(one.late.get(day, 0) for one in own)


def _failures(runs: Sequence[RunFacts]) -> Mapping[str, FailureFacts]:
    """The last failure of each day that was not published since."""
    found: dict[str, FailureFacts] = {}
    for run in runs:
        found |= {one.period: one for one in run.failures if one.period}
        for day in run.days:
            found.pop(day, None)
    return found


def _when_published(site: str, runs: Sequence[RunFacts], day: str) -> tuple[SiteDayState, str]:
    """Why a day was published without a site, as far as the run that did it is still known."""
    run = next((one for one in reversed(runs) if day in one.days), None)
    return _of_sources(site, run)


def _when_open(
    site: str, has_lines: bool, failure: FailureFacts | None, runs: Sequence[RunFacts]
) -> tuple[SiteDayState, str]:
    if failure is not None:
        is_held = failure.code == HeldBack.code
        return SiteDayState.HELD if is_held else SiteDayState.FAILED, _meaning(failure)
    if has_lines:
        return SiteDayState.OPEN, ""
    return _of_sources(site, runs[-1] if runs else None)


def _of_sources(site: str, run: RunFacts | None) -> tuple[SiteDayState, str]:
    """Why nothing of a site came in a run: its source failed, was empty, or was not there."""
    kind = "registrations" if site == REGISTRATION else "file"
    failures = run.failures if run else ()
    failed = next((one for one in failures if one.work == kind and one.site in (site, "")), None)
    if failed is not None:
        return SiteDayState.FAILED, _meaning(failed)
    if run and any(one.partition("/")[0] == site for one in run.empty):
        return SiteDayState.EMPTY, "Its files hold no line."
    return SiteDayState.MISSING, "Nothing of it has arrived."


def _meaning(failure: FailureFacts) -> str:
    known = alert_codes().get(failure.code)
    return f"{failure.code}: {known.meaning}" if known else failure.code


def _due(settings: Settings, until: Sequence[str]) -> Due:
    days = sorted(filter(None, until))
    first = days[0] if days else ""
    try:
        keys = pipeline.list_keys(settings) if settings.restricted.exists() else ()
    except PrivacyRefusal as error:
        return Due(0, "", len(days), first, str(error))
    ends = sorted(one.destroy_after.isoformat() for one in keys if one.destroy_after)
    return Due(len(keys), ends[0] if ends else "", len(days), first)


def _disk(settings: Settings) -> Disk:
    folder = settings.store_path
    while not folder.exists():
        folder = folder.parent
    return Disk(shutil.disk_usage(folder).free, _bytes(settings.restricted), _bytes(settings.published))


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
