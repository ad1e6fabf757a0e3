"""Keyed digests of a column.

Job: HMAC-SHA256 of each value. In: a column of bytes without nulls. Out:
32 bytes a row, in memory. It must not keep a value.
"""

from __future__ import annotations

import hmac

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.digest_kernel import LANES, LONGEST, START, compress, digests

UInt8 = npt.NDArray[np.uint8]
UInt32 = npt.NDArray[np.uint32]
BLOCK_BYTES = 64


def digest_column(column: pa.Array, key: bytes) -> UInt8:
    """The digest of each value, shape (rows, 32)."""
    count = len(column)
    if not count:
        return np.zeros((0, 32), np.uint8)
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + count + 1]
    sizes = np.diff(offsets)
    data = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    long = np.flatnonzero(sizes > LONGEST)
    found = np.empty((count, 8), np.uint32)
    if len(long):
        values = column.to_pylist()
        short = pa.array([b"" if len(value) > LONGEST else value for value in values], pa.binary())
        made = digest_column(short, key)
        whole = (hmac.digest(key, values[row], "sha256") for row in long)
        made[long] = np.frombuffer(b"".join(whole), np.uint8).reshape(-1, 32)
        return made
    digests(data, np.ascontiguousarray(offsets), _halves(key), np.empty((88, LANES), np.uint32), found)
    return found.astype(">u4").view(np.uint8).reshape(count, 32)


def _halves(key: bytes) -> UInt32:
    """The states after the inner and the outer half of a key of at most one block."""
    padded = np.frombuffer(key.ljust(BLOCK_BYTES, b"\0"), ">u4").astype(np.uint32)
    return np.stack([_after(padded ^ np.uint32(0x36363636)), _after(padded ^ np.uint32(0x5C5C5C5C))])


def _after(block: UInt32) -> UInt32:
    words, work = np.zeros((64, LANES), np.uint32), np.zeros((8, LANES), np.uint32)
    words[:16] = block[:, None]
    state = np.repeat(START[:, None], LANES, 1)
    compress(state, words, work)
    return state[:, 0].copy()
