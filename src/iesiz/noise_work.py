"""Tables with noise in a night: which they are, what their counts are made of, and their draws.

Opened by ``pipeline`` alone (and ``microdata_work``, for what may stand beside noise). In: settings, the
tables of the plan, a period. Out: the tables that are published and how, cells with noise. It must not
publish.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from iesiz.aggregate import DayInput, PeriodInput
from iesiz.behaviour import EACH_ALONE
from iesiz.choices import (
    choice_of,
    counts_the_same,
    has_open_labels,
    linked_to,
    published_tables,
    refuse_unfit_choices,
)
from iesiz.datasets import Dataset, load_datasets
from iesiz.dp import Declaration, drawn_periods, noisy_cells, require_opendp
from iesiz.mechanisms import NONE
from iesiz.periods import Period
from iesiz.publish import published_paths, published_verdicts
from iesiz.settings import Settings
from iesiz.tables import Cells, TableSpec, load_tables
from iesiz.vocabulary import NOISE_CONFIRMED

Given = DayInput | PeriodInput | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tables of a period.

    Attributes:
        exact: those that are protected by suppression.
        noisy: those with noise.
        left_out: a sentence for each that is not published, since its numbers would stand beside noise.
    """

    exact: tuple[TableSpec, ...]
    noisy: tuple[TableSpec, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[TableSpec, ...]:
        """Those that are counted."""
        return (*self.exact, *self.noisy)

    def apart(self, counted: Iterable[Cells]) -> tuple[list[Cells], list[Cells]]:
        """Counted cells: those that suppression protects, and those that noise does."""
        cells, names = list(counted), {spec.name for spec in self.noisy}
        return [one for one in cells if one.spec.name not in names], [
            one for one in cells if one.spec.name in names
        ]


def check_mechanisms(settings: Settings) -> tuple[str, ...]:
    """Names of the tables with noise, once all that was chosen fits and OpenDP is there.

    Raises:
        SettingsError: a choice does not fit its table, or OpenDP is not installed.
        PrivacyRefusal: the noise would hide less than it says, or nothing.
    """
    if not settings.tables:
        load_tables()
        return ()
    noisy = refuse_unfit_choices(settings, load_tables(), load_datasets())
    if noisy:
        require_opendp()
    return noisy


def chosen_tables(settings: Settings, specs: Sequence[TableSpec], period: Period) -> Chosen:
    """How each table of a period is published.

    A table is left out where one that is linked to it was published by the other mechanism for days of the
    same period, before the settings were changed.

    Raises:
        SettingsError: a choice does not fit its table, or OpenDP is not installed.
        PrivacyRefusal: the noise would hide less than it says, or nothing.
    """
    names = check_mechanisms(settings)
    drawn = drawn_periods(settings)
    plan, exact = load_tables(), _exact_periods(settings, drawn) if names else {}
    found: dict[bool, list[TableSpec]] = {True: [], False: []}
    left_out = []
    for spec in published_tables(settings, [one for one in specs if one.grain is period.grain]):
        is_noisy = spec.name in names
        beside = _beside(spec, plan, period, exact if is_noisy else drawn)
        if beside:
            left_out.append(
                f"{spec.name}: left out, since {', '.join(beside)} "
                f"{'had no noise' if is_noisy else 'had noise'} on days of {period}"
            )
        else:
            found[is_noisy].append(spec)
    return Chosen(tuple(found[False]), tuple(found[True]), tuple(left_out))


def with_open_labels(given: Given, chosen: Chosen) -> Given:
    """What the aggregation reads, so that one visitor more or less changes nothing but its own counts.

    Tables with noise give every label, and each visitor is a robot by what it did alone: whether others asked
    for assets must not decide on it.
    """
    if not isinstance(given, DayInput) or not chosen.noisy:
        return given
    open_labels = frozenset(spec.name for spec in chosen.noisy if has_open_labels(spec))
    # One visitor must not decide what becomes of the others: neither of their robots nor of their routes.
    return replace(given, open_labels=open_labels, behaviour=EACH_ALONE, most_routes=sys.maxsize)


def drawn(settings: Settings, period: Period, counted: Sequence[Cells]) -> list[Cells]:
    """Cells with noise: drawn under the budget, or as they were drawn before.

    Raises:
        PrivacyRefusal: the budget does not suffice, or an earlier draw is lost.
        OutsideError: the storage failed.
    """
    return [
        noisy_cells(settings, one, period, Declaration.of(choice_of(settings, one.spec.name), one.spec))
        for one in counted
    ]


def may_be_released(settings: Settings, dataset: Dataset, period: Period) -> bool:
    """Whether microdata are wanted, and no table with noise is about the same people in the period."""
    specs = load_tables()
    return choice_of(settings, dataset.name).mechanism != NONE and not any(
        counts_the_same(dataset, table, specs) and any(_overlap(one, period) for one in periods)
        for table, periods in drawn_periods(settings).items()
    )


def undrawn(settings: Settings) -> tuple[str, ...]:
    """What is published with noise, and was never reserved and drawn, a sentence each.

    Raises:
        PrivacyRefusal: the chain of the budget's ledger is broken.
    """
    known = {(table, one.name) for table, periods in drawn_periods(settings).items() for one in periods}
    found = {key for key, verdict in published_verdicts(settings).items() if verdict == NOISE_CONFIRMED}
    return tuple(
        f"{table}, {period}: published with noise, and no draw is noted"
        for table, period in sorted(found - known)
    )


def _exact_periods(settings: Settings, drawn: Mapping[str, Iterable[Period]]) -> dict[str, frozenset[Period]]:
    """Periods of which each table was published without noise."""
    noisy = {(table, one.name) for table, periods in drawn.items() for one in periods}
    found: dict[str, set[Period]] = {}
    for table, name in set(published_paths(settings)) - noisy:
        if not table.startswith("microdata/"):
            found.setdefault(table, set()).add(Period.named(name))
    return {table: frozenset(periods) for table, periods in found.items()}


def _beside(
    spec: TableSpec, plan: Sequence[TableSpec], period: Period, others: Mapping[str, Iterable[Period]]
) -> tuple[str, ...]:
    """Linked tables that were published otherwise for some of the period's days."""
    linked = linked_to(spec.name, plan) if others else frozenset()
    return tuple(
        table
        for table, periods in sorted(others.items())
        if table in linked and any(_overlap(one, period) for one in periods)
    )


def _overlap(one: Period, two: Period) -> bool:
    return one.start < two.end and two.start < one.end
