"""A published day revised: late lines taken in, decided together with what is published, put in its place.

Opened by ``pipeline`` alone. In: settings, a day, the reason. Out: what was published, an entry of the
restricted ledger. It must not publish anything by which the new numbers minus the old tell of a few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from iesiz.aggregate import Left, aggregate_day, changes_of
from iesiz.closing import audited, plan_of_night, protected, summary_of, table_counts, tables_of
from iesiz.counts import PeriodCounts
from iesiz.disclosure import Rules
from iesiz.periods import Grain
from iesiz.policy import EditionInForce
from iesiz.publish import commit_period, published_periods, stage_period
from iesiz.restricted import Records, read_exact, write_exact
from iesiz.revision_input import Revision, revision_of
from iesiz.revision_rules import (
    refuse_other_days,
    refuse_small_differences,
    refuse_withheld,
    with_differences,
)
from iesiz.seen_work import renew_visitors
from iesiz.settings import Settings
from iesiz.tables import Cells


def revise_day(
    settings: Settings,
    day: dt.date,
    because: str,
    site: str | None,
    edition: EditionInForce,
    moment: dt.datetime,
) -> PeriodCounts:
    """Take a published day's late lines in, if new minus old tells of nobody.

    Raises:
        SettingsError: no reason, a day that is not published, or no late lines.
        PrivacyRefusal: a rule refuses, or the auditor found something; what is published stays as it is.
    """
    revision = revision_of(settings, day, because, site, edition)
    period, specs = revision.period, tables_of(edition)
    left: list[Left] = []
    exact = _exact(settings, revision, left.append)
    rules = Rules(
        revision.after.threshold_key, period.name, settings.thresholds, plan_of_night(settings, specs)
    )
    refuse_small_differences(revision.shown, exact, rules.plan, settings.thresholds)
    made = protected(settings, exact, rules, revised=period)
    refuse_withheld(revision.shown, made.night.cells)
    staged = stage_period(
        settings, period, made.night.cells, edition.name, revision.inputs, revision=revision.number
    )
    verdict = audited(settings, specs, made)
    write_exact(settings, period, made.marked, revision.number)
    parts = revision.before.parts, revision.after.parts
    renew_visitors(settings, day, revision.number, *parts, left[-1].visitors)
    facts = _facts(settings, revision, moment)
    releases = commit_period(settings, period, staged, {**facts, "audit": summary_of(made.night, verdict)})
    return PeriodCounts(period, "revised", tuple(map(table_counts, releases)), tuple(facts["missing"]))


def _exact(settings: Settings, revision: Revision, keep: Callable[[Left], None]) -> tuple[Cells, ...]:
    """Exact cells with late lines, each with the people that it differs by.

    Args:
        settings: where the store is.
        revision: what is to be revised.
        keep: given what the day leaves for longer periods.

    Raises:
        PrivacyRefusal: the day can't be made again as it was, or loses something that was counted.
    """
    specs, threads = revision.specs, settings.reading.threads
    plan = plan_of_night(settings, specs)
    exact = aggregate_day(revision.after, specs, settings.thresholds, threads, keep)
    own = [spec for spec in specs if plan.original(spec) is None]
    changes = changes_of(revision.before, revision.after, own, threads)
    held = read_exact(settings, specs, revision.period, revision.number - 1)
    refuse_other_days(held, exact, changes)
    return with_differences(exact, held, changes, settings.thresholds)


def _facts(settings: Settings, revision: Revision, moment: dt.datetime) -> dict[str, Any]:
    """What the restricted ledger notes; the keeping times go on from the first publication."""
    period, records = revision.period, Records(settings)
    earlier = published_periods(settings, Grain.DAY)[period]
    sites = sorted(revision.after.parts)
    name = str(period)
    lines = sum(one.late.get(name, 0) for one in records.files() if one.site in revision.sites)
    return {
        **{key: value for key, value in earlier.items() if key != Grain.DAY.value},
        "sites": sites,
        "missing": [one for one in earlier["missing"] if one not in sites],
        "revision": revision.number,
        "revised_at": moment.isoformat(),
        "revised_sites": list(revision.sites),
        "because": revision.because,
        "lines": lines,
    }
