"""Builds ``catalog.duckdb`` beside the old one and replaces it at once: rows, comments, codebook, macros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa

from iesiz.catalog.codebook import codebook_html, codebook_markdown, codebook_rows, described
from iesiz.catalog.earlier import OLD, at_hand, mark_of
from iesiz.catalog.freshness import DayFacts, day_rows, freshness_rows
from iesiz.catalog.own import OwnTable, own_tables
from iesiz.catalog.partitions import Partition, only_there, partitions_of
from iesiz.catalog.views import views_of
from iesiz.catalog.wording import protection_of
from iesiz.engine import engine_errors
from iesiz.ledger import Ledger
from iesiz.periods import Grain
from iesiz.policy import EditionInForce
from iesiz.settings import Settings
from iesiz.storage import write_bytes, write_whole
from iesiz.tables import TableSpec

SQL_TYPES = {"string": "varchar", "int": "bigint", "float": "double", "date": "date", "bool": "boolean"}
ARROW_TYPES = {
    "string": pa.string(), "int": pa.int64(), "float": pa.float64(), "date": pa.date32(), "bool": pa.bool_()
}  # fmt: skip
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "threads": 1,  # tables are small: a second thread waits for the first, and half of the CPU time goes
    "checkpoint_threshold": "1KB",  # at the commit, so that nothing is written to a log first
}
Rows = Sequence[Mapping[str, object]]


def write_catalog(
    settings: Settings,
    specs: Sequence[TableSpec],
    edition: EditionInForce,
    days: Sequence[DayFacts],
    due: dt.date,
    mark: str = "",
) -> str:
    """Replace the catalog and the views by ones over all published partitions; the mark of the new one.

    Args:
        settings: where the published zone is.
        specs: the tables.
        edition: the edition of the policy whose clauses the codebook names.
        days: what is known of the days.
        due: the last local day that is due.
        mark: of the catalog that was built last, whose rows may be taken over; none are by default.

    Returns:
        The mark; empty if the file of a partition is gone, so that the next catalog is made of Parquet alone.

    Raises:
        OutsideError: disk or memory failed; the old catalog stays.
    """
    releases = [entry.facts for entry in Ledger(settings.published / "ledger.jsonl").entries("release")]
    noted = partitions_of(specs, releases)
    there = only_there(settings.published, noted)
    periods = {name: [one.period for one in several] for name, several in there.items()}
    rows: dict[str, Rows] = {
        "codebook": codebook_rows(specs, edition, settings.thresholds, settings.tables),
        "releases": [{**one, "table_name": one["table"]} for one in releases],
        "freshness": freshness_rows(specs, periods, days, due),
        "days": day_rows(days, due),
    }
    with engine_errors(str(settings.catalog)):
        write_whole(settings.catalog, lambda staged: _fill(staged, settings, specs, there, rows, mark))
    codebook = codebook_markdown(specs, edition, settings.thresholds, settings.tables, settings.dp)
    texts = {
        "views.sql": views_of(specs, there),
        "codebook.md": codebook,
        "codebook.html": codebook_html(codebook),
    }
    for name, text in texts.items():
        write_bytes(settings.published / name, text.encode())
    return mark_of(settings.catalog) if there == noted else ""


def _fill(
    path: Path,
    settings: Settings,
    specs: Sequence[TableSpec],
    partitions: Mapping[str, Sequence[Partition]],
    own: Mapping[str, Rows],
    mark: str,
) -> None:
    path.unlink(missing_ok=True)
    connection = duckdb.connect(str(path), config=CONFIG)
    try:
        kinds = {spec.name: _kinds(spec) for spec in specs}
        held = at_hand(connection, settings.catalog, mark, partitions, kinds)
        connection.begin()
        for spec in specs:
            several, first = partitions[spec.name], held.get(spec.name, 0)
            connection.execute(f"create table {spec.name} ({_columns(kinds[spec.name])})")
            _take_over(connection, spec, several[:first])
            _read(
                connection,
                spec,
                kinds[spec.name],
                [settings.published / one.place for one in several[first:]],
            )
            _comment(connection, spec.name, _about(spec, settings), _meanings(spec))
        for table in own_tables():
            _own_table(connection, table, own[table.name])
        connection.execute(resources.files("iesiz.catalog").joinpath("macros.sql").read_text("utf-8"))
        connection.commit()
        connection.execute("checkpoint")
    finally:
        connection.close()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _kinds(spec: TableSpec) -> dict[str, str]:
    """Columns of a table in the catalog, with their types."""
    kinds = {one.name: SQL_TYPES[one.type] for one in spec.published}
    period = "date" if spec.grain == Grain.DAY else "varchar"
    return {str(spec.grain): period, **kinds, "status": "varchar"}


def _take_over(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, partitions: Sequence[Partition]
) -> None:
    """Rows of a table's first partitions from the old catalog, which has the same ones first."""
    if partitions:
        last = _literal(partitions[-1].period)
        connection.execute(f"insert into {spec.name} from {OLD}.{spec.name} where {spec.grain} <= {last}")


def _read(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, kinds: Mapping[str, str], files: Sequence[Path]
) -> None:
    """Rows of the other partitions from Parquet."""
    if files:
        given = connection.read_parquet([*map(str, files)], hive_partitioning=True, union_by_name=True)
        known = ", ".join(
            f"{_name(n)}::{t}" if n in given.columns else f"null::{t}" for n, t in kinds.items()
        )
        given.project(known).insert_into(spec.name)


def _columns(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{_name(name)} {kind}" for name, kind in kinds.items())


def _meanings(spec: TableSpec) -> list[tuple[str, str]]:
    return [(name, f"{meaning} ({unit})") for name, meaning, unit in described(spec)]


def _about(spec: TableSpec, settings: Settings) -> str:
    protection = protection_of(spec, settings.thresholds, settings.tables.get(spec.name))
    return f"{spec.title}. One row: {spec.row}. Purpose {spec.purpose}. {protection}"


def _own_table(connection: duckdb.DuckDBPyConnection, table: OwnTable, rows: Rows) -> None:
    schema = pa.schema([(one.name, ARROW_TYPES[one.type]) for one in table.columns])
    columns = _columns({one.name: SQL_TYPES[one.type] for one in table.columns})
    connection.execute(f"create table {table.name} ({columns})")
    values = {name: [row[name] for row in rows] for name in schema.names}
    connection.from_arrow(pa.Table.from_pydict(values, schema)).insert_into(table.name)
    texts = [(one.name, f"{one.meaning} ({one.unit})") for one in table.columns]
    _comment(connection, table.name, f"One row: {table.row}", texts)


def _comment(
    connection: duckdb.DuckDBPyConnection, table: str, about: str, columns: Sequence[tuple[str, str]]
) -> None:
    connection.execute(f"comment on table {table} is {_literal(about)}")
    for name, text in columns:
        connection.execute(f"comment on column {table}.{_name(name)} is {_literal(text)}")


def _name(name: str) -> str:
    return '"' + name + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
