"""Rows that the catalog at hand has already, of partitions that are still the ones it was made of.

In: the connection of the new catalog, the old one's path, what the ledger says of releases. Out: for each
table the periods whose rows need not be read from Parquet again. A catalog that cannot be read has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

OLD = "before"


def periods_at_hand(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    releases: Sequence[Mapping[str, object]],
    kinds: Mapping[str, Mapping[str, str]],
) -> dict[str, frozenset[str]]:
    """Attach the old catalog, read-only, as ``OLD``; the periods of each table that can be taken over.

    Args:
        connection: of the new catalog.
        path: of the old one.
        releases: of the ledger, oldest first; rows of a period are the same if its newest file's SHA-256 is.
        kinds: columns and types of each table; one that had others before has no rows at hand.
    """
    if not path.is_file():
        return {}
    try:
        connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {OLD} (read_only)")
        held = connection.execute(
            "select table_name, period, arg_max(sha256, revision) from before.releases group by all"
        ).fetchall()
        columns = connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() where database_name = ? "
            "order by table_name, column_index",
            [OLD],
        ).fetchall()
    except duckdb.Error:
        return {}
    shown = {(table, period): digest for table, period, digest in held}
    before: dict[str, dict[str, str]] = {}
    for table, name, kind in columns:
        before.setdefault(table, {})[name] = kind
    found: dict[str, set[str]] = {}
    for (table, period), digest in {
        (str(one["table"]), str(one["period"])): one["sha256"] for one in releases
    }.items():
        if shown.get((table, period)) == digest and before.get(table) == kinds.get(table):
            found.setdefault(table, set()).add(period)
    return {table: frozenset(periods) for table, periods in found.items()}
