"""Rows that the catalog at hand has already, of partitions that are still the ones it was made of.

In: the connection of the new catalog, the old one's path, the mark that was kept, the partitions. Out: how
many of each table's first partitions need not be read from Parquet again. A catalog that is not byte for byte
the one whose mark was kept has none: somebody may have changed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from blake3 import blake3

from iesiz.catalog.partitions import Partition

OLD = "before"
MADE = 1  # how rows are made of partitions; to be counted on when that changes


def mark_of(path: Path) -> str:
    """What tells a catalog from every other: what it was made with, and the BLAKE3 of its bytes."""
    digest = blake3().update_mmap(path).hexdigest()
    return f"{MADE} {duckdb.__version__} {digest}"


def at_hand(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    mark: str,
    partitions: Mapping[str, Sequence[Partition]],
    kinds: Mapping[str, Mapping[str, str]],
) -> dict[str, int]:
    """Attach the old catalog, read-only, as ``OLD``; how many partitions of each table are to be taken over.

    They are the first ones, by period, as long as the old catalog has the same; a partition that came, went
    or was revised ends them, so that rows stand in the same order as if all had been read.

    Args:
        connection: of the new catalog.
        path: of the old one.
        mark: of the catalog that was built last.
        partitions: of each table, by period.
        kinds: columns and types of each table; one that had others before has no rows at hand.
    """
    if not path.is_file() or mark_of(path) != mark:
        return {}
    connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {OLD} (read_only)")
    before, columns = _releases(connection), _columns(connection)
    return {
        name: _same(several, before.get(name, []))
        for name, several in partitions.items()
        if columns.get(name) == kinds[name]
    }


def _same(partitions: Sequence[Partition], before: Sequence[tuple[str, str]]) -> int:
    """How many of the first partitions were the first ones before."""
    pairs = enumerate(zip(partitions, before, strict=False))
    changed = (place for place, (new, old) in pairs if (new.period, new.sha256) != old)
    return next(changed, min(len(partitions), len(before)))


def _releases(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Period and SHA-256 of the partitions that each table of the old catalog was made of, by period."""
    found: dict[str, list[tuple[str, str]]] = {}
    told = connection.table(f"{OLD}.releases")
    newest = told.aggregate("table_name, period, arg_max(sha256, revision)").order("table_name, period")
    for table, period, digest in newest.fetchall():
        found.setdefault(table, []).append((period, digest))
    return found


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Columns and types of each table of the old catalog, in their order."""
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from duckdb_columns() where database_name = ? "
        "order by table_name, column_index",
        [OLD],
    ).fetchall():
        found.setdefault(table, {})[name] = kind
    return found
