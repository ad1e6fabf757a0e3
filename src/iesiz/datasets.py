"""Microdata that are released, as data: ``microdata/<name>/`` read into frozen types, or refused.

In: ``microdata.toml`` and the hierarchies beside it. Out: ``Dataset``. One that names an unknown purpose, a
column without a hierarchy, a field without a treatment or a column that a table has not refuses to load.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from iesiz.errors import IesizError, PrivacyRefusal
from iesiz.microdata.hierarchy import Hierarchy, identity, read_hierarchy
from iesiz.microdata.records import Column as Values
from iesiz.periods import Grain
from iesiz.policy import load_registry
from iesiz.table_parts import SITES
from iesiz.tables import load_tables
from iesiz.vocabulary import Purpose

QUASI, SENSITIVE = "quasi", "sensitive"
DAY, BAND = "day", "band"
ONCE, AGAIN, STOCK = "once", "again", "stock"
VISIT = frozenset(
    {"site", "band", "weekday", "device", "language", "referrer", "pages", "duration", "reached"}
)
"""What is kept of a visit; see ``aggregate/relations/visit_features.sql``."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the release.

    Attributes:
        field: the declared field, or the feature of a visit, that it comes from.
        role: ``quasi`` or ``sensitive``.
        hierarchy: its levels; None of a sensitive attribute, and of the sites, which are never generalised.
    """

    name: str
    field: str
    role: str
    unit: str
    meaning: str
    hierarchy: Hierarchy | None = None


@dataclass(frozen=True, slots=True)
class TableCut:
    """A published table that counts the same people.

    Attributes:
        measure: the column of its contributors.
        columns: for each column of the release the dimension of the table; `day` is its period.
        answers: sensitive columns of which the table tells what became of each (`field`, `answer`).
        counts: whether it counts everybody `once`; or `again` in several of its cells, so that a sum is at
            least the number of people; or is a `stock` that holds people of earlier periods as well.
    """

    table: str
    measure: str
    columns: Mapping[str, str]
    answers: tuple[str, ...] = ()
    counts: str = ONCE


@dataclass(frozen=True, slots=True)
class Dataset:
    """Microdata of the release plan.

    Attributes:
        sensitive: columns that together are the sensitive attribute.
        cuts: tables beside which it is protected.
    """

    name: str
    title: str
    grain: Grain
    purpose: Purpose
    source: str
    row: str
    schema_version: int
    sensitive: tuple[str, ...]
    columns: tuple[Column, ...]
    cuts: tuple[TableCut, ...]

    @property
    def label(self) -> str:
        """Its name in ledgers and below the published zone."""
        return f"microdata/{self.name}"

    @property
    def quasi(self) -> tuple[Column, ...]:
        """The quasi-identifiers, in order."""
        return tuple(one for one in self.columns if one.role == QUASI)

    def hierarchies(self, sites: Sequence[str]) -> tuple[Hierarchy, ...]:
        """The levels of each quasi-identifier, in order, over the sites of the network."""
        return tuple(one.hierarchy or _sites(one.name, sites) for one in self.quasi)


@functools.cache
def load_datasets() -> tuple[Dataset, ...]:
    """Load the microdata of the package, by name, once in a process.

    Raises:
        PrivacyRefusal: one of them is not fit to be released.
    """
    folders = [one for one in resources.files("iesiz.microdata").iterdir() if _is_dataset(one)]
    return tuple(load_dataset(folder) for folder in sorted(folders, key=lambda one: one.name))


def load_dataset(folder: Traversable) -> Dataset:
    """Load one folder.

    Raises:
        PrivacyRefusal: something in it is missing or not known.
    """
    text = tomllib.loads(folder.joinpath("microdata.toml").read_text("utf-8"))
    try:
        found = Dataset(
            name=folder.name,
            grain=Grain(text.pop("grain")),
            purpose=Purpose(text.pop("purpose")),
            sensitive=tuple(text.pop("sensitive")),
            columns=tuple(_column(folder, one) for one in text.pop("columns")),
            cuts=tuple(_cut(one) for one in text.pop("cuts")),
            **text,
        )
    except (KeyError, TypeError, ValueError):
        raise PrivacyRefusal(
            f"Microdata {folder.name}: microdata.toml lacks something, or holds a key, purpose or length of "
            "period that is not known. Compare it with another."
        ) from None
    _refuse_unfit(found)
    return found


def _is_dataset(folder: Traversable) -> bool:
    return folder.is_dir() and folder.joinpath("microdata.toml").is_file()


def _column(folder: Traversable, entry: Mapping[str, Any]) -> Column:
    entry = dict(entry)
    source = entry.pop("hierarchy", None)
    if source in (None, SITES):
        return Column(**entry)
    try:
        with resources.as_file(folder.joinpath(source)) as path:
            return Column(**entry, hierarchy=read_hierarchy(path, entry["name"]))
    except IesizError as error:
        raise PrivacyRefusal(f"Microdata {folder.name}: {error}") from None


def _cut(entry: Mapping[str, Any]) -> TableCut:
    counts = entry.get("counts", ONCE)
    if counts not in (ONCE, AGAIN, STOCK):
        raise ValueError("a table counts once, again or as a stock")
    answers = tuple(entry.get("answers", ()))
    return TableCut(entry["table"], entry["measure"], dict(entry["columns"]), answers, counts)


def _refuse_unfit(one: Dataset) -> None:
    place = f"Microdata {one.name}"
    known = VISIT if one.source == "access_log" else set(load_registry(one.source).read)
    if not {column.field for column in one.columns} <= known:
        raise PrivacyRefusal(f"{place}: a column comes from a field that has no treatment.")
    if any(
        (column.role, column.hierarchy is None) not in _FIT for column in one.columns if column.name != "site"
    ):
        raise PrivacyRefusal(f"{place}: a column is {QUASI} with a hierarchy, or {SENSITIVE} without one.")
    if {column.name for column in one.columns if column.role == SENSITIVE} != set(one.sensitive):
        raise PrivacyRefusal(f"{place}: `sensitive` names the columns of that role.")
    tables = {spec.name: spec for spec in load_tables()}
    for cut in one.cuts:
        spec = tables.get(cut.table)
        names = {column.name for column in one.columns}
        if not set(cut.columns) <= names or not set(cut.answers) <= set(one.sensitive):
            raise PrivacyRefusal(f"{place}: a cut names a column that is not known.")
        if spec is None:  # A table that the plan has not tells nothing.
            continue
        if not set(cut.columns.values()) <= {*spec.dimensions, DAY, BAND} or cut.measure != spec.contributors:
            raise PrivacyRefusal(f"{place}: a cut names what table {cut.table} has not.")


_FIT = frozenset({(QUASI, False), (SENSITIVE, True)})


def _sites(column: str, sites: Sequence[str]) -> Hierarchy:
    return identity(Values(column, tuple(sites), np.arange(len(sites), dtype=np.int32)))
