"""Shares of a day as files of the scratch folder: arrays one after the other, as numpy writes them.

In: pieces of records as numbers, and whole shares. Out: the same, read back. It must not say what a share is.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.aggregate.pieces import Codes, Names, Rows
from iesiz.aggregate.rows import People, people_of, room_for
from iesiz.errors import CheckFailed

PSEUDONYM = pa.binary(16)
Piece = tuple[Rows, Codes, Names]
ARRAYS = 6  # of a piece, and of a share


def put_together(path: Path, total: int, origin: int) -> People:
    """A share from the pieces that were dealt to it."""
    rows, visitor = room_for(total)
    names, ends = list[Names](), list[int]()
    with path.open("rb") as file:
        while file.peek(1):
            own, whose, *named = (np.load(file) for _ in range(ARRAYS))
            start = ends[-1] if ends else 0
            ends.append(start + len(own))
            rows[start : ends[-1]], visitor[start : ends[-1]] = own, whose
            names.append(Names(_binary(named[0]), _binary(named[1]), named[2], named[3]))
    return people_of(rows, visitor, names, ends, origin)


def keep_people(path: Path, people: People) -> None:
    """Write a share as it was put together."""
    names = bytes_of(people.pseudonyms), bytes_of(people.networks), people.network_of, people.of_agent
    with path.open("wb") as file:
        _write(file, people.rows, people.starts, *names)


def read_people(path: Path, origin: int) -> People:
    """Read what ``keep_people`` wrote."""
    with path.open("rb") as file:
        rows, starts, visitors, networks, network_of, of_agent = (np.load(file) for _ in range(ARRAYS))
    return People(rows, starts, _binary(visitors), _binary(networks), network_of, of_agent, origin)


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
