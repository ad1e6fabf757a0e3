"""What closing a period is made of: its input, the tables and the plan in force, the audit of what is staged.

Opened by ``pipeline`` alone. In: settings, a period, exact and protected cells. Out: inputs of the stages,
verdicts, counts. It must not publish: of a period that
never will be, it notes that.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from iesiz.aggregate import DayInput, PeriodInput
from iesiz.calendar import end_of, is_due
from iesiz.catalog import DayFacts
from iesiz.counts import PeriodCounts, TableCounts
from iesiz.deidentify import KeyRing
from iesiz.disclosure import Earlier, Night, NightVerdict, Plan, Rules, StepRoute, audit_night, plan_of
from iesiz.errors import CutOffError, Expired, HeldBack, OutsideError, PrivacyRefusal
from iesiz.periods import LONGER, Grain, Period
from iesiz.policy import EditionInForce
from iesiz.publish import (
    Release,
    commit_period,
    discard_staged,
    published_days,
    published_periods,
    read_staged,
)
from iesiz.restricted import Records, counts_path, has_exact, mirror_path, read_labels
from iesiz.seen_work import seen_in, told_in
from iesiz.settings import Settings
from iesiz.tables import Cells, TableSpec, load_tables

ON_ITS_WAY = dt.timedelta(days=3)


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


def must_wait(outcomes: Sequence[object], moment: dt.datetime) -> bool:
    """Whether nothing may close yet, by what became of the steps before.

    Something outside failed; or a file's content is cut off, and it was written to a few days ago at most, so
    that it may be on its way. One that stays cut off is a bad file among others in the end.
    """
    if any(isinstance(one, OutsideError) for one in outcomes):
        return True
    cut = [one.path for one in outcomes if isinstance(one, CutOffError)]
    written = [path.stat().st_mtime for path in cut if path.exists()]
    return max(written, default=0.0) > (moment - ON_ITS_WAY).timestamp()


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
    return Material(given, tuple(missing), records.inputs(day), facts)


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


def withheld_whole(settings: Settings, period: Period, why: Expired, today: dt.date) -> PeriodCounts:
    """Note that a longer period can't be published any more, so that nobody waits for it.

    Raises:
        Expired: it is a day, which is made of records and needs no earlier release.
        OutsideError: the storage failed; the next night notes it.
    """
    if period.grain is Grain.DAY:
        raise why
    published = published_days(settings)
    missing = [day.isoformat() for day in period.days if day not in published]
    facts = {"days": [], "sites": [], "missing": missing, "closed": today.isoformat(), "withheld": str(why)}
    commit_period(settings, period, (), facts)
    return PeriodCounts(period, "withheld", (), tuple(missing), (str(why),))


def days_known(settings: Settings) -> tuple[DayFacts, ...]:
    """What readers may know of each day that is published, or that a file is here for."""
    published = {one.start: facts for one, facts in published_periods(settings, Grain.DAY).items()}
    files, gone = Records(settings).files(), Records(settings).gone_days()
    late = {day for one in files for day, lines in one.late.items() if lines}
    here = {dt.date.fromisoformat(day) for one in files for day, lines in one.days.items() if lines}
    missing = {day: tuple(facts.get("missing", ())) for day, facts in published.items()}
    return tuple(
        DayFacts(
            day,
            day in published,
            missing.get(day, ()),
            late_lines=day.isoformat() in late,
            is_expired=day in gone and day not in published,
        )
        for day in sorted({*published, *here})
    )


def _of_days(settings: Settings, period: Period) -> Material:
    """What the published days of a longer period left.

    Raises:
        Expired: a day's exact counts have expired, so that nothing could be protected with it.
    """
    published = published_periods(settings, Grain.DAY)
    days = {one.start: facts for one, facts in published.items() if one.start in period}
    missing = tuple(day.isoformat() for day in period.days if day not in days)
    if not days:
        return Material(None, missing, (), {})
    expired = [day for day in sorted(days) if not has_exact(settings, day)]
    if expired:
        raise Expired(
            f"the exact counts of {expired[0]} have expired, so what was withheld then can't be protected "
            "any more; the period is withheld whole, for good"
        )
    with_data = {name for facts in days.values() for name in facts["sites"]}
    counts = [counts_path(settings, day) for day in sorted(days)]
    epoch = period.name.lower()
    seen = seen_in(settings, period, {day: facts["sites"] for day, facts in days.items()})
    given = PeriodInput(
        period,
        tuple(site for site in settings.sites if site.name in with_data),
        _registering(settings),
        tuple(path for path in counts if path.exists()),
        frozenset(days),
        registrations_for(settings, Records(settings), period.last),
        seen=seen,
        told=told_in(settings, period, days) if seen else (),
        scratch=settings.scratch,
        threshold_key=KeyRing.of(settings).key("threshold", "network", epoch),
    )
    inputs = {one for day in days for one in Records(settings).inputs(day)}
    covered = [day.isoformat() for day in sorted(days)]
    return Material(given, missing, tuple(sorted(inputs)), {"days": covered, "sites": sorted(with_data)})


def closing_days(settings: Settings) -> dict[Period, dt.date]:
    """The day on which each period was published."""
    return {
        period: dt.date.fromisoformat(facts["closed"])
        for grain in Grain
        for period, facts in published_periods(settings, grain).items()
    }


def _registering(settings: Settings) -> tuple[str, ...]:
    return tuple(settings.registration.sites) if settings.registration else ()


def due_periods(settings: Settings, last: dt.date, moment: dt.datetime) -> tuple[Period, ...]:
    """Longer periods that can be closed: weeks first, then months, then quarters.

    They hold a published day and none with records that are not published, and have closed at every site by
    the night's own day.
    """
    published = published_days(settings)
    open_days = Records(settings).open_days(published)
    grains = {spec.grain for spec in load_tables()}
    wanted = [
        period
        for grain in LONGER
        if grain in grains
        for known in (published_periods(settings, grain),)
        for period in sorted({Period.of(grain, day) for day in published}, key=lambda one: one.start)
        if period not in known
    ]
    return tuple(
        period
        for period in wanted
        if period.last <= last
        and is_due(settings, period, moment)
        and not any(day in period for day in open_days)
    )


def reasons_against(
    settings: Settings, days: Sequence[dt.date], moment: dt.datetime
) -> tuple[PeriodCounts, ...]:
    """Those of the days that cannot be closed, each with the reason as its verdict."""
    published = published_days(settings)
    longer = [period for grain in LONGER for period in published_periods(settings, grain)]
    refused = []
    for day in days:
        above = next((period for period in longer if day in period), None)
        if day in published:
            reason = "it is published, and a day is published once"
        elif above is not None:
            reason = f"its {above.grain} {above.name} is published, and comes after its days"
        elif not is_due(settings, Period(Grain.DAY, day), moment):
            reason = "it has not closed at every site yet"
        else:
            continue
        refused.append(PeriodCounts(Period(Grain.DAY, day), f"refused: {reason}"))
    return tuple(refused)


def tables_of(edition: EditionInForce) -> tuple[TableSpec, ...]:
    """The tables that an edition of the policy permits."""
    return tuple(spec for spec in load_tables() if edition.permits(spec.purpose))


def plan_of_night(settings: Settings, specs: Sequence[TableSpec]) -> Plan:
    """The release plan: all tables of a night, how they hang together, and the sites' ways to registration.

    Raises:
        PrivacyRefusal: the plan is inconsistent or too large to be audited.
    """
    steps = [StepRoute(site.name, one.step, one.route) for site in settings.sites for one in site.funnel]
    return plan_of(specs, len(settings.sites), steps)


def audited(
    settings: Settings,
    specs: Sequence[TableSpec],
    exact: Sequence[Cells],
    rules: Rules,
    history: Sequence[Earlier],
) -> NightVerdict:
    """The auditor's verdict on the staged files, read back as a reader would.

    Raises:
        HeldBack: it found something; the staged files are gone.
    """
    try:
        staged = read_staged(settings, specs)
        of = {cells.label: cells for cells in exact}
        placed = [replace(one, period=of[one.label].period, days=of[one.label].days) for one in staged]
        verdict = audit_night(placed, exact, rules, history)
    except PrivacyRefusal:
        discard_staged(settings)
        raise
    if not verdict.findings:
        return verdict
    discard_staged(settings)
    tables = ", ".join(sorted({one.table for one in verdict.findings}))
    raise HeldBack(
        f"{rules.period}: the auditor found {len(verdict.findings)} numbers that could be told from what "
        f"would be published ({tables}). Nothing of the period is published. Report it.",
        len(staged),
    )


def summary_of(night: Night, verdict: NightVerdict) -> dict[str, object]:
    """What the restricted ledger keeps of a night's protection and audit."""
    narrowest = verdict.narrowest if math.isfinite(verdict.narrowest) else None
    return {
        "primary": night.primary,
        "secondary": night.secondary,
        "coarser": list(night.coarser),
        "audited": verdict.audited,
        "narrowest": narrowest,
        "insiders": verdict.insiders,
        "seconds": round(night.seconds + verdict.seconds, 3),
    }


def robots_of(records: Records, given: DayInput) -> dict[str, object]:
    """What told a day's robots apart: versions of the lists its records were made with, and the behaviour."""
    return {"lists": list(records.robot_lists(given.day)), "behaviour": asdict(given.behaviour)}


def registrations_for(settings: Settings, records: Records, day: dt.date) -> Path | None:
    """The mirror of the source, if it was read after the day's end; an older one lacks the day's people."""
    source = settings.registration
    read = records.mirror_read_at()
    return mirror_path(settings) if source and read and read >= end_of(day, source.zone) else None


def table_counts(one: Release) -> TableCounts:
    """A release as the counts that are shown."""
    return TableCounts(
        one.table, one.period, one.cells, one.cells - one.suppressed, one.suppressed, one.verdict
    )
