"""Published tables as data: ``statistics/<table>/`` read into frozen types, or refused.

In: ``table.toml``, ``query.sql``, ``checks.sql`` and, where labels come from the data, ``labels.sql``.
Out: ``TableSpec``. A table without a purpose, a contributor or a known role refuses to load.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pyarrow as pa

from iesiz.contributions import Contribution, read_contribution
from iesiz.derived_columns import refuse_unfit_derived
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link, read_links
from iesiz.periods import Grain, Period
from iesiz.table_parts import ADMITTED, Change, Check, Column, known_as, read_change, read_checks, read_column
from iesiz.vocabulary import Purpose, Role

TABLE_NAME = re.compile(r"(hourly|daily|weekly|monthly|quarterly)_[a-z]+(_[a-z]+)*_(by|to)_[a-z_]+")
CALLED = {
    "hourly": Grain.DAY,
    "daily": Grain.DAY,
    "weekly": Grain.WEEK,
    "monthly": Grain.MONTH,
    "quarterly": Grain.QUARTER,
}
WANTED = frozenset(
    ("title", "grain", "purpose", "source", "row", "contributor", "sensitive", "schema_version", "columns")
)
OPTIONAL = frozenset(("links", "nested", "needs", "labels_of", "bands", "cannot", "changes", "dp"))
NEEDS = frozenset({"", "funnel", "timed", "spoken"})
MEMBERS = "members"
"""The people who have registered, as they stand: the source of stocks."""

SEEN = "seen"
"""The visitors of closed days, under the pseudonyms of their week or month: the source of unions."""

SOURCES = frozenset({"access_log", "registration", MEMBERS, SEEN})


@dataclass(frozen=True)  # Without slots: what is asked thousands of times a night is kept beside the fields.
class TableSpec:
    """A table of the release plan.

    Attributes:
        contributor: who is counted: ``visitor`` or ``person``.
        sensitive: whether the stricter threshold holds.
        links: how its numbers hang together with other tables'.
        nested: the dimension whose cells are nested sets of contributors in the order of its values, or "".
        needs: the relation that names the sites which have the table's data, or "" for all with data.
        labels_of: the table whose labels it shows, or "" for its own.
        bands: upper edges of the bands in which derived numbers are told, ascending.
        cannot: what the table cannot answer besides what its kind cannot, a sentence, or "".
        changes: what changed over time, oldest first.
        contribution: how much one unit adds to it; None if it cannot be published with noise.
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
    needs: str = ""
    labels_of: str = ""
    bands: tuple[int, ...] = ()
    cannot: str = ""
    changes: tuple[Change, ...] = ()
    contribution: Contribution | None = None

    @functools.cached_property
    def _of_roles(self) -> Mapping[Role, tuple[Column, ...]]:
        return {role: tuple(one for one in self.columns if one.role == role) for role in Role}

    def of_role(self, role: Role) -> tuple[Column, ...]:
        """Columns of a role, in order."""
        return self._of_roles[role]

    @functools.cached_property
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
    they are made of are not looked at. PAST: published earlier, and a revision has taken their place.
    """

    NEW = "new"
    KEPT = "kept"
    EDGE = "edge"
    PAST = "past"


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
        revision: of PAST cells the revision that they are of, 0 for what was published at first.
        noise: what readers must know of the noise that is in the numbers; empty where there is none.
    """

    spec: TableSpec
    table: pa.Table
    warnings: tuple[str, ...] = ()
    lost_to_bounds: Mapping[str, int] = field(default_factory=dict)
    common: frozenset[tuple[str, str]] = frozenset()
    period: Period | None = None
    days: frozenset[dt.date] = frozenset()
    standing: Standing = Standing.NEW
    revision: int = 0
    noise: Mapping[str, object] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The table's name; of an earlier release with its period, of a past one with its revision."""
        if self.standing is Standing.NEW:
            return self.spec.name
        past = f" revision {self.revision}" if self.standing is Standing.PAST else ""
        return f"{self.spec.name} {self.period}{past}"


def load_tables() -> tuple[TableSpec, ...]:
    """Load every table of the package, by name; a night asks for them a dozen times.

    Raises:
        PrivacyRefusal: one of them is not fit to be published.
    """
    return _loaded(tuple(sorted(_folders(), key=lambda one: one.name)))


@functools.lru_cache(maxsize=1)
def _loaded(folders: tuple[Traversable, ...]) -> tuple[TableSpec, ...]:
    return tuple(load_table(folder) for folder in folders)


def _folders() -> list[Traversable]:
    return [
        one for one in resources.files("iesiz.statistics").iterdir() if one.joinpath("table.toml").is_file()
    ]


