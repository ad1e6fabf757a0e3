"""Whether the chosen mechanisms fit: each its table, and all of them each other.

Noise protects a number only if nothing tells it otherwise, so tables that are linked, directly or through
others, have one mechanism: beside noise the others have noise too, or are not published. In: settings and the
tables of the plan. Out: which tables are published how, or a refusal. It must not see a count.
"""

from __future__ import annotations

from collections.abc import Sequence

from iesiz.contributions import UNITS, sites_counted
from iesiz.datasets import Dataset
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.mechanisms import CELLS, DP, NONE, SUPPRESSION, TableChoice
from iesiz.settings import Settings
from iesiz.table_parts import ADMITTED
from iesiz.tables import TableSpec

DEFAULT = TableChoice()


def choice_of(settings: Settings, name: str) -> TableChoice:
    """How a table (or microdata) is protected; suppression where nothing was chosen."""
    return settings.tables.get(name, DEFAULT)


def linked_to(name: str, specs: Sequence[TableSpec]) -> frozenset[str]:
    """Names of the tables that hang together with a table, itself among them.

    They are of one source, so that they count the same people, or hang together through any chain of links.
    """
    found, sources = set[str](), {spec.source for spec in specs if spec.name == name}
    waiting = [name, *(spec.name for spec in specs if spec.source in sources)]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [link.table for spec in specs if spec.name == one for link in spec.links]
            waiting += [spec.name for spec in specs if any(link.table == one for link in spec.links)]
    return frozenset(found)


def counts_the_same(dataset: Dataset, name: str, specs: Sequence[TableSpec]) -> bool:
    """Whether microdata are about the contributors of a table."""
    return any(spec.name == name and spec.source == dataset.source for spec in specs)


def refuse_unfit_choices(
    settings: Settings, specs: Sequence[TableSpec], datasets: Sequence[Dataset]
) -> tuple[str, ...]:
    """Names of the tables with noise, once all that was chosen fits.

    Raises:
        SettingsError: a choice names no table, or does not fit what the table says of itself.
        PrivacyRefusal: a bound is smaller than what the table lets one unit add, or something that is linked
            to a table with noise would be published exactly.
    """
    by_name, others = {spec.name: spec for spec in specs}, {one.name for one in datasets}
    for name, choice in settings.tables.items():
        if name not in by_name and name not in others:
            raise SettingsError(f"tables.{name}: no table or microdata are called so.")
        if choice.mechanism == DP:
            _refuse_unfit(settings, name, by_name.get(name), choice)
    noisy = tuple(sorted(name for name, one in settings.tables.items() if one.mechanism == DP))
    for name in noisy:
        _refuse_exact_beside(settings, name, specs, datasets)
    return noisy


def _refuse_unfit(settings: Settings, name: str, spec: TableSpec | None, choice: TableChoice) -> None:
    place = f"tables.{name}"
    if spec is None or spec.contribution is None:
        raise SettingsError(
            f"{place}: cannot be published with noise, since nothing bounds what one visitor or person adds "
            "to it: its table.toml has no [dp]."
        )
    if choice.unit != UNITS[spec.contributor]:
        raise SettingsError(f"{place}: unit is '{UNITS[spec.contributor]}', whom the table's bounds are of.")
    if not set(choice.columns) <= set(spec.contribution.columns) or spec.contributors not in choice.columns:
        raise SettingsError(
            f"{place}: bounds name cells, {spec.contributors}, and of the others at most "
            f"{', '.join(sorted(set(spec.contribution.columns) - {spec.contributors})) or 'none'}."
        )
    if has_open_labels(spec) and choice.delta is None:
        raise SettingsError(f"{place}: delta is needed, since labels are chosen by noise.")
    sites = max(1, len(sites_counted(settings, spec.source)))
    needed = {name: spec.contribution.most(name) for name in choice.columns}
    for bound, least in {CELLS: spec.contribution.most_cells(sites), **needed}.items():
        if choice.bounds[bound] < least:
            raise PrivacyRefusal(
                f"{place}: bounds.{bound} is {choice.bounds[bound]}, but one {choice.unit} adds up to "
                f"{least}, so that the noise would hide less than it says. Set it to {least} or more."
            )


def has_open_labels(spec: TableSpec) -> bool:
    """Whether labels of the table come from the data, so that noise has to choose them."""
    return any(column.values == ADMITTED for column in spec.columns)


def _refuse_exact_beside(
    settings: Settings, name: str, specs: Sequence[TableSpec], datasets: Sequence[Dataset]
) -> None:
    linked = linked_to(name, specs)
    beside = [one for one in sorted(linked) if choice_of(settings, one).mechanism == SUPPRESSION]
    beside += [
        one.name
        for one in datasets
        if choice_of(settings, one.name).mechanism != NONE
        and any(counts_the_same(one, table, specs) for table in linked)
    ]
    if beside:
        raise PrivacyRefusal(
            f"tables.{name}: its noise would hide nothing beside exact numbers of {', '.join(beside)}, which "
            "are linked to it. Give each of them mechanism = 'dp' or 'none'."
        )


def published_tables(settings: Settings, specs: Sequence[TableSpec]) -> tuple[TableSpec, ...]:
    """The tables that are published in any way."""
    return tuple(spec for spec in specs if choice_of(settings, spec.name).mechanism != NONE)
