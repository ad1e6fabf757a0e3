"""The release plan: every table of a night and how their numbers hang together.

What is not in it can't be published. In: table specifications. Out: a frozen `Plan`, or a refusal with the
reason. Must not see a count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from iesiz.bounds import BOUNDS
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link
from iesiz.periods import Grain
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import ADMITTED, SITES, Column
from iesiz.tables import TableSpec
from iesiz.vocabulary import Role

MOST_CELLS = 100_000  # cells of a night, estimated
MOST_ENTRIES = 2_000_000  # coefficients of the linear system, estimated
LENGTHS = tuple(Grain)  # from the shortest to the longest
LABELS = 200  # labels that an admitted dimension is taken to have on a site, for the estimates


@dataclass(frozen=True)
class StepRoute:
    """One step of a site's way to registration and the page that it is."""

    site: str
    step: str
    route: str


@dataclass(frozen=True)
class Plan:
    """The tables that are published together, by name.

    Attributes:
        tables: their specifications, each with its links to others.
        sites: how many sites are expected, for the estimates.
        steps: the routes of the steps that sites declare, in the order of the way.
    """

    tables: tuple[TableSpec, ...]
    sites: int = 1
    steps: tuple[StepRoute, ...] = ()

    def __post_init__(self) -> None:
        """Check that it is consistent and not too large.

        Raises:
            PrivacyRefusal: a link names what does not exist or does not fit, or the system is too large.
        """
        if len({spec.name for spec in self.tables}) != len(self.tables):
            raise PrivacyRefusal("The release plan has a table twice.")
        for spec in self.tables:
            for link in spec.links:
                _refuse_unfit(self, spec, link)
        cells = sum(self.cells(spec) for spec in self.tables)
        entries = sum(3 * self.cells(spec) * (1 + len(spec.links)) for spec in self.tables)
        if cells > MOST_CELLS or entries > MOST_ENTRIES:
            widest = max(self.tables, key=self.cells).name
            raise PrivacyRefusal(
                f"The release plan has about {cells} cells and {entries} coefficients; at most {MOST_CELLS} "
                f"and {MOST_ENTRIES} can be audited. Table {widest} is the largest: drop a dimension of it."
            )

    def spec(self, name: str) -> TableSpec | None:
        """The table of that name (a period may stand behind it, as in ``Cells.label``), or None."""
        return self._named.get(name.partition(" ")[0])

    @cached_property
    def _named(self) -> Mapping[str, TableSpec]:
        return {spec.name: spec for spec in self.tables}

    def cells(self, spec: TableSpec) -> int:
        """Estimated cells of a table on all sites."""
        sizes = {SITES: self.sites, ADMITTED: LABELS}
        columns = spec.of_role(Role.DIMENSION)
        return math.prod(sizes[c.values] if isinstance(c.values, str) else len(c.values) for c in columns)

    def links(self) -> Iterator[tuple[TableSpec, Link, TableSpec]]:
        """Every link with its two tables, in the order of names."""
        for spec in self.tables:
            for link in spec.links:
                other = self.spec(link.table)
                if other is not None:
                    yield spec, link, other

    def original(self, spec: TableSpec) -> TableSpec | None:
        """The table whose very cells and numbers a table shows once more, or None if they are its own."""
        link = next((one for one in spec.links if one.is_identity), None)
        return self.spec(link.table) if link else None

    def worth(self, spec: TableSpec) -> int:
        """What a cell of the table is worth to readers: more, the more tables are parts of it."""
        return 1 + sum(other.name == spec.name for _, _, other in self.links())


def plan_of(specs: Sequence[TableSpec], sites: int = 1, steps: Sequence[StepRoute] = ()) -> Plan:
    """Derive the plan from the tables.

    Args:
        specs: every table that is published, in any order.
        sites: how many sites there are.
        steps: what the sites declare of their way to registration, each site's in order.

    Raises:
        PrivacyRefusal: it is inconsistent or too large.
    """
    return Plan(tuple(sorted(specs, key=lambda spec: spec.name)), sites, tuple(steps))


def least(spec: TableSpec, thresholds: Thresholds) -> int:
    """k of a table: the stricter one where it is marked sensitive."""
    return thresholds.k_sensitive if spec.sensitive else thresholds.k


def magnitudes(spec: TableSpec) -> tuple[str, ...]:
    """Measures that have their two largest contributions beside them, and so come under the p % rule."""
    rules = {column.name for column in spec.of_role(Role.RULE)}
    return tuple(
        c.name for c in spec.of_role(Role.MEASURE) if {f"{c.name}_first", f"{c.name}_second"} <= rules
    )


