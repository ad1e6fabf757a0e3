"""``views.sql``: the published Parquet as views, for engines that read it without the catalog.

Files are named one by one, so that whoever loads the file sees whole nights only: it is replaced after all
partitions of a night are in their places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iesiz.catalog.partitions import Partition
from iesiz.tables import TableSpec

HEAD = """\
-- Views over the published Parquet, for engines with DuckDB's read_parquet. Run it in the folder it lies in:
--     duckdb -init views.sql
-- A withheld cell has status 'suppressed' and no numbers; it is not zero. One with status 'noisy' has
-- numbers with noise, which may be negative.
"""


def views_of(specs: Sequence[TableSpec], partitions: Mapping[str, Sequence[Partition]]) -> str:
    """The text of ``views.sql``; a table without a partition has no view."""
    return HEAD + "".join(_view(spec, partitions[spec.name]) for spec in specs if partitions[spec.name])


def _view(spec: TableSpec, partitions: Sequence[Partition]) -> str:
    names = ",\n".join(f"    '{one.place}'" for one in partitions)
    columns = [str(spec.grain), *(one.name for one in spec.published), "status"]
    shown = ",\n".join(f'    "{name}"' for name in columns)
    return (
        f"\n-- {spec.title}. One row: {spec.row}.\n"
        f"create or replace view {spec.name} as\nselect\n{shown}\n"
        f"from read_parquet([\n{names}\n], hive_partitioning = true, union_by_name = true);\n"
    )
