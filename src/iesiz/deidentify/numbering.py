"""Numbers for the keys met in one file, and a value for each number, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.pair_kernel import FREE, number_keys, renumber

VALUE_BYTES = 16
MOST_KEYS = 1 << 22
Int64 = npt.NDArray[np.int64]


@dataclass(slots=True)
class Numbering:
    """Values of 16 bytes by 64-bit key, in memory only; the caller sees to it that one thread is in it.

    Attributes:
        known: how many keys were met.
    """

    known: int = 0
    _table: Int64 = field(default_factory=lambda: np.full(1 << 16, FREE, np.int64))
    _places: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _values: bytearray = field(default_factory=bytearray)

    def column(self, keys: Int64, make: Callable[[list[int]], list[bytes]]) -> pa.DictionaryArray:
        """A dictionary array with the value of each row's key.

        Args:
            make: given rows whose keys are new, their values.
        """
        numbers, new_rows = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
        self._make_room(len(keys))
        total = number_keys(keys, self._table, self._places, self.known, numbers, new_rows)
        self._values.extend(b"".join(make(new_rows[: total - self.known].tolist())))
        self.known = total
        return _dictionary(numbers, np.frombuffer(bytes(self._values), np.uint8).reshape(-1, VALUE_BYTES))

    def _make_room(self, more: int) -> None:
        needed = 2 * (self.known + more)
        if needed <= len(self._table):
            return
        held, places = self._table, self._places
        size = 1 << needed.bit_length()
        self._table, self._places = np.full(size, FREE, np.int64), np.zeros(size, np.int32)
        order = np.argsort(places[held != FREE], kind="stable")
        keys, scrap = held[held != FREE][order], np.empty(self.known, np.int32)
        number_keys(keys, self._table, self._places, 0, scrap, np.empty(self.known, np.int32))


def _dictionary(numbers: npt.NDArray[np.int32], values: npt.NDArray[np.uint8]) -> pa.DictionaryArray:
    """Only the values that this block uses, in order of first appearance."""
    used = np.empty(min(len(numbers), len(values)), np.int32)
    count = renumber(numbers, np.full(len(values), -1, np.int32), used)
    chosen = np.ascontiguousarray(values[used[:count]])
    offsets = np.arange(0, VALUE_BYTES * (count + 1), VALUE_BYTES, dtype=np.int32)
    dictionary = pa.BinaryArray.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(chosen)]
    )
    return pa.DictionaryArray.from_arrays(pa.array(numbers), dictionary)
