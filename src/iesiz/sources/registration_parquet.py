"""Registrations as Parquet.

In: a file. Out: Arrow tables of the asked columns, a batch at a time. It must not touch another column, nor
believe what a file says of its size: a few bytes can stand for a million long texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.errors import InputError

BATCH_ROWS = 1 << 16
BATCH_BYTES = 1 << 25
MOST_ROWS = 1 << 30


def parquet_columns(path: Path) -> dict[str, str]:
    """Names and types of the columns.

    Raises:
        InputError: the file is not Parquet.
    """
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise _unreadable(path) from None
    return {one.name: str(one.type) for one in schema}


def read_parquet(
    path: Path, columns: Mapping[str, str], _reject: Callable[[str], None]
) -> Iterator[pa.Table]:
    """Read the columns, given by field, batch by batch.

    Raises:
        InputError: the file is damaged, or a row is longer than any row of a person can be.
    """
    try:
        with pq.ParquetFile(path) as plain:
            texts = _texts_of(plain.schema, list(columns.values()))
            if plain.metadata.num_rows > MOST_ROWS:
                raise _too_large(path)
        # Texts stay numbers into a list of distinct ones until it is known how much they come to.
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns.values())):
                held = {name: batch.column(theirs) for name, theirs in columns.items()}
                yield from _pieces(path, pa.table(held))
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise _unreadable(path) from None


def _texts_of(schema: pq.ParquetSchema, names: Sequence[str]) -> list[str]:
    leaves = [schema.column(number) for number in range(len(schema))]
    return [
        leaf.path
        for leaf in leaves
        if leaf.physical_type == "BYTE_ARRAY" and leaf.path.partition(".")[0] in names
    ]


def _pieces(path: Path, table: pa.Table) -> Iterator[pa.Table]:
    """A table in parts that are small once their texts are written out."""
    if not len(table):
        return
    if sum(_written_out(column.combine_chunks()) for column in table.columns) <= BATCH_BYTES:
        yield pa.table({name: _plain(table[name]) for name in table.column_names})
        return
    if len(table) == 1:
        raise _too_large(path)
    half = len(table) // 2
    yield from _pieces(path, table.slice(0, half))
    yield from _pieces(path, table.slice(half))


def _written_out(column: pa.Array | pa.ChunkedArray) -> int:
    """Bytes of a column with every text written out."""
    if isinstance(column, pa.ChunkedArray):
        return sum(_written_out(chunk) for chunk in column.chunks)
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary)
        whole = pc.sum(pc.take(lengths, column.indices).cast(pa.int64())).as_py()
        return int(whole or 0) + int(column.indices.nbytes)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _written_out(column.flatten()) + 8 * len(column)
    if pa.types.is_struct(column.type):
        return sum(_written_out(one) for one in column.flatten())
    if pa.types.is_map(column.type):
        part = column.slice(0)
        return sum(_written_out(one) for one in (part.keys, part.items))
    return int(column.nbytes)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    one = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    return one.dictionary_decode() if pa.types.is_dictionary(one.type) else one


def _unreadable(path: Path) -> InputError:
    return InputError(f"{path}: not readable as Parquet. Have it delivered again.")


def _too_large(path: Path) -> InputError:
    return InputError(f"{path}: larger than any registrations can be. Have it delivered again.")
