"""Parts of a published table as data: columns, checks and changes, read into frozen types or refused.

In: entries of ``table.toml``, the text of ``checks.sql``. Out: ``Column``, ``Check``, ``Change``. How they
fit together is asked by ``tables``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from iesiz.bounds import Bounds
from iesiz.errors import PrivacyRefusal
from iesiz.vocabulary import Role

TYPES = {"string": "string", "int": "int64", "float": "double"}
SITES, ADMITTED = "sites", "admitted"
LINFS = {one.name for one in fields(Bounds) if one.name.endswith("_hits")}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a published table.

    Attributes:
        values: for a dimension its domain: a tuple of labels, ``sites`` or ``admitted``.
        linf: for a count of events, the bound (a name in ``Bounds``) of what one visitor adds to a cell of
            the relation that is counted.
        populated: for a count of events, whether every contributor of a cell has at least one.
        bounded: whether that bound holds in every cell of the table too, ``other`` left out.
        of: for a derived number, the count of the events whose quantile it is.
        least, most: for a dimension of days seen, on how many days each contributor of a value was seen.
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
    of: str = ""
    least: tuple[int, ...] = ()
    most: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A query that returns offending rows; ``stop`` holds the release, ``warn`` is said."""

    action: str
    query: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a table that readers must know: from which day on, and what."""

    date: dt.date
    what: str


def read_column(table: str, entry: Mapping[str, Any]) -> Column:
    """Read one ``[[columns]]`` of a table.

    Raises:
        PrivacyRefusal: it lacks a fact, has one too many, or one of another kind.
    """
    entry = dict(entry)
    try:
        role = known_as(table, "role", Role, entry.pop("role"))
        values = entry.pop("values", ())
        least, most = (tuple(entry.pop(name, ())) for name in ("least", "most"))
        values = values if isinstance(values, str) else tuple(values)
        column = Column(role=role, values=values, least=least, most=most, **entry)
    except (TypeError, KeyError):
        raise PrivacyRefusal(
            f"Table {table}: a column has name, type, role, meaning, unit and no more."
        ) from None
    if column.type not in TYPES or not column.meaning or not column.unit:
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: type, meaning or unit is missing or not known."
        )
    _refuse_unfit_bounds(table, column)
    _refuse_unfit_spans(table, column)
    if bool(column.of) != (column.role == Role.DERIVED):
        raise PrivacyRefusal(f"Table {table}, column {column.name}: a derived number, and no other, has of.")
    if (role == Role.DIMENSION) != bool(column.values):
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: a dimension, and no other column, has values."
        )
    if isinstance(column.values, str) and column.values not in (SITES, ADMITTED):
        raise PrivacyRefusal(f"Table {table}, column {column.name}: values is a list, 'sites' or 'admitted'.")
    return column


def read_change(table: str, entry: Mapping[str, Any]) -> Change:
    """Read one ``[[changes]]`` of a table.

    Raises:
        PrivacyRefusal: it is not a date and what changed.
    """
    fits = (
        set(entry) == {"date", "what"} and type(entry["date"]) is dt.date and isinstance(entry["what"], str)
    )
    if not fits:
        raise PrivacyRefusal(f"Table {table}: a change has a date and what changed, and no more.")
    return Change(entry["date"], entry["what"])


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


def _refuse_unfit_spans(table: str, column: Column) -> None:
    spans = (column.least, column.most)
    if not any(spans):
        return
    fits = all(len(one) == len(column.values) and all(type(days) is int for days in one) for one in spans)
    if not fits or not all(0 < low <= high for low, high in zip(*spans, strict=True)):
        raise PrivacyRefusal(
            f"Table {table}, column {column.name}: least and most are days for each of its values."
        )


def known_as(table: str, what: str, kind: type[Any], value: object) -> Any:
    """A word as a member of its kind.

    Raises:
        PrivacyRefusal: it is none; the known ones are named.
    """
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(one) for one in kind)
        raise PrivacyRefusal(f"Table {table}: its {what} is none of {known}.") from None


def read_checks(table: str, text: str) -> tuple[Check, ...]:
    """Read the queries of ``checks.sql``.

    Raises:
        PrivacyRefusal: a query has no action, or there is none.
    """
    parts = re.split(r"^-- (stop|warn)\b.*$", text, flags=re.M)
    if parts[0].strip() or len(parts) < 3 or not all(query.strip() for query in parts[2::2]):
        raise PrivacyRefusal(
            f"Table {table}: checks.sql is a list of queries, each behind '-- stop' or '-- warn'."
        )
    return tuple(Check(action, query.strip()) for action, query in zip(parts[1::2], parts[2::2], strict=True))
