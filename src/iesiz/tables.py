"""Published tables as data: ``statistics/<table>/`` read into frozen types, or refused.

In: ``table.toml``, ``query.sql``, ``checks.sql`` and, where labels come from the data, ``labels.sql``.
Out: ``TableSpec``. A table without a purpose, a contributor or a known role refuses to load.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pyarrow as pa

from iesiz.bounds import Bounds
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link, read_links
from iesiz.periods import Grain, Period
from iesiz.vocabulary import Purpose, Role

TYPES = {"string": "string", "int": "int64", "float": "double"}
TABLE_NAME = re.compile(r"(hourly|daily|weekly|monthly|quarterly)_[a-z]+(_[a-z]+)*_(by|to)_[a-z_]+")
CALLED = {
    "hourly": Grain.DAY,
    "daily": Grain.DAY,
    "weekly": Grain.WEEK,
    "monthly": Grain.MONTH,
    "quarterly": Grain.QUARTER,
}
SITES, ADMITTED = "sites", "admitted"
LINFS = {one.name for one in fields(Bounds) if one.name.endswith("_hits")}
MEMBERS = "members"
"""The people who have registered, as they stand: the source of stocks."""

SOURCES = frozenset({"access_log", "registration", MEMBERS})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a published table.

    Attributes:
        values: for a dimension its domain: a tuple of labels, ``sites`` or ``admitted``.
        linf: for a count of events, the bound (a name in ``Bounds``) of what one visitor adds to a cell of
            the relation that is counted.
        populated: for a count of events, whether every contributor of a cell has at least one.
        bounded: whether that bound holds in every cell of the table too, ``other`` left out.
    """

    name: str
    type: str
    role: Role
    meaning: str
    unit: str
    values: tuple[str | int, ...] | str = ()
    linf: str = ""
    populated: bool = False
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A query that returns offending rows; ``stop`` holds the release, ``warn`` is said."""

    action: str
    query: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of the release plan.

    Attributes:
        contributor: who is counted: ``visitor`` or ``person``.
        sensitive: whether the stricter threshold holds.
        links: how its numbers hang together with other tables'.
        nested: the dimension whose cells are nested sets of contributors in the order of its values, or "".
    """

    name: str
    title: str
    grain: Grain
    purpose: Purpose
    source: str
    row: str
    contributor: str
    sensitive: bool
    schema_version: int
    columns: tuple[Column, ...]
    query: str
    labels: str
    checks: tuple[Check, ...]
    links: tuple[Link, ...] = ()
    nested: str = ""

    def of_role(self, role: Role) -> tuple[Column, ...]:
        """Columns of a role, in order."""
        return tuple(column for column in self.columns if column.role == role)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions, in order."""
        return tuple(column.name for column in self.of_role(Role.DIMENSION))

    @property
    def contributors(self) -> str:
        """Name of the column that counts distinct contributors."""
        return self.of_role(Role.CONTRIBUTOR)[0].name

    @property
    def published(self) -> tuple[Column, ...]:
        """Columns that readers see, in order."""
        return tuple(one for one in self.columns if one.role != Role.RULE)

    @property
    def counted(self) -> tuple[str, ...]:
        """Names of the columns that are withheld together: contributors and measures, in order."""
        return tuple(one.name for one in self.columns if one.role in (Role.CONTRIBUTOR, Role.MEASURE))


class Standing(StrEnum):
    """What is known of a table's cells when a release is decided.

    NEW: they are being decided. KEPT: published earlier. EDGE: published earlier, and some of the days that
    they are made of are not looked at.
    """

    NEW = "new"
    KEPT = "kept"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one table for one period, one row a cell, complete over its dimensions.

    Attributes:
        table: dimensions and counted columns; exact counts before disclosure control, and after it
            nulls and a ``status`` for the cells that are withheld.
        warnings: what the table's checks had to say.
        common: (site, label) that enough contributors shared, for later days to admit.
        lost_to_bounds: what contribution bounds left out of requests and pageviews, in whole per cent.
        period: the period they are about.
        days: of a longer period, the published days that it is made of.
        standing: whether they are being decided, or are of an earlier release.
    """

    spec: TableSpec
    table: pa.Table
    warnings: tuple[str, ...] = ()
    lost_to_bounds: Mapping[str, int] = field(default_factory=dict)
    common: frozenset[tuple[str, str]] = frozenset()
    period: Period | None = None
    days: frozenset[dt.date] = frozenset()
    standing: Standing = Standing.NEW

    @property
    def label(self) -> str:
        """The table's name, with the period where it is of an earlier release."""
        return self.spec.name if self.standing is Standing.NEW else f"{self.spec.name} {self.period}"


def load_tables() -> tuple[TableSpec, ...]:
    """Load every table of the package, by name.

    Raises:
        PrivacyRefusal: one of them is not fit to be published.
    """
    return tuple(load_table(folder) for folder in sorted(_folders(), key=lambda one: one.name))


def _folders() -> list[Traversable]:
    return [
        one for one in resources.files("iesiz.statistics").iterdir() if one.joinpath("table.toml").is_file()
    ]


