"""One query's answer, with words for what its rows do not say: no row, or numbers that are withheld."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from iesiz.errors import SettingsError
from iesiz.periods import Grain
from iesiz.reader.session import Reader
from iesiz.vocabulary import SUPPRESSED

if TYPE_CHECKING:
    import pyarrow as pa

HELD = """
select min({period})::varchar, max({period})::varchar, count(*), count(*) filter (status = 'suppressed')
from {table}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave.

    Attributes:
        table: the rows.
        notes: a sentence each; none if the rows speak for themselves.
    """

    table: pa.Table
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.table.column_names)

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows as Python values."""
        return tuple(zip(*(column.to_pylist() for column in self.table.columns), strict=True))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a table that was asked holds."""

    table: str
    first: str | None
    last: str | None
    cells: int
    withheld: int


def ask(catalog: Path, query: str) -> Answer:
    """Answer one query.

    Raises:
        InputError: there is no catalog.
        SettingsError: the query is wrong or not permitted.
    """
    with Reader(catalog) as reader:
        try:
            table = reader.execute(query).to_arrow_table()
            held = [_held(reader, name, period) for name, period in _asked(reader, query)]
        except duckdb.Error as error:
            raise SettingsError(f"The query was refused: {str(error).splitlines()[0]}") from None
    return Answer(table, tuple(_notes(table, held)))


def _asked(reader: Reader, query: str) -> list[tuple[str, str]]:
    """The published tables that a query reads, with the name of their period's column."""
    names = sorted(reader.connection.get_table_names(query))
    rows = reader.sql(
        "select table_name, column_name from duckdb_columns() "
        "where table_name in (select unnest($names)) and column_name in (select unnest($periods)) "
        "and table_name in (select table_name from duckdb_columns() where column_name = 'status') "
        "order by table_name",
        names=names,
        periods=[str(grain) for grain in Grain],
    )
    return rows.fetchall()


def _held(reader: Reader, table: str, period: str) -> _Held:
    row = reader.connection.execute(HELD.format(period=period, table=table)).fetchone()
    return _Held(table, *(row or (None, None, 0, 0)))


def _notes(table: pa.Table, held: list[_Held]) -> Iterator[str]:
    if not table.num_columns:
        return
    if not table.num_rows:
        yield "No row matches."
        yield from map(_what_is_there, held)
        return
    missing = _missing_rows(table)
    if missing and any(one.withheld for one in held):
        yield (
            f"{missing} of {table.num_rows} rows have numbers that are withheld: too few people stand behind "
            "them, or they would give such a number away. They are not zero."
        )
    elif "status" not in table.column_names:
        yield from (_left_out(one) for one in held if one.withheld)


def _missing_rows(table: pa.Table) -> int:
    """Rows with a missing number; where a status is shown, those whose status is ``suppressed``."""
    if "status" in table.column_names:
        return int(table["status"].to_pylist().count(SUPPRESSED))
    from pyarrow import types

    kinds = (types.is_integer, types.is_floating, types.is_decimal)
    numbers = [one.to_pylist() for one in table.columns if any(is_kind(one.type) for is_kind in kinds)]
    return sum(any(value is None for value in row) for row in zip(*numbers, strict=True))


def _what_is_there(one: _Held) -> str:
    if not one.cells:
        return f"{one.table} holds nothing yet."
    return (
        f"{one.table} holds {one.cells} cells of {one.first} to {one.last}, {one.withheld} of them withheld; "
        f"a page or other label that too few people share is in no cell of its own."
    )


def _left_out(one: _Held) -> str:
    return (
        f"{one.withheld} of {one.cells} cells of {one.table} are withheld, and a sum or a mean leaves "
        "them out: select status too, or take a sum as at least that."
    )
