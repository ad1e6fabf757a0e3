"""What a period is made of: the records of a day, or what the days of a longer one left.

Opened by ``pipeline``, ``revision_input`` and ``microdata_work``. In: settings and a period. Out: frozen
inputs of the aggregation, and what the restricted ledger notes of them. It must not write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from iesiz.aggregate import DayInput, PeriodInput
from iesiz.calendar import end_of
from iesiz.deidentify import KeyRing
from iesiz.errors import Expired
from iesiz.periods import Grain, Period
from iesiz.publish import published_days, published_periods
from iesiz.restricted import Records, counts_path, has_exact, mirror_path, read_labels
from iesiz.seen_work import seen_in, told_in
from iesiz.settings import Settings


@dataclass(frozen=True, slots=True)
class Material:
    """What a period is made of.

    Attributes:
        given: what the aggregation reads; None where there is no data at all.
        missing: sites without data, of a longer period days that were not published.
        inputs: BLAKE3 of the files that went in.
        facts: what the restricted ledger notes of them.
    """

    given: DayInput | PeriodInput | None
    missing: tuple[str, ...]
    inputs: tuple[str, ...]
    facts: Mapping[str, object]


def material_of(settings: Settings, period: Period) -> Material:
    """Find what a period is made of: records of a day, or what the days of a longer one left."""
    return _of_day(settings, period) if period.grain is Grain.DAY else _of_days(settings, period)


def _of_day(settings: Settings, period: Period) -> Material:
    records, day = Records(settings), period.start
    parts, registrations = records.parts(day), registrations_for(settings, records, day)
    missing = [site.name for site in settings.sites if site.logs and site.name not in parts]
    if settings.registration and registrations is None:
        missing.append("registration")
    if not parts:
        return Material(None, tuple(missing), (), {})
    given = input_of(settings, day, parts, registrations)
    facts = {"sites": sorted(parts), "robots": robots_of(records, given)}
    return Material(given, tuple(missing), records.inputs([day]), facts)


def input_of(
    settings: Settings, day: dt.date, parts: Mapping[str, Sequence[Path]], registrations: Path | None
) -> DayInput:
    """What the aggregation of a day reads: parts, the mirror, keys of the day and labels of earlier ones."""
    keys, epoch = KeyRing.of(settings), day.isoformat()
    oldest = day - dt.timedelta(days=settings.keeping.at_most_days)
    return DayInput(
        day,
        tuple(settings.sites),
        parts,
        registrations,
        _registering(settings),
        sampling_key=keys.key("sampling", "network", epoch),
        threshold_key=keys.key("threshold", "network", epoch),
        labels=read_labels(settings, [one for one in published_days(settings) if oldest <= one < day]),
        scratch=settings.scratch,
    )


def _of_days(settings: Settings, period: Period) -> Material:
    """What the published days of a longer period left.

    Raises:
        Expired: a day's exact counts have expired, so that nothing could be protected with it.
    """
    published = {one.start: facts for one, facts in published_periods(settings, Grain.DAY).items()}
    days = {day: published[day] for day in sorted(published) if day in period}
    missing = tuple(day.isoformat() for day in period.days if day not in days)
    if not days:
        return Material(None, missing, (), {})
    expired = next((day for day in days if not has_exact(settings, day)), None)
    if expired:
        raise Expired(
            f"the exact counts of {expired} have expired, so what was withheld then can't be protected "
            "any more; the period is withheld whole, for good"
        )
    sites = {day: tuple(facts["sites"]) for day, facts in days.items()}
    covered = [day.isoformat() for day in days]
    facts = {"days": covered, "sites": sorted({name for names in sites.values() for name in names})}
    return Material(_input_of_days(settings, period, sites), missing, Records(settings).inputs(days), facts)


def _input_of_days(settings: Settings, period: Period, sites: Mapping[dt.date, Sequence[str]]) -> PeriodInput:
    """What the aggregation of a longer period reads; the sites with data of each of its published days."""
    with_data = {name for names in sites.values() for name in names}
    counts = [counts_path(settings, day) for day in sites]
    seen = seen_in(settings, period, sites)
    return PeriodInput(
        period,
        tuple(site for site in settings.sites if site.name in with_data),
        _registering(settings),
        tuple(path for path in counts if path.exists()),
        frozenset(sites),
        registrations_for(settings, Records(settings), period.last),
        seen=seen,
        told=told_in(settings, period, sites) if seen else (),
        scratch=settings.scratch,
        threshold_key=KeyRing.of(settings).key("threshold", "network", period.name.lower()),
    )


def _registering(settings: Settings) -> tuple[str, ...]:
    return tuple(settings.registration.sites) if settings.registration else ()


def registrations_for(settings: Settings, records: Records, day: dt.date) -> Path | None:
    """The mirror of the source, if it was read after the day's end; an older one lacks the day's people."""
    source = settings.registration
    read = records.mirror_read_at()
    return mirror_path(settings) if source and read and read >= end_of(day, source.zone) else None


def robots_of(records: Records, given: DayInput) -> dict[str, object]:
    """What told a day's robots apart: versions of the lists its records were made with, and the behaviour."""
    return {"lists": list(records.robot_lists(given.day)), "behaviour": asdict(given.behaviour)}
