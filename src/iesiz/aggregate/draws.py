"""Halves of the draws by which cells are left out: 32 bits of an HMAC-SHA256 under the day's sampling key."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.digest_columns import digest_column

Halves = npt.NDArray[np.uint64]


def halves_of(values: pa.Array, key: bytes) -> Halves:
    """The half of each value.

    Args:
        values: bytes: a visitor's pseudonym, or what a cell is called.
        key: the day's.
    """
    digests = np.ascontiguousarray(digest_column(values, key)[:, :4])
    return digests.view(">u4").reshape(len(values)).astype(np.uint64)


def halves_of_cells(cells: Iterable[tuple[object, ...]], key: bytes) -> Halves:
    """The half of each cell, which is called by its site and its dimensions."""
    names = ["|".join(map(str, cell)).encode() for cell in cells]
    return halves_of(pa.array(names, pa.binary()), key)
