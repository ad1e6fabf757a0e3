"""Numbers for the keys met in one file, and a pseudonym for each key, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.keys import PSEUDONYM_BYTES
from iesiz.deidentify.pair_kernel import FREE, number_keys, renumber

MOST_KEYS = 1 << 18
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]


@dataclass(slots=True)
class Numbering:
    """Pseudonyms by 64-bit key, in memory only; the caller sees to it that one thread is in it.

    Attributes:
        known: how many keys were met.
    """

    known: int = 0
    _table: Int64 = field(default_factory=lambda: np.full(1 << 16, FREE, np.int64))
    _places: Int32 = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _values: npt.NDArray[np.void] = field(default_factory=lambda: np.zeros(1 << 15, f"V{PSEUDONYM_BYTES}"))

    def column(self, keys: Int64, make: Callable[[Int32], bytes]) -> pa.DictionaryArray:
        """A dictionary array with the pseudonym of each row's key.

        Args:
            keys: one a row, 0 or more; two keys never have one pseudonym.
            make: given rows whose keys are new, their pseudonyms, one after the other.
        """
        numbers, new_rows = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
        self._make_room(len(keys))
        total = number_keys(keys, self._table, self._places, self.known, numbers, new_rows)
        made = make(new_rows[: total - self.known])
        self._values[self.known : total] = np.frombuffer(made, self._values.dtype)
        self.known = total
        return _dictionary(numbers, self._values[:total])

    def _make_room(self, more: int) -> None:
        needed = 2 * (self.known + more)
        if needed <= len(self._table):
            return
        held, places = self._table, self._places
        size = 1 << needed.bit_length()
        self._table, self._places = np.full(size, FREE, np.int64), np.zeros(size, np.int32)
        values, self._values = self._values, np.zeros(size >> 1, self._values.dtype)
        self._values[: self.known] = values[: self.known]
        order = np.argsort(places[held != FREE], kind="stable")
        keys, scrap = held[held != FREE][order], np.empty(self.known, np.int32)
        number_keys(keys, self._table, self._places, 0, scrap, np.empty(self.known, np.int32))


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
