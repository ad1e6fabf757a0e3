"""Parquet as bytes: every page unpacked, every value of every column and dictionary as text.

Sources: apache/parquet-format, ``parquet.thrift`` (PageHeader) and ``Encodings.md`` (PLAIN); the compact
protocol of Thrift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

INT, NEXT_FIELD = 5, 0x10
FLAGS, NUMBERS, DOUBLE, TEXT, STRUCT = (1, 2), (4, 5, 6), 7, 8, 12  # types of Thrift's compact protocol
DICTIONARY_PAGE, DICTIONARY_HEADER = 2, 0x4C


@dataclass(frozen=True)
class Page:
    """A page: its column, whether it is a dictionary and of how many values, its content unpacked."""

    column: str
    is_dictionary: bool
    values: int
    content: bytes


def read_pages(path: Path) -> Iterator[Page]:
    """Every page of a file.

    Raises:
        ValueError: a page is not where its header says.
    """
    data, metadata = path.read_bytes(), pq.ParquetFile(path).metadata
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(number)
            starts = (chunk.dictionary_page_offset, chunk.data_page_offset)
            at = min(filter(None, starts), default=0)
            end = at + chunk.total_compressed_size
            while at < end:
                page, at = _read_page(data, at, chunk.path_in_schema, chunk.compression)
                yield page


def _read_page(data: bytes, at: int, column: str, packing: str) -> tuple[Page, int]:
    start = _behind_struct(data, at)
    kind, at = _number(data, at)
    unpacked, at = _number(data, at)
    packed, at = _number(data, at)
    is_dictionary = kind == DICTIONARY_PAGE and data[at] == DICTIONARY_HEADER
    values = _number(data, at + 1)[0] if is_dictionary else 0
    content = data[start : start + packed]
    if packing != "UNCOMPRESSED":
        codec = pa.Codec("lz4_raw" if packing == "LZ4" else packing.lower())
        content = codec.decompress(content, unpacked).to_pybytes()
    if len(content) != unpacked:
        raise ValueError("a page is shorter than its header says")
    return Page(column, is_dictionary, values, content), start + packed


def _behind_struct(data: bytes, at: int) -> int:
    """The position behind a struct of Thrift's compact protocol."""
    while data[at]:
        delta, kind = divmod(data[at], 16)
        at = at + 1 if delta else _behind_varint(data, at + 1)
        if kind in NUMBERS:
            at = _behind_varint(data, at)
        elif kind == TEXT:
            behind = _behind_varint(data, at)
            at = behind + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data[at:behind]))
        elif kind == STRUCT:
            at = _behind_struct(data, at)
        elif kind == DOUBLE:
            at += 8
        elif kind not in FLAGS:
            raise ValueError("a page's header holds what no page has")
    return at + 1


def _behind_varint(data: bytes, at: int) -> int:
    while data[at] >= 0x80:
        at += 1
    return at + 1


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A 32-bit field that follows the one before it, and the position behind it."""
    if data[at] != NEXT_FIELD | INT:
        raise ValueError("expected a number in a page's header")
    number, shift = 0, 0
    while True:
        at += 1
        number |= (data[at] & 0x7F) << shift
        shift += 7
        if data[at] < 0x80:
            return (number >> 1) ^ -(number & 1), at + 1


def pages_of(path: Path) -> Iterator[bytes]:
    """Every page's content as it lies there."""
    return (page.content for page in read_pages(path))


def bytes_behind(page: Page) -> bytes:
    """What stands in a dictionary page of byte arrays behind its last value."""
    at = 0
    for _ in range(page.values):
        at += 4 + int.from_bytes(page.content[at : at + 4], "little")
    return page.content[at:]


def values_of(path: Path) -> Iterator[bytes]:
    """Every distinct value of each column, a line each, and the metadata."""
    file = pq.ParquetFile(path)
    yield str(file.metadata.metadata).encode() + str(file.schema_arrow).encode()
    for name in file.schema_arrow.names:
        distinct = file.read([name])[name].unique().to_pylist()
        yield b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in distinct)
