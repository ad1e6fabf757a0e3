"""The search for identifiers by bytes in everything that a run leaves behind.

In: a folder, or bytes. Out: what was found, by number and kind, never by its text. The search reads files as
they are and as they read: pages of Parquet unpacked, tables of DuckDB and SQLite, gzip, base64.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import ipaddress
import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote

import duckdb
import numpy as np
import numpy.typing as npt

from tests.privacy.parquet_pages import pages_of, values_of

SHORTEST = 6
FEWEST_DIGITS = 8
NATIONAL = 10
PORT = re.compile(r"(?<=[\]\d]):\d+$")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


@dataclass(frozen=True)
class Canary:
    """An identifier, as it is planted.

    Attributes:
        kind: what it is, such as ``mail``.
        where: the field that it is planted in, such as ``query`` or ``registration.phone``.
        text: as it stands there, with its encoding.
    """

    kind: str
    where: str
    text: str

    @cached_property
    def variants(self) -> frozenset[bytes]:
        """Forms it may have in a store: as planted, decoded, in small letters, digits, hashed, escaped."""
        plain = self.text
        texts = {plain}
        while "%" in plain and (decoded := unquote(plain)) != plain:
            texts.add(plain := decoded)
        texts |= {text.lower() for text in texts} | {text.casefold() for text in texts}
        texts |= {quote(plain), quote(plain, safe="")} | _digits(plain) | {PORT.sub("", plain).strip("[]")}
        texts |= {json.dumps(text)[1:-1] for text in texts} | {repr(text.encode())[2:-1] for text in texts}
        coded = {
            text.encode(code, "ignore")
            for text in texts
            for code in ("utf-8", "latin-1", "cp1251", "utf-16-le")
        }
        return frozenset(one for one in coded | _hashes(plain) | _packed(plain) if len(one) >= SHORTEST)


def _digits(text: str) -> set[str]:
    digits = re.sub(r"\D", "", text)
    return {digits, digits[-NATIONAL:]} if len(digits) >= FEWEST_DIGITS else set()


def _hashes(text: str) -> set[bytes]:
    """A digest without a key tells as much as the text."""
    made = [hashlib.new(name, text.encode()) for name in ("md5", "sha1", "sha256")]
    return {one.digest() for one in made} | {one.hexdigest().encode() for one in made}


def _packed(text: str) -> set[bytes]:
    """IPv6 and its /64 as bytes; IPv4 has too few of them to be told from chance."""
    try:
        address = ipaddress.IPv6Address(PORT.sub("", text).strip("[]"))
    except ValueError:
        return set()
    return {address.packed, b"\x06" + address.packed[:8], address.exploded.encode()}


@dataclass(frozen=True)
class Found:
    """A canary that was found: its number in the list, its kind and field, and the place."""

    number: int
    kind: str
    where: str
    place: str


class Search:
    """Looks for many byte strings at once, by their first four bytes."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        """Prepare the variants of all canaries."""
        self.canaries = tuple(canaries)
        self.by_start: dict[int, list[tuple[bytes, int]]] = {}
        for number, canary in enumerate(self.canaries):
            for variant in canary.variants:
                start = int.from_bytes(variant[:4], "little")
                self.by_start.setdefault(start, []).append((variant, number))
        self.places = np.zeros(1 << 20, np.bool_)
        self.places[_place_of(np.array(list(self.by_start), np.uint32))] = True

    def numbers_in(self, data: bytes) -> set[int]:
        """Numbers of the canaries of which a variant stands in the bytes."""
        words = _words(data)
        at = np.flatnonzero(self.places[_place_of(words)])
        return {
            number
            for place, word in zip(at.tolist(), words[at].tolist(), strict=True)
            for variant, number in self.by_start.get(word, ())
            if data.startswith(variant, place)
        }

    def in_bytes(self, data: bytes, place: str) -> list[Found]:
        """Look in bytes, and in what base64 in them decodes to."""
        decoded = b"\n".join(_from_base64(data))
        numbers = sorted(self.numbers_in(data) | self.numbers_in(decoded))
        return [Found(n, self.canaries[n].kind, self.canaries[n].where, place) for n in numbers]

    def in_folder(self, folder: Path) -> list[Found]:
        """Look in every file below a folder but the keys, and in the names of files."""
        found = self.in_bytes(
            "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*")).encode(), "names"
        )
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and "keys" not in name.parts:
                found += [one for layer in layers_of(path) for one in self.in_bytes(layer, str(name))]
        return found


def _place_of(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Twenty bits of a word, spread."""
    return (words * np.uint32(0x9E3779B1)) >> np.uint32(12)


def _words(data: bytes) -> npt.NDArray[np.uint32]:
    """The four bytes at each position as a number."""
    single = np.frombuffer(data, np.uint8).astype(np.uint32)
    if len(single) < 4:
        return np.zeros(0, np.uint32)
    return single[:-3] | single[1:-2] << 8 | single[2:-1] << 16 | single[3:] << 24


def _from_base64(data: bytes) -> Iterator[bytes]:
    for run in BASE64.findall(data):
        body = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        yield base64.b64decode(body[: len(body) // 4 * 4])


def layers_of(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what they hold unpacked."""
    data = path.read_bytes()
    yield data
    if data.startswith(b"\x1f\x8b\x08"):
        with suppress(gzip.BadGzipFile, EOFError, zlib.error):  # hashes may begin like that
            yield gzip.decompress(data)
    if data.startswith(b"PAR1"):
        yield from pages_of(path)
        yield from values_of(path)
    if data[8:12] == b"DUCK":
        yield _duckdb_text(path)
    if data.startswith(b"SQLite format 3\0"):
        yield _sqlite_text(path)


def _duckdb_text(path: Path) -> bytes:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()]
        queries = [f'select * from "{name}"' for name in names]
        queries += [
            f"select * from {source}()" for source in ("duckdb_tables", "duckdb_columns", "duckdb_views")
        ]
        return "\n".join(
            str(row) for query in queries for row in connection.execute(query).fetchall()
        ).encode()


def _sqlite_text(path: Path) -> bytes:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        rows = (row for (name,) in names for row in connection.execute(f'select * from "{name.decode()}"'))
        values = (value for row in rows for value in row if value is not None)
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
    finally:
        connection.close()
