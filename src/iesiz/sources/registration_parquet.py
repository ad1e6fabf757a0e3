"""Registrations as Parquet.

In: a file. Out: Arrow tables of the asked columns, a batch at a time. It must not touch another column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.errors import InputError

BATCH_ROWS = 1 << 16


def parquet_columns(path: Path) -> dict[str, str]:
    """Names and types of the columns.

    Raises:
        InputError: the file is not Parquet.
    """
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError):
        raise _unreadable(path) from None
    return {one.name: str(one.type) for one in schema}


def read_parquet(
    path: Path, columns: Mapping[str, str], _reject: Callable[[str], None]
) -> Iterator[pa.Table]:
    """Read the columns, given by field, batch by batch.

    Raises:
        InputError: the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns.values())):
                held = {name: batch.column(theirs) for name, theirs in columns.items()}
                yield pa.table(held)
    except (pa.ArrowException, OSError):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> InputError:
    return InputError(f"{path}: not readable as Parquet. Have it delivered again.")
