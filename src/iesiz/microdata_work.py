"""What releasing microdata is made of: cohorts that can be closed, their scheme, the audit of what is staged.

Opened by ``pipeline`` alone. In: settings and a closed quarter or month. Out: one release, or the note that
nothing of it could be released. A cohort is closed once, whatever came of it: to try until a night's data
pass would be to choose by the people in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.compute as pc

from iesiz.calendar import is_due, now
from iesiz.counts import PeriodCounts, TableCounts
from iesiz.datasets import Dataset, load_datasets
from iesiz.disclosure import LEAST_NETWORKS
from iesiz.due import due_periods, must_wait
from iesiz.errors import PrivacyRefusal
from iesiz.material import registrations_for
from iesiz.microdata.classes import Vector
from iesiz.microdata.guard import TablesGuard
from iesiz.microdata.networks import NetworksGuard
from iesiz.microdata.records import Records as Table
from iesiz.microdata.release import released
from iesiz.microdata.search import Guard
from iesiz.microdata.study import Outcome, Study, generalise, study_of
from iesiz.microdata_cuts import ANSWERS, opponent_of
from iesiz.microdata_rules import Rules, refuse_unsafe, rules_of
from iesiz.noise_work import may_be_released
from iesiz.periods import Period
from iesiz.policy import EditionInForce, edition_on
from iesiz.publish import (
    closed_microdata,
    commit_records,
    published_days,
    stage_records,
)
from iesiz.restricted import (
    CAME,
    NETWORKS,
    Records,
    forget_visits,
    note_cohort,
    notes_hold,
    read_cohort,
    read_visits,
)
from iesiz.rule_settings import MicrodataRules
from iesiz.settings import Settings
from iesiz.vocabulary import Arrivals

WITHHELD, RELEASED = "withheld", "published"
LOSS = "entropy"


def due_microdata(
    settings: Settings, last: dt.date, moment: dt.datetime
) -> tuple[tuple[Dataset, Period], ...]:
    """Cohorts that can be closed, and were not: all their days and tables have closed before."""
    days, closed = published_days(settings), closed_microdata(settings)
    open_days, waiting = Records(settings).open_days(days), due_periods(settings, last, moment)
    found = []
    for dataset in load_datasets():
        for period in sorted({Period.of(dataset.grain, day) for day in days}, key=lambda one: one.start):
            holds_open = any(day in period for day in open_days)
            has_tables_to_come = any(one.start in period and one.last in period for one in waiting)
            is_over = period.last <= last and is_due(settings, period, moment)
            if (dataset.label, period.name) in closed or not is_over or holds_open or has_tables_to_come:
                continue
            if not may_be_released(settings, dataset, period):
                continue
            if dataset.source == "access_log" or registrations_for(settings, Records(settings), period.last):
                found.append((dataset, period))
    return tuple(found)


def microdata_to_close(
    settings: Settings, arrivals: Arrivals, named: Sequence[dt.date] = (), outcomes: Sequence[object] = ()
) -> tuple[Period, ...]:
    """Months and quarters whose microdata are due, once their days and tables have closed."""
    if must_wait(outcomes, now()):
        return ()
    due = due_microdata(settings, max(named, default=arrivals.last), now())
    return tuple(period for _, period in due)


def close_microdata(settings: Settings, period: Period) -> PeriodCounts:
    """Generalise, audit and release the microdata of a month or quarter, once.

    Raises:
        PrivacyRefusal: no edition is in force on the last day, or the audit found something; nothing is
            released.
    """
    edition = edition_on(settings, period.last)
    due = due_microdata(settings, period.last, now())
    dataset = next((one for one, when in due if when == period), None)
    if dataset is None:
        return PeriodCounts(period, "open")
    return _close(settings, dataset, period, edition)


def _close(settings: Settings, dataset: Dataset, period: Period, edition: EditionInForce) -> PeriodCounts:
    """Release the microdata of a closed quarter or month, or note that none can be.

    Raises:
        PrivacyRefusal: what was staged is not what the rules ask for; nothing is released.
        OutsideError: the storage failed.
    """
    days = sorted(day for day in published_days(settings) if day in period)
    records = _cohort(settings, dataset, period, days) if edition.permits(dataset.purpose) else None
    rules = rules_of(dataset, settings.microdata, records)
    outcome = None if records is None else _generalised(settings, dataset, period, records, rules)
    facts = {**_facts(settings.microdata, dataset, rules), "closed": now().date().isoformat()}
    if dataset.source != "access_log":
        note_cohort(settings, period)
    if records is None or outcome is None:
        commit_records(settings, dataset.label, period, (), {"verdict": WITHHELD, **facts})
        said = f"{dataset.label}: nothing could be released that the rules allow"
        counts = PeriodCounts(period, WITHHELD, warnings=(said,))
    else:
        counts = _released(settings, dataset, period, Made(records, outcome, rules, edition.name, facts))
    forget_visits(settings, days if dataset.source == "access_log" else ())
    return counts


@dataclass(frozen=True, slots=True)
class Made:
    """A cohort and the scheme that was found for it."""

    study: Study
    outcome: Outcome
    rules: Rules
    edition: str
    facts: Mapping[str, object]


def _cohort(settings: Settings, dataset: Dataset, period: Period, days: Sequence[dt.date]) -> Study | None:
    if dataset.source == "access_log":
        table, sensitive = read_visits(settings, days), CAME
    else:
        fields = [one.field for one in dataset.columns]
        # Where notes are under a key that is gone nobody can tell who was released before: nobody is again.
        table = read_cohort(settings, period, fields) if notes_hold(settings) else None
        sensitive = ANSWERS
        if table is not None:
            table = table.rename_columns([*(one.name for one in dataset.columns), CAME])
            joined = pc.binary_join_element_wise(*(table[name] for name in dataset.sensitive), "|")
            table = table.append_column(ANSWERS, joined)
    if table is None:
        return None
    place = Path(f"{dataset.label} {period}")
    sites = [site.name for site in settings.sites]
    return study_of(Table(place, ",", table), dataset.hierarchies(sites), sensitive)


def _generalised(
    settings: Settings, dataset: Dataset, period: Period, study: Study, rules: Rules
) -> Outcome | None:
    """The scheme of the first release where it still does, else the best that is coarser; None if none is."""
    limit = rules.requirement.limit(study.data.records)
    try:
        other = opponent_of(settings, dataset, period, study.records.table)
        tables = TablesGuard(study.data, rules.sensitive or "", other.cuts, rules.k, limit, other.attack)
        guard = _networks_guard(dataset, study, tables)
        found = generalise(study, rules.requirement, LOSS, guard, _frozen(settings, dataset))
    except PrivacyRefusal:
        return None
    return found if found.risks.records else None


def _networks_guard(dataset: Dataset, study: Study, then: Guard) -> Guard:
    """Visits need as many networks as the cells of tables do; nobody asks where people registered from."""
    if dataset.source != "access_log":
        return then
    counted = study.records.table[NETWORKS].to_numpy()
    return NetworksGuard(study.data, counted, LEAST_NETWORKS, then)


def _frozen(settings: Settings, dataset: Dataset) -> Vector | None:
    """The scheme of the first release of this version of the microdata; None before it."""
    for (label, _), facts in closed_microdata(settings).items():
        if label == dataset.label and facts["schema_version"] == dataset.schema_version and "scheme" in facts:
            return tuple(facts["scheme"][one.name] for one in dataset.quasi)
    return None


def _released(settings: Settings, dataset: Dataset, period: Period, made: Made) -> PeriodCounts:
    study, outcome = made.study, made.outcome
    records = released(study.records, study.data, outcome.optimum, dataset.sensitive)
    release = stage_records(settings, dataset, period, records, made.edition, outcome.suppressed, ())
    refuse_unsafe(settings, dataset, made.rules, study)
    facts = {"verdict": RELEASED, **made.facts, **_measured(dataset, outcome)}
    commit_records(settings, dataset.label, period, [release], facts)
    kept = outcome.risks.records
    shown = TableCounts(
        dataset.label, period.name, study.data.records, kept, outcome.suppressed, release.verdict
    )
    return PeriodCounts(period, RELEASED, (shown,))


def _facts(asked: MicrodataRules, dataset: Dataset, rules: Rules) -> dict[str, object]:
    review = None if asked.review is None else f"{asked.review.name}, {asked.review.date.isoformat()}"
    return {
        "schema_version": dataset.schema_version,
        "models": [repr(one) for one in rules.requirement.models],
        "suppression": rules.requirement.suppression,
        "review": review,
    }


def _measured(dataset: Dataset, outcome: Outcome) -> dict[str, object]:
    """What the restricted ledger keeps of a release: scheme, risks, k of the smallest margins."""
    names = [one.name for one in dataset.quasi]
    margins = {"*".join(one.columns): one.k for one in outcome.margins}
    told = None if outcome.attributes is None or not dataset.sensitive else asdict(outcome.attributes)
    return {
        "scheme": dict(zip(names, outcome.optimum.levels, strict=True)),
        "risks": asdict(outcome.risks),
        "attributes": told,
        "margins": margins,
    }
