"""Numbers for the distinct texts met in one file, across its blocks: each is made into something once.

Identified texts are held, so in memory only and for one file only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import SEED
from iesiz.deidentify.address_kernel import read_plain
from iesiz.deidentify.text_kernel import FILLED, KNOWN, PLACE, SIZE, number_texts, refill
from iesiz.records import PADDING, CodedText

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
FIRST_ROOM = 1 << 12
MOST_BYTES = 1 << 24  # what is forgotten is made again, which takes a few microseconds each
MOST_TEXTS = 1 << 17
Item = TypeVar("Item", bound=np.generic)


@dataclass(slots=True)
class Texts:
    """Distinct texts, numbered from 0 in order of first appearance; one thread at a time, says the caller."""

    _state: Int64 = field(default_factory=lambda: np.zeros(2, np.int64))
    _table: Int32 = field(default_factory=lambda: np.full(2 * FIRST_ROOM, -1, np.int32))
    _digests: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(FIRST_ROOM, np.uint64))
    _spans: Int64 = field(default_factory=lambda: np.zeros((2, FIRST_ROOM), np.int64))
    _held: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1 << 16, np.uint8))

    @property
    def known(self) -> int:
        """How many texts are numbered."""
        return int(self._state[KNOWN])

    def has_room_for(self, text: CodedText) -> bool:
        """Whether the values of a column may be numbered besides those that are; else one begins anew."""
        more = int(self._state[FILLED]) + int(text.lengths.sum())
        return not self.known or (more <= MOST_BYTES and self.known + len(text.starts) <= MOST_TEXTS)

    def numbers(self, text: CodedText) -> Int32:
        """The number of each distinct value of a column."""
        numbers = np.empty(len(text.starts), np.int32)
        self._make_room(len(text.starts), int(text.lengths.sum()))
        number_texts(
            text.data,
            text.starts,
            text.lengths,
            SEED,
            self._table,
            self._digests,
            self._spans,
            self._held,
            self._state,
            numbers,
        )
        return numbers

    def since(self, number: int) -> list[bytes]:
        """The texts from a number on."""
        places, sizes = self._spans[PLACE, number : self.known], self._spans[SIZE, number : self.known]
        held = self._held.data
        spans = zip(places.tolist(), (places + sizes).tolist(), strict=True)
        return [bytes(held[start:end]) for start, end in spans]

    def plain_addresses_since(self, number: int) -> Int64:
        """The texts from a number on as IPv4 addresses, ``OTHER`` where they are none."""
        own = slice(number, self.known)
        found = np.empty(self.known - number, np.int64)
        read_plain(self._held, self._spans[PLACE, own], self._spans[SIZE, own], found)
        return found

    def _make_room(self, texts: int, size: int) -> None:
        filled, texts = int(self._state[FILLED]) + size + PADDING, self.known + texts
        if filled > len(self._held):
            self._held = _grown(self._held, filled)
        if texts > len(self._digests):
            self._digests = _grown(self._digests, texts)
            self._spans = np.stack([_grown(one, len(self._digests)) for one in self._spans])
            self._table = np.full(2 * len(self._digests), -1, np.int32)
            refill(self._digests, self.known, self._table)


def _grown(array: npt.NDArray[Item], least: int) -> npt.NDArray[Item]:
    """The array with room for at least so many, a power of two."""
    grown = np.zeros(1 << least.bit_length(), array.dtype)
    grown[: len(array)] = array
    return grown