def load_table(folder: Traversable) -> TableSpec:
    """Load one table's folder.

    Raises:
        PrivacyRefusal: it names no purpose, no contributor or something unknown.
    """
    name, text = folder.name, _declared(folder)
    columns = tuple(read_column(name, entry) for entry in text.pop("columns"))
    spec = TableSpec(
        name=name,
        grain=known_as(name, "grain", Grain, text.pop("grain")),
        purpose=known_as(name, "purpose", Purpose, text.pop("purpose")),
        columns=columns,
        query=_text(folder, "query.sql"),
        labels=_labels(folder, text.get("labels_of", "")),
        checks=read_checks(name, _text(folder, "checks.sql")),
        links=read_links(name, text.pop("links", [])),
        bands=tuple(text.pop("bands", ())),
        changes=tuple(read_change(name, entry) for entry in text.pop("changes", [])),
        contribution=_contribution(name, text, columns),
        **text,
    )
    _refuse_unfit(spec)
    return spec


def _declared(folder: Traversable) -> dict[str, Any]:
    """What ``table.toml`` says: every entry that a table has, and none that it has not."""
    name = folder.name
    text = tomllib.loads(folder.joinpath("table.toml").read_text("utf-8"))
    if set(text) - OPTIONAL != WANTED:
        raise PrivacyRefusal(
            f"Table {name}: table.toml has exactly {sorted(WANTED)} (and may have {sorted(OPTIONAL)}); "
            f"differs in {sorted((set(text) - OPTIONAL) ^ WANTED)}."
        )
    called = TABLE_NAME.fullmatch(name)
    if not called or CALLED[called[1]] != text["grain"]:
        raise PrivacyRefusal(f"Table {name}: a table is called <grain>_<subject>_by_<dimensions>.")
    return text


def _contribution(name: str, text: dict[str, Any], columns: Sequence[Column]) -> Contribution | None:
    counted = [one.name for one in columns if one.role in (Role.CONTRIBUTOR, Role.MEASURE)]
    return read_contribution(name, text.pop("dp", None), text.get("nested", ""), counted)


def _labels(folder: Traversable, labels_of: str) -> str:
    """The query of the table's labels, or of those of the table that it shares them with."""
    own = folder.joinpath("labels.sql")
    if not labels_of:
        return own.read_text("utf-8") if own.is_file() else ""
    if own.is_file() or not TABLE_NAME.fullmatch(labels_of):
        raise PrivacyRefusal(f"Table {folder.name}: it has labels.sql or labels_of, which names a table.")
    return _text(resources.files("iesiz.statistics").joinpath(labels_of), "labels.sql")


def _text(folder: Traversable, name: str) -> str:
    file = folder.joinpath(name)
    if not file.is_file():
        raise PrivacyRefusal(f"Table {folder.name}: it has no {name}.")
    return file.read_text("utf-8")


def _refuse_unfit(spec: TableSpec) -> None:
    if {type(spec.sensitive), type(spec.schema_version)} != {bool, int}:
        raise PrivacyRefusal(f"Table {spec.name}: sensitive is true or false, schema_version a whole number.")
    if not isinstance(spec.cannot, str):
        raise PrivacyRefusal(f"Table {spec.name}: cannot is a sentence.")
    if spec.source not in SOURCES or spec.contributor not in ("visitor", "person"):
        raise PrivacyRefusal(f"Table {spec.name}: its source or contributor is not known.")
    if len(spec.of_role(Role.CONTRIBUTOR)) != 1:
        raise PrivacyRefusal(f"Table {spec.name}: it needs exactly one column of the role contributor.")
    if not spec.dimensions:
        raise PrivacyRefusal(f"Table {spec.name}: it has no dimension.")
    if spec.nested and not any(c.name == spec.nested and not isinstance(c.values, str) for c in spec.columns):
        raise PrivacyRefusal(f"Table {spec.name}: nested names a dimension with a list of values.")
    if spec.needs not in NEEDS:
        raise PrivacyRefusal(f"Table {spec.name}: needs is none of {', '.join(sorted(NEEDS - {''}))}.")
    refuse_unfit_derived(spec.name, spec.columns, spec.bands)
    admitted = [column for column in spec.columns if column.values == ADMITTED]
    if len(admitted) > 1 or bool(admitted) != bool(spec.labels):
        raise PrivacyRefusal(
            f"Table {spec.name}: labels.sql and one dimension with values 'admitted' go together."
        )
    if admitted and spec.grain is not Grain.DAY:
        raise PrivacyRefusal(f"Table {spec.name}: labels are admitted by day; a longer period has none.")
