"""A site's day in shares that memory holds, each with all records of its visitors.

A day that is small enough is one share: its parts. A larger one is written to the scratch folder by visitor,
a file a share; it is pseudonymous, of an open day, and gone when the day is done.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from iesiz.errors import OutsideError
from iesiz.storage import outside

SHARE = "share"


@contextmanager
def shares_of(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], most: int, scratch: Path | None
) -> Iterator[Sequence[Sequence[Path]]]:
    """Parts of each share of a site's day.

    Args:
        connection: the day's session, whose memory is bounded.
        paths: the site's parts.
        most: rows that a share should have at most; one visitor with more makes a larger one.
        scratch: where shares may be written.

    Raises:
        OutsideError: the day needs shares, and nothing may be written.
    """
    rows = sum(pq.read_metadata(path).num_rows for path in paths)
    if rows <= most:
        yield [paths]
        return
    if scratch is None:
        raise OutsideError("The day is larger than memory: memory did not suffice. Give it a scratch folder.")
    folder = scratch / "shares"
    try:
        yield _written(connection, paths, -(-rows // most), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], count: int, folder: Path
) -> list[list[Path]]:
    with outside(folder):
        folder.mkdir(parents=True)
    names = [str(path) for path in paths]
    parts = connection.read_parquet(names, hive_partitioning=False, union_by_name=True)
    parts.project(f"*, hash(visitor) % {count:d} as {SHARE}").to_parquet(
        str(folder), partition_by=[SHARE], compression="zstd", row_group_size=1 << 17
    )
    return [sorted(one.glob("*.parquet")) for one in sorted(folder.glob(f"{SHARE}=*"))]
