"""What closing a period or revising it needs: the tables and the plan in force, protection, the audit.

Opened by ``pipeline``, ``revising`` and ``microdata_cuts``. In: settings, a period, exact cells, what is
staged. Out: protected cells, verdicts, counts. It must not publish: of a period that never will be, it notes
that.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iesiz.archive import open_archive
from iesiz.catalog import DayFacts
from iesiz.counts import PeriodCounts, TableCounts
from iesiz.disclosure import (
    Earlier,
    Night,
    NightVerdict,
    Plan,
    Rules,
    StepRoute,
    audit_night,
    carried,
    marked,
    plan_of,
    protect_night,
)
from iesiz.errors import Expired, HeldBack, PrivacyRefusal
from iesiz.periods import Grain, Period
from iesiz.policy import EditionInForce
from iesiz.publish import (
    Release,
    commit_period,
    discard_staged,
    published_days,
    published_periods,
    read_staged,
)
from iesiz.restricted import Records
from iesiz.settings import Settings
from iesiz.tables import Cells, TableSpec, load_tables


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


@dataclass(frozen=True, slots=True)
class Protected:
    """A period's cells as suppression leaves them, and what it looked at.

    Attributes:
        exact: the cells as they were counted.
        rules: what was asked of them.
        history: earlier releases that they link to.
        night: what may be published once it has been audited.
    """

    exact: Sequence[Cells]
    rules: Rules
    history: Sequence[Earlier]
    night: Night

    @property
    def marked(self) -> list[Cells]:
        """The exact cells with the rules' marks, as they are kept."""
        return [marked(cells, self.rules) for cells in self.exact]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever runs the night is to know of them."""
        said = tuple(one for cells in self.exact for one in cells.warnings)
        return said + tuple(
            f"{table}: withheld whole, no finer pattern was safe" for table in self.night.coarser
        )


def protected(
    settings: Settings, exact: Sequence[Cells], rules: Rules, revised: Period | None = None
) -> Protected:
    """Protect a period's cells together with every earlier release that they link to.

    Args:
        settings: where the store is.
        exact: the cells as they were counted.
        rules: what is asked of them.
        revised: the period, if a revision of it is being decided.

    Raises:
        Expired: the exact counts of an earlier release are gone.
        PrivacyRefusal: the counts do not fit the plan, or no pattern is safe.
    """
    history = carried(exact, rules.plan, open_archive(settings, revised=revised))
    night = protect_night(exact, rules.key, rules.period, rules.thresholds, rules.plan, history)
    return Protected(exact, rules, history, night)


def audited(settings: Settings, specs: Sequence[TableSpec], made: Protected) -> NightVerdict:
    """The auditor's verdict on the staged files, read back as a reader would.

    Raises:
        HeldBack: it found something; the staged files are gone.
    """
    try:
        staged = read_staged(settings, specs)
        of = {cells.label: cells for cells in made.exact}
        placed = [replace(one, period=of[one.label].period, days=of[one.label].days) for one in staged]
        verdict = audit_night(placed, made.exact, made.rules, made.history)
    except PrivacyRefusal:
        discard_staged(settings)
        raise
    if not verdict.findings:
        return verdict
    discard_staged(settings)
    tables = ", ".join(sorted({one.table for one in verdict.findings}))
    raise HeldBack(
        f"{made.rules.period}: the auditor found {len(verdict.findings)} numbers that could be told from "
        f"what would be published ({tables}). Nothing of the period is published. Report it.",
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


def table_counts(one: Release) -> TableCounts:
    """A release as the counts that are shown."""
    return TableCounts(
        one.table, one.period, one.cells, one.cells - one.suppressed, one.suppressed, one.verdict
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
