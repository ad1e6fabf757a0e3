"""Canonical bytes of clients or networks by their keys: IPv4 as whole numbers, all others listed.

In: keys. Out: a column of messages, as pseudonyms are made of. Identified, so in memory only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.message_kernel import NAMED, write_addresses, write_texts
from iesiz.records import CodedText

Int64 = npt.NDArray[np.int64]


class Named:
    """Keys for byte strings, from ``NAMED`` on."""

    def __init__(self) -> None:
        """Nobody is listed yet."""
        self._known: dict[bytes, int] = {}
        self._bytes = np.zeros(0, np.uint8)
        self._starts = np.zeros(1, np.int64)

    def key(self, value: bytes) -> int:
        """The key of a value."""
        return NAMED + self._known.setdefault(value, len(self._known))

    def messages(self, keys: Int64, octets: int, texts: CodedText | None = None) -> pa.BinaryArray:
        """The canonical bytes of each key, and the text behind it, if there are any.

        Args:
            keys: of addresses or networks of IPv4, or of those that are named.
            octets: of IPv4 in them.
            texts: one a key.
        """
        if len(self._known) >= len(self._starts):
            self._bytes = np.frombuffer(b"".join(self._known), np.uint8)
            self._starts = np.cumsum([0, *map(len, self._known)])
        is_named = keys >= NAMED
        sizes = np.full(len(keys), 1 + octets, np.int64)
        sizes[is_named] = np.diff(self._starts)[keys[is_named] - NAMED]
        offsets = np.zeros(len(keys) + 1, np.int32)
        np.cumsum(sizes if texts is None else sizes + 1 + texts.lengths, out=offsets[1:])
        data, starts, ends = (
            np.empty(offsets[-1], np.uint8),
            offsets[:-1].astype(np.int64),
            np.empty_like(keys),
        )
        write_addresses(keys, octets, self._bytes, self._starts, starts, data, ends)
        if texts is not None:
            write_texts(texts.data, texts.starts, texts.lengths, ends, data)
        return pa.BinaryArray.from_buffers(
            pa.binary(), len(keys), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        )
