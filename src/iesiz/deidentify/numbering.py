"""Numbers for the keys met in one file, and a value for each key, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.pair_kernel import FREE, number_keys, renumber

MOST_KEYS = 1 << 22
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]


@dataclass(slots=True)
class Numbering:
    """Values of 16 bytes by 64-bit key, in memory only; the caller sees to it that one thread is in it.

    Attributes:
        known: how many keys were met.
    """

    known: int = 0
    _table: Int64 = field(default_factory=lambda: np.full(1 << 16, FREE, np.int64))
    _places: Int32 = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _values: dict[bytes, int] = field(default_factory=dict)
    _value_of: Int32 = field(default_factory=lambda: np.zeros(1 << 16, np.int32))

    def column(self, keys: Int64, make: Callable[[list[int]], list[bytes]]) -> pa.DictionaryArray:
        """A dictionary array with the value of each row's key.

        Args:
            keys: one a row, 0 or more.
            make: given rows whose keys are new, their values; several keys may have one value.
        """
        numbers, new_rows = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
        self._make_room(len(keys))
        total = number_keys(keys, self._table, self._places, self.known, numbers, new_rows)
        made = make(new_rows[: total - self.known].tolist())
        self._value_of[self.known : total] = [self._values.setdefault(one, len(self._values)) for one in made]
        self.known = total
        return _dictionary(self._value_of[numbers], list(self._values))

    def _make_room(self, more: int) -> None:
        needed = 2 * (self.known + more)
        if needed <= len(self._table):
            return
        held, places = self._table, self._places
        size = 1 << needed.bit_length()
        self._table, self._places = np.full(size, FREE, np.int64), np.zeros(size, np.int32)
        self._value_of = np.resize(self._value_of, size)
        order = np.argsort(places[held != FREE], kind="stable")
        keys, scrap = held[held != FREE][order], np.empty(self.known, np.int32)
        number_keys(keys, self._table, self._places, 0, scrap, np.empty(self.known, np.int32))


def _dictionary(numbers: Int32, values: list[bytes]) -> pa.DictionaryArray:
    """Only the values that this block uses, each once, in order of first appearance.

    Each once matters: of a dictionary in which a value stands twice pyarrow writes a page with room for both,
    and what the process had in memory at that place goes to disk with it.
    """
    used = np.empty(min(len(numbers), len(values)), np.int32)
    count = renumber(numbers, np.full(len(values), -1, np.int32), used)
    dictionary = pa.array([values[number] for number in used[:count].tolist()], pa.binary())
    return pa.DictionaryArray.from_arrays(pa.array(numbers), dictionary)
