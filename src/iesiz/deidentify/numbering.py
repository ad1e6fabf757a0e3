"""Numbers for the keys met in one file, and a pseudonym for each key, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.keys import PSEUDONYM_BYTES
from iesiz.deidentify.pair_kernel import FREE, number_keys, renumber

MOST_KEYS = 1 << 20  # each takes some 50 bytes
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]


@dataclass(slots=True)
class Numbers:
    """Numbers from 0 for 64-bit keys, in order of first appearance; one thread at a time, says the caller.

    Attributes:
        known: how many keys were met.
    """

    known: int = 0
    _keys: Int64 = field(default_factory=lambda: np.zeros(1 << 16, np.int64))
    _table: Int64 = field(default_factory=lambda: np.full(1 << 16, FREE, np.int64))
    _places: Int32 = field(default_factory=lambda: np.zeros(1 << 16, np.int32))

    @property
    def keys(self) -> Int64:
        """The key of each number."""
        return self._keys[: self.known]

    def of(self, keys: Int64) -> tuple[Int32, Int32]:
        """The number of each key, 0 or more, and the places of those that are new, in order."""
        numbers, new = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
        self._make_room(len(keys))
        total = number_keys(keys, self._table, self._places, self.known, numbers, new)
        new = new[: total - self.known]
        self._keys[self.known : total] = keys[new]
        self.known = total
        return numbers, new

    def _make_room(self, more: int) -> None:
        needed = 3 * (self.known + more) // 2
        if needed <= len(self._table):
            return
        size, held = 1 << needed.bit_length(), self.keys
        self._table, self._places = np.full(size, FREE, np.int64), np.zeros(size, np.int32)
        number_keys(held, self._table, self._places, 0, *np.empty((2, len(held)), np.int32))
        self._keys = np.zeros(size, np.int64)
        self._keys[: self.known] = held


@dataclass(slots=True)
class Numbering:
    """A pseudonym for each 64-bit key, made once, in memory only; for one thread at a time as well."""

    _numbers: Numbers = field(default_factory=Numbers)
    _values: npt.NDArray[np.void] = field(default_factory=lambda: np.zeros(1 << 15, f"V{PSEUDONYM_BYTES}"))

    @property
    def known(self) -> int:
        """How many keys were met."""
        return self._numbers.known

    def column(self, keys: Int64, make: Callable[[Int32], bytes]) -> pa.DictionaryArray:
        """A dictionary array with the pseudonym of each row's key.

        Args:
            keys: one a row, 0 or more; two keys never have one pseudonym.
            make: given rows whose keys are new, their pseudonyms, one after the other.
        """
        before = self.known
        numbers, new = self._numbers.of(keys)
        if self.known > len(self._values):
            grown = np.zeros(1 << self.known.bit_length(), self._values.dtype)
            grown[:before], self._values = self._values[:before], grown
        self._values[before : self.known] = np.frombuffer(make(new), self._values.dtype)
        return _dictionary(numbers, self._values[: self.known])


def _dictionary(numbers: Int32, values: npt.NDArray[np.void]) -> pa.DictionaryArray:
    """Only the values that this block uses, each once, in order of first appearance.

    Each once matters: of a dictionary in which a value stands twice pyarrow writes a page with room for both,
    and what the process had in memory at that place goes to disk with it.
    """
    used = np.empty(min(len(numbers), len(values)), np.int32)
    count = renumber(numbers, np.full(len(values), -1, np.int32), used)
    offsets = np.arange(0, PSEUDONYM_BYTES * (count + 1), PSEUDONYM_BYTES, dtype=np.int32)
    parts = [None, pa.py_buffer(offsets), pa.py_buffer(values[used[:count]].tobytes())]
    dictionary = pa.Array.from_buffers(pa.binary(), count, parts)
    return pa.DictionaryArray.from_arrays(pa.array(numbers), dictionary)