def load_table(folder: Traversable) -> TableSpec:
    """Load one table's folder.

    Raises:
        PrivacyRefusal: it names no purpose, no contributor or something unknown.
    """
    name = folder.name
    text = tomllib.loads(folder.joinpath("table.toml").read_text("utf-8"))
    wanted = {
        "title",
        "grain",
        "purpose",
        "source",
        "row",
        "contributor",
        "sensitive",
        "schema_version",
        "columns",
    }
    optional = {"links", "nested"}
    if set(text) - optional != wanted:
        raise PrivacyRefusal(
            f"Table {name}: table.toml has exactly {sorted(wanted)} (and may have {sorted(optional)}); "
            f"differs in {sorted((set(text) - optional) ^ wanted)}."
        )
    called = TABLE_NAME.fullmatch(name)
    if not called or CALLED[called[1]] != text["grain"]:
        raise PrivacyRefusal(f"Table {name}: a table is called <grain>_<subject>_by_<dimensions>.")
    columns = tuple(_column(name, entry) for entry in text.pop("columns"))
    labels = folder.joinpath("labels.sql")
    spec = TableSpec(
        name=name,
        grain=_known(name, "grain", Grain, text.pop("grain")),
        purpose=_known(name, "purpose", Purpose, text.pop("purpose")),
        columns=columns,
        query=_text(folder, "query.sql"),
        labels=labels.read_text("utf-8") if labels.is_file() else "",
        checks=_checks(name, _text(folder, "checks.sql")),
        links=read_links(name, text.pop("links", [])),
        **text,
    )
    _refuse_unfit(spec)
    return spec


def _text(folder: Traversable, name: str) -> str:
    file = folder.joinpath(name)
    if not file.is_file():
        raise PrivacyRefusal(f"Table {folder.name}: it has no {name}.")
    return file.read_text("utf-8")


def _refuse_unfit(spec: TableSpec) -> None:
    if {type(spec.sensitive), type(spec.schema_version)} != {bool, int}:
        raise PrivacyRefusal(f"Table {spec.name}: sensitive is true or false, schema_version a whole number.")
    if spec.source not in SOURCES or spec.contributor not in ("visitor", "person"):
        raise PrivacyRefusal(f"Table {spec.name}: its source or contributor is not known.")
    if len(spec.of_role(Role.CONTRIBUTOR)) != 1:
        raise PrivacyRefusal(f"Table {spec.name}: it needs exactly one column of the role contributor.")
    if not spec.dimensions:
        raise PrivacyRefusal(f"Table {spec.name}: it has no dimension.")
    if spec.nested and not any(c.name == spec.nested and not isinstance(c.values, str) for c in spec.columns):
        raise PrivacyRefusal(f"Table {spec.name}: nested names a dimension with a list of values.")
    admitted = [column for column in spec.columns if column.values == ADMITTED]
    if len(admitted) > 1 or bool(admitted) != bool(spec.labels):
        raise PrivacyRefusal(
            f"Table {spec.name}: labels.sql and one dimension with values 'admitted' go together."
        )
    if admitted and spec.grain is not Grain.DAY:
        raise PrivacyRefusal(f"Table {spec.name}: labels are admitted by day; a longer period has none.")


def _column(table: str, entry: Mapping[str, Any]) -> Column:
    entry = dict(entry)
    try:
        role = _known(table, "role", Role, entry.pop("role"))
        values = entry.pop("values", ())
        column = Column(role=role, values=values if isinstance(values, str) else tuple(values), **entry)
    except (TypeError, KeyError):
        raise PrivacyRefusal(
            f"Table {table}: a column has name, type, role, meaning, unit and no more."
        ) from None
    if column.type not in TYPES or not column.meaning or not column.unit:
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: type, meaning or unit is missing or not known."
        )
    _refuse_unfit_bounds(table, column)
    if (role == Role.DIMENSION) != bool(column.values):
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: a dimension, and no other column, has values."
        )
    if isinstance(column.values, str) and column.values not in (SITES, ADMITTED):
        raise PrivacyRefusal(f"Table {table}, column {column.name}: values is a list, 'sites' or 'admitted'.")
    return column


def _refuse_unfit_bounds(table: str, column: Column) -> None:
    if {type(column.populated), type(column.bounded)} != {bool} or (column.linf and column.linf not in LINFS):
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: populated and bounded are true or false, linf one of "
            f"{sorted(LINFS)}."
        )
    if (column.linf and column.role != Role.MEASURE) or (column.populated and not column.linf):
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: only a measure has linf, and populated needs it."
        )
    if column.bounded and not column.populated:
        raise PrivacyRefusal(f"Table {table}, column {column.name}: bounded needs populated.")


def _known(table: str, what: str, kind: type[Any], value: object) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(one) for one in kind)
        raise PrivacyRefusal(f"Table {table}: its {what} is none of {known}.") from None


def _checks(table: str, text: str) -> tuple[Check, ...]:
    parts = re.split(r"^-- (stop|warn)\b.*$", text, flags=re.M)
    if parts[0].strip() or len(parts) < 3 or not all(query.strip() for query in parts[2::2]):
        raise PrivacyRefusal(
            f"Table {table}: checks.sql is a list of queries, each behind '-- stop' or '-- warn'."
        )
    return tuple(Check(action, query.strip()) for action, query in zip(parts[1::2], parts[2::2], strict=True))