def linf(column: Column) -> int:
    """The most events that one contributor adds to a cell of the relation that is counted; 0 if unknown."""
    return int(getattr(BOUNDS, column.linf)) if column.linf else 0


def width_needed(spec: TableSpec, measure: str, thresholds: Thresholds) -> int:
    """How wide an attacker's interval must stay: k people, or max(k, Linf) events; 0 for magnitudes.

    A magnitude's need follows from its contributions, which only the judge knows.
    """
    column = next(column for column in spec.columns if column.name == measure)
    return 0 if measure in magnitudes(spec) else max(least(spec, thresholds), linf(column))


def _refuse_unfit(plan: Plan, spec: TableSpec, link: Link) -> None:
    where, other = f"Table {spec.name}, link to {link.table}:", plan.spec(link.table)
    if other is None:
        raise PrivacyRefusal(f"{where} there is no such table in the release plan.")
    if spec.contributor != other.contributor or (spec.grain == other.grain) == link.over_time:
        raise PrivacyRefusal(f"{where} the two do not count the same contributors over the same period.")
    _refuse_unfit_kind(where, spec, link, other)
    _refuse_columns(where, spec, link, other)
    ours, theirs = _left(spec, (*link.over, *link.each)), _left(other, link.over_there)
    if not {*link.over, *link.each} <= set(spec.dimensions) or not set(link.over_there) <= set(
        other.dimensions
    ):
        raise PrivacyRefusal(f"{where} it sums over something that is not a dimension.")
    if set(ours) != set(theirs):
        raise PrivacyRefusal(
            f"{where} once summed, the dimensions differ: {sorted(set(ours) ^ set(theirs))}."
        )
    for name, column in ours.items():
        values = theirs[name].values
        if isinstance(column.values, str) or isinstance(values, str):
            same_labels = ADMITTED if spec.labels_of == other.name else SITES
            fits = column.values == values and values in (SITES, same_labels)
        else:
            fits = set(column.values) <= set(values)
        if not fits:
            raise PrivacyRefusal(f"{where} the values of the dimension {name} do not match.")


def _refuse_unfit_kind(where: str, spec: TableSpec, link: Link, other: TableSpec) -> None:
    """Refuse what a link over time, by route or to the same cells cannot be."""
    if link.over_time:
        _refuse_unfit_time(where, spec, link, other)
    if link.by_route and (
        link.over != (spec.nested,) or [_values(other, d) for d in link.over_there] != [ADMITTED]
    ):
        raise PrivacyRefusal(f"{where} by_route leads from a nested dimension to one of admitted labels.")
    if link.times and (link.over_time or len(link.over) != 1 or not days_of(spec, link)):
        raise PrivacyRefusal(f"{where} times sums a dimension out that says how many days each was seen.")
    if link.is_identity and (spec.dimensions != other.dimensions or set(link.sums) != set(spec.counted)):
        raise PrivacyRefusal(f"{where} without over, it shows the same cells and links each of its numbers.")


def days_of(spec: TableSpec, link: Link) -> Mapping[str | int, tuple[int, int]]:
    """On how many days, at least and at most, those of each value that a link sums over were seen."""
    column = next((one for one in spec.columns if one.name == link.over[0]), None)
    if column is None or not column.least or isinstance(column.values, str):
        return {}
    return dict(zip(column.values, zip(column.least, column.most, strict=True), strict=True))


def _refuse_unfit_time(where: str, spec: TableSpec, link: Link, other: TableSpec) -> None:
    down = other.grain is Grain.DAY and not link.within
    up = LENGTHS.index(spec.grain) < LENGTHS.index(other.grain) and not (link.sums or link.unions)
    if not (down or up) or link.by_route or (link.over and not link.sums):
        raise PrivacyRefusal(
            f"{where} over time a table sums or unites days, or is within a longer period, and no more."
        )


def _refuse_columns(where: str, spec: TableSpec, link: Link, other: TableSpec) -> None:
    linked = (*link.sums.items(), *link.unions.items(), *link.within.items(), *link.times.items())
    for own, there in linked:
        if own not in spec.counted or there not in other.counted:
            raise PrivacyRefusal(f"{where} {own} or {there} is no counted column of its table.")
    for own, there in (*link.unions.items(), *link.within.items()):
        if (own, there) != (spec.contributors, other.contributors):
            raise PrivacyRefusal(f"{where} unions and within are for distinct contributors; {own} is none.")


def _left(spec: TableSpec, over: tuple[str, ...]) -> Mapping[str, Column]:
    return {column.name: column for column in spec.of_role(Role.DIMENSION) if column.name not in over}


def _values(spec: TableSpec, dimension: str) -> tuple[str | int, ...] | str:
    return next(column.values for column in spec.columns if column.name == dimension)
