"""Numbers for the distinct texts met in one file, across its blocks: each is made into something once.

A text is known again by two hashes of 64 bits with seeds of the process, and is not held: a million agents
take 32 MiB. That two of a million texts are taken for one has a chance of one in 10^26.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import CHECK_SEED, SEED
from iesiz.deidentify.text_kernel import number_texts, refill
from iesiz.records import CodedText

Int32 = npt.NDArray[np.int32]
FIRST_ROOM = 1 << 12
MOST_TEXTS = 1 << 20


@dataclass(slots=True)
class Texts:
    """Distinct texts, numbered from 0 in order of first appearance; one thread at a time, says the caller.

    Attributes:
        most: how many may be numbered before one begins anew.
        known: how many are.
    """

    most: int = MOST_TEXTS
    known: int = 0
    _table: Int32 = field(default_factory=lambda: np.full(2 * FIRST_ROOM, -1, np.int32))
    _digests: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((2, FIRST_ROOM), np.uint64))

    def has_room_for(self, text: CodedText) -> bool:
        """Whether the values of a column may be numbered besides those that are; else one begins anew."""
        return not self.known or self.known + len(text.starts) <= self.most

    def numbers(self, text: CodedText) -> tuple[Int32, Int32]:
        """The number of each distinct value of a column, and the places of those that are new, in order."""
        numbers, new = (np.empty(len(text.starts), np.int32) for _ in range(2))
        self._make_room(len(text.starts))
        before = self.known
        self.known = number_texts(
            text.data,
            text.starts,
            text.lengths,
            SEED,
            CHECK_SEED,
            self._table,
            self._digests,
            before,
            numbers,
            new,
        )
        return numbers, new[: self.known - before]

    def _make_room(self, texts: int) -> None:
        held, needed = self._digests, self.known + texts
        if needed <= held.shape[1]:
            return
        self._digests = np.zeros((2, 1 << needed.bit_length()), np.uint64)
        self._digests[:, : self.known] = held[:, : self.known]
        self._table = np.full(2 * self._digests.shape[1], -1, np.int32)
        refill(self._digests, self.known, self._table)


def with_room(held: Int32, needed: int) -> Int32:
    """What is held of texts, shape (columns, texts), with room for more: doubled, so that it rarely moves."""
    if needed <= held.shape[1]:
        return held
    grown = np.zeros((held.shape[0], 1 << (needed - 1).bit_length()), np.int32)
    grown[:, : held.shape[1]] = held
    return grown
