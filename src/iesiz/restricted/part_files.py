"""How a part of a day is written: Parquet, its coded columns as dictionaries."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 1 << 20
PACKED = ("second", "bytes")
"""Numbers whose differences are written."""
RANDOM = ("visitor", "network")
"""Pseudonyms: as good as drawn, so that nothing can be compressed."""


def schema_of(part: pq.ParquetFile) -> pa.Schema:
    """The columns of a part, without what its footer notes: of another part that would not be true."""
    return part.schema_arrow.remove_metadata()


def open_part(path: Path, schema: pa.Schema, *, compressed: bool = True) -> pq.ParquetWriter:
    """A writer of a part. No statistics: nothing asks for them, and they took a third of the writing.

    Differences of numbers take few bits, so that less is left to be compressed.

    Args:
        path: where it is written.
        schema: its columns.
        compressed: whether it is compressed at all, but for pseudonyms.
    """
    plain = set(RANDOM) if compressed else set(schema.names)
    coded = [column.name for column in schema if pa.types.is_dictionary(column.type)]
    packed = [column.name for column in schema if column.name in PACKED]
    return pq.ParquetWriter(
        path,
        schema,
        compression={name: "none" if name in plain else "lz4" for name in schema.names},
        use_dictionary=coded,
        column_encoding=dict.fromkeys(packed, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )
