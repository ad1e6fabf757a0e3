"""What closing a period is made of: its input, the tables and the plan in force, the audit of what is staged.

Opened by ``pipeline`` alone. In: settings, a period, exact and protected cells. Out: inputs of the stages,
verdicts, counts. It must not publish.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from iesiz.aggregate import DayInput
from iesiz.calendar import end_of
from iesiz.catalog import DayFacts
from iesiz.deidentify import KeyRing
from iesiz.disclosure import Night, NightVerdict, Plan, Rules, StepRoute, audit_night, plan_of
from iesiz.errors import PrivacyRefusal
from iesiz.policy import EditionInForce
from iesiz.publish import Release, day_facts, discard_staged, published_days, read_staged
from iesiz.restricted import Records, mirror_path, read_labels
from iesiz.settings import Settings
from iesiz.tables import Cells, TableSpec, load_tables
from iesiz.vocabulary import TableCounts


def input_of(
    settings: Settings, day: dt.date, parts: Mapping[str, Sequence[Path]], registrations: Path | None
) -> DayInput:
    """What the aggregation of a day reads: parts, the mirror, keys of the day and labels of earlier ones."""
    keys, epoch = KeyRing(settings.restricted / "keys"), day.isoformat()
    return DayInput(
        day,
        tuple(settings.sites),
        parts,
        registrations,
        tuple(settings.registration.sites) if settings.registration else (),
        sampling_key=keys.key("sampling", "network", epoch),
        threshold_key=keys.key("threshold", "network", epoch),
        labels=read_labels(settings, [one for one in published_days(settings) if one < day]),
        scratch=settings.scratch,
    )


def days_known(settings: Settings) -> tuple[DayFacts, ...]:
    """What readers may know of each day that is published, or that a file is here for."""
    published, files = day_facts(settings), Records(settings).files()
    late = {day for one in files for day, lines in one.late.items() if lines}
    here = {dt.date.fromisoformat(day) for one in files for day, lines in one.days.items() if lines}
    return tuple(
        DayFacts(
            day, day in published, tuple(published.get(day, {}).get("missing", ())), day.isoformat() in late
        )
        for day in sorted({*published, *here})
    )


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
    settings: Settings, specs: Sequence[TableSpec], exact: Sequence[Cells], rules: Rules
) -> NightVerdict:
    """The auditor's verdict on the staged files, read back as a reader would.

    Raises:
        PrivacyRefusal: it found something; the staged files are gone.
    """
    try:
        verdict = audit_night(read_staged(settings, specs), exact, rules)
    except PrivacyRefusal:
        discard_staged(settings)
        raise
    if not verdict.findings:
        return verdict
    discard_staged(settings)
    tables = ", ".join(sorted({one.table for one in verdict.findings}))
    raise PrivacyRefusal(
        f"{rules.period}: the auditor found {len(verdict.findings)} numbers that could be told from what "
        f"would be published ({tables}). Nothing of the day is published. Report it."
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
