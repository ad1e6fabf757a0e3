"""Shares of a day as files of the scratch folder: arrays one after the other, as numpy writes them.

In: pieces of records as numbers, and whole shares. Out: the same, read back. It must not say what a share is.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.aggregate.pieces import ROW, Codes, Names, Rows
from iesiz.aggregate.rows import People, in_order_of, named, under_one_name
from iesiz.errors import CheckFailed

PSEUDONYM = pa.binary(16)
Piece = tuple[Rows, Codes, Names]
ARRAYS = 6  # of a piece, and of a share


def put_together(path: Path, total: int) -> People:
    """A share from the pieces that were dealt to it, read twice: for the order, then each row to its place.

    A share may have a visitor with a tenth of the day's records, and no other copy of these is in memory.
    """
    second, visitor = np.empty(total, np.int32), np.empty(total, np.int32)
    names, ends, places = list[Names](), [0], list[int]()
    with path.open("rb") as file:
        while file.peek(1):
            places.append(file.tell())
            own, whose, *told = (np.load(file) for _ in range(ARRAYS))
            start = ends[-1]
            ends.append(start + len(own))
            second[start : ends[-1]], visitor[start : ends[-1]] = own["second"], whose
            names.append(Names(_binary(told[0]), _binary(told[1]), told[2], told[3]))
        all_names, every = under_one_name(visitor, names, ends[1:]), np.arange(total, dtype=np.int32)
        order, starts = in_order_of(second, visitor, every, len(all_names.visitors))
        del names, second, visitor
        target, rows = np.empty_like(order), np.empty(total, ROW)
        target[order], as_bytes = every, rows.view(f"V{ROW.itemsize}")  # copied in a quarter of the time
        for place, start, end in zip(places, ends[:-1], ends[1:], strict=True):
            file.seek(place)
            as_bytes[target[start:end]] = np.load(file).view(as_bytes.dtype)
    return named(rows, starts, all_names)


def keep_people(path: Path, people: People) -> None:
    """Write a share as it was put together."""
    names = bytes_of(people.pseudonyms), bytes_of(people.networks), people.network_of, people.of_agent
    with path.open("wb") as file:
        _write(file, people.rows, people.starts, *names)


def read_people(path: Path) -> People:
    """Read what ``keep_people`` wrote."""
    with path.open("rb") as file:
        rows, starts, visitors, networks, network_of, of_agent = (np.load(file) for _ in range(ARRAYS))
    return People(rows, starts, _binary(visitors), _binary(networks), network_of, of_agent)


def write_piece(file: IO[bytes], piece: Piece) -> None:
    """Append requests, the place of each one's visitor in the names, and the names."""
    rows, visitor, names = piece
    named = bytes_of(names.visitors), bytes_of(names.networks), names.network_of, names.of_agent
    _write(file, rows, visitor, *named)


def _write(file: IO[bytes], *arrays: npt.NDArray[Any]) -> None:
    for array in arrays:
        np.save(file, array, allow_pickle=False)


def bytes_of(pseudonyms: pa.Array) -> npt.NDArray[np.uint8]:
    """Pseudonyms as bytes, shape (pseudonyms, 16).

    Raises:
        CheckFailed: one is of another length.
    """
    try:
        fixed = pseudonyms.cast(PSEUDONYM)
    except pa.ArrowInvalid:
        raise CheckFailed("A record's pseudonym has not the length of one; nothing is published.") from None
    width = PSEUDONYM.byte_width
    values = np.frombuffer(fixed.buffers()[1] or b"", np.uint8)
    return values[width * fixed.offset : width * (fixed.offset + len(fixed))].reshape(-1, width)


def _binary(pseudonyms: npt.NDArray[np.uint8]) -> pa.Array:
    """What ``bytes_of`` was made of."""
    data = pa.py_buffer(np.ascontiguousarray(pseudonyms))
    return pa.Array.from_buffers(PSEUDONYM, len(pseudonyms), [None, data]).cast(pa.binary())
