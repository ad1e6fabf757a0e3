"""Builds ``catalog.duckdb`` beside the old one and replaces it at once: rows, comments, codebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from iesiz.engine import engine_errors
from iesiz.periods import Grain
from iesiz.settings import Settings
from iesiz.storage import write_whole
from iesiz.tables import TYPES, TableSpec
from iesiz.vocabulary import PROTECTION


@dataclass(frozen=True, slots=True)
class PeriodColumn:
    """How the period stands in a table: SQL type, meaning, unit."""

    type: str
    meaning: str
    unit: str


PERIODS = {
    Grain.DAY: PeriodColumn("date", "local day of the site", "date"),
    Grain.WEEK: PeriodColumn("varchar", "ISO week of the site's local days, such as 2026-W47", "week"),
    Grain.MONTH: PeriodColumn("varchar", "month of the site's local days, such as 2026-11", "month"),
    Grain.QUARTER: PeriodColumn("varchar", "quarter of the site's local days, such as 2026-Q4", "quarter"),
}
SQL_TYPES = {"string": "varchar", "int": "bigint", "float": "double"}
STATUS_MEANING = (
    "published, or suppressed: withheld, since the cell is about too few; a withheld cell is not zero"
)
CODEBOOK = pa.schema(
    [(name, pa.string()) for name in ("table_name", "column_name", "meaning", "unit", "type", "role")]
)


def write_catalog(settings: Settings, specs: Sequence[TableSpec]) -> None:
    """Replace the catalog by one over all published partitions."""
    with engine_errors(str(settings.catalog)):
        write_whole(settings.catalog, lambda staged: _fill(staged, settings.published, specs))


def _fill(path: Path, published: Path, specs: Sequence[TableSpec]) -> None:
    path.unlink(missing_ok=True)
    config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 2}
    connection = duckdb.connect(str(path), config={**config, "python_enable_replacements": False})
    try:
        for spec in specs:
            _table(connection, published, spec)
        _codebook(connection, specs)
        connection.execute("checkpoint")
    finally:
        connection.close()


def _table(connection: duckdb.DuckDBPyConnection, published: Path, spec: TableSpec) -> None:
    columns = ", ".join(f'"{one.name}" {SQL_TYPES[one.type]}' for one in spec.published)
    kind = PERIODS[spec.grain].type
    connection.execute(f'create table {spec.name} ("{spec.grain}" {kind}, {columns}, status varchar)')
    files = sorted((published / "tables" / spec.name).glob(f"{spec.grain}=*/part-*.parquet"))
    if files:
        rows = connection.read_parquet([str(file) for file in files], hive_partitioning=True)
        order = ", ".join(
            f'"{name}"' for name in (spec.grain, *(one.name for one in spec.published), "status")
        )
        rows.project(order).insert_into(spec.name)
    _comments(connection, spec)


def _comments(connection: duckdb.DuckDBPyConnection, spec: TableSpec) -> None:
    about = f"{spec.title}. One row: {spec.row}. Purpose {spec.purpose}. protection: {PROTECTION}"
    connection.execute(f"comment on table {spec.name} is {_literal(about)}")
    for column, meaning, unit in _described(spec):
        text = _literal(f"{meaning} ({unit})")
        connection.execute(f'comment on column {spec.name}."{column}" is {text}')


def _described(spec: TableSpec) -> list[tuple[str, str, str]]:
    given = [(one.name, one.meaning, one.unit) for one in spec.published]
    period = PERIODS[spec.grain]
    return [(str(spec.grain), period.meaning, period.unit), *given, ("status", STATUS_MEANING, "status")]


def _key_type(spec: TableSpec, name: str) -> str:
    return "date" if name == spec.grain == Grain.DAY else "string"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _codebook(connection: duckdb.DuckDBPyConnection, specs: Sequence[TableSpec]) -> None:
    rows = []
    for spec in specs:
        known = {one.name: (TYPES[one.type], str(one.role)) for one in spec.published}
        for name, meaning, unit in _described(spec):
            kind, role = known.get(name, (_key_type(spec, name), "key"))
            rows.append(dict(zip(CODEBOOK.names, (spec.name, name, meaning, unit, kind, role), strict=True)))
    connection.register("rows", pa.Table.from_pylist(rows, CODEBOOK))
    connection.execute("create table codebook as select * from rows order by table_name")
    connection.unregister("rows")
