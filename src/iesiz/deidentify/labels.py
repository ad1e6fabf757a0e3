"""What is kept of each distinct text of a file: a few labels, made once, and spread over its records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.pair_kernel import renumber
from iesiz.deidentify.texts import Texts, with_room
from iesiz.records import CodedText
from iesiz.take_kernel import taken

Int32 = npt.NDArray[np.int32]
Make = Callable[[bytes], Sequence[str]]
MOST_TEXTS = 1 << 17


@dataclass(slots=True)
class Labels:
    """Labels of a column's texts.

    Attributes:
        make: the labels of one text, always as many.
        columns: how many.
        most: texts that are remembered at once; there may be as many labels.
    """

    make: Make
    columns: int
    most: int = MOST_TEXTS
    _texts: Texts = field(init=False)
    _codes: Int32 = field(init=False)
    _names: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start with nothing met."""
        self._forget()

    def of(self, text: CodedText) -> tuple[Int32, tuple[str, ...]]:
        """Codes of the labels of each distinct value, shape (columns, values), and the labels by code."""
        with self._lock:
            if not self._texts.has_room_for(text):
                self._forget()
            numbers, new = self._texts.numbers(text)
            if len(new):
                self._learn(text.at(new))
            return self._codes[:, numbers], tuple(self._names)

    def _forget(self) -> None:
        """Begin anew, names and all; what was handed out stays whole."""
        self._texts, self._codes, self._names = Texts(self.most), np.zeros((self.columns, 0), np.int32), {}

    def _learn(self, new: list[bytes]) -> None:
        """Append the codes of new texts; a label that is new gets the next code."""
        names = self._names
        made = [[names.setdefault(label, len(names)) for label in self.make(text)] for text in new]
        known = self._texts.known
        self._codes = with_room(self._codes, known)
        self._codes[:, known - len(new) : known] = np.array(made, np.int32).T


def spread(codes: Int32, labels: Sequence[str], rows: Int32) -> pa.DictionaryArray:
    """A dictionary array of labels, one a row, with those labels only that are there.

    Args:
        codes: of the label of each distinct value.
        labels: by code.
        rows: the place of each row's value in ``codes``.
    """
    small, used = codes.copy(), np.empty(min(len(codes), len(labels)), np.int32)
    count = renumber(small, np.full(len(labels), -1, np.int32), used)
    names = pa.array([labels[code] for code in used[:count].tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(taken(small, rows)), names)
