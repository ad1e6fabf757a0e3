"""Builds ``catalog.duckdb`` beside the old one and replaces it at once: rows, comments, codebook, macros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa

from iesiz.catalog.codebook import codebook_html, codebook_markdown, codebook_rows, described
from iesiz.catalog.earlier import OLD, periods_at_hand
from iesiz.catalog.freshness import DayFacts, day_rows, freshness_rows
from iesiz.catalog.own import OwnTable, own_tables
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
    "threads": 2,
}
Rows = Sequence[Mapping[str, object]]


def write_catalog(
    settings: Settings,
    specs: Sequence[TableSpec],
    edition: EditionInForce,
    days: Sequence[DayFacts],
    due: dt.date,
) -> None:
    """Replace the catalog and the views by ones over all published partitions.

    Args:
        settings: where the published zone is.
        specs: the tables.
        edition: the edition of the policy whose clauses the codebook names.
        days: what is known of the days.
        due: the last local day that is due.

    Raises:
        OutsideError: disk or memory failed; the old catalog stays.
    """
    files = {spec.name: _partitions(settings.published, spec) for spec in specs}
    periods = {name: [_period_of(path) for path in paths] for name, paths in files.items()}
    rows = {
        "codebook": codebook_rows(specs, edition, settings.thresholds, settings.tables),
        "releases": _release_rows(settings.published),
        "freshness": freshness_rows(specs, periods, days, due),
        "days": day_rows(days, due),
    }
    with engine_errors(str(settings.catalog)):
        write_whole(settings.catalog, lambda staged: _fill(staged, settings, specs, files, rows))
    codebook = codebook_markdown(specs, edition, settings.thresholds, settings.tables, settings.dp)
    texts = {
        "views.sql": views_of(settings.published, specs, files),
        "codebook.md": codebook,
        "codebook.html": codebook_html(codebook),
    }
    for name, text in texts.items():
        write_bytes(settings.published / name, text.encode())


def _partitions(published: Path, spec: TableSpec) -> list[Path]:
    return sorted((published / "tables" / spec.name).glob(f"{spec.grain}=*/part-*.parquet"))


def _fill(
    path: Path,
    settings: Settings,
    specs: Sequence[TableSpec],
    files: Mapping[str, Sequence[Path]],
    own: Mapping[str, Rows],
) -> None:
    path.unlink(missing_ok=True)
    connection = duckdb.connect(str(path), config=CONFIG)
    try:
        kinds = {spec.name: _kinds(spec) for spec in specs}
        at_hand = periods_at_hand(connection, settings.catalog, own["releases"], kinds)
        connection.begin()
        for spec in specs:
            held = at_hand.get(spec.name, frozenset()) & {_period_of(file) for file in files[spec.name]}
            _published_table(connection, spec, kinds[spec.name], files[spec.name], held)
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


def _published_table(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    kinds: Mapping[str, str],
    files: Sequence[Path],
    held: frozenset[str],
) -> None:
    """Rows that the old catalog has, then those of the other partitions."""
    connection.execute(f"create table {spec.name} ({', '.join(f'{_name(n)} {t}' for n, t in kinds.items())})")
    if held:
        connection.execute(
            f"insert into {spec.name} from {OLD}.{spec.name} where {spec.grain}::varchar in "
            "(select unnest(?::varchar[]))",
            [sorted(held)],
        )
    names = [str(file) for file in files if _period_of(file) not in held]
    if names:
        given = connection.read_parquet(names, hive_partitioning=True, union_by_name=True)
        known = ", ".join(
            f"{_name(n)}::{t}" if n in given.columns else f"null::{t}" for n, t in kinds.items()
        )
        given.project(known).insert_into(spec.name)


def _meanings(spec: TableSpec) -> list[tuple[str, str]]:
    return [(name, f"{meaning} ({unit})") for name, meaning, unit in described(spec)]


def _period_of(partition: Path) -> str:
    return partition.parent.name.partition("=")[2]


def _about(spec: TableSpec, settings: Settings) -> str:
    protection = protection_of(spec, settings.thresholds, settings.tables.get(spec.name))
    return f"{spec.title}. One row: {spec.row}. Purpose {spec.purpose}. {protection}"


def _own_table(connection: duckdb.DuckDBPyConnection, table: OwnTable, rows: Rows) -> None:
    schema = pa.schema([(one.name, ARROW_TYPES[one.type]) for one in table.columns])
    kinds = ", ".join(f"{_name(one.name)} {SQL_TYPES[one.type]}" for one in table.columns)
    connection.execute(f"create table {table.name} ({kinds})")
    connection.from_arrow(pa.Table.from_pylist([dict(row) for row in rows], schema)).insert_into(table.name)
    texts = [(one.name, f"{one.meaning} ({one.unit})") for one in table.columns]
    _comment(connection, table.name, f"One row: {table.row}", texts)


def _comment(
    connection: duckdb.DuckDBPyConnection, table: str, about: str, columns: Sequence[tuple[str, str]]
) -> None:
    connection.execute(f"comment on table {table} is {_literal(about)}")
    for name, text in columns:
        connection.execute(f"comment on column {table}.{_name(name)} is {_literal(text)}")


def _release_rows(published: Path) -> Rows:
    releases = [entry.facts for entry in Ledger(published / "ledger.jsonl").entries("release")]
    return [{**one, "table_name": one["table"]} for one in releases]


def _name(name: str) -> str:
    return '"' + name + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
