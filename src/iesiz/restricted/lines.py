"""By what the lines of a file are known again: keyed hashes, in memory while it is read and then stored.

In: marks of lines, chunk after chunk. Out: ``FileLines``, whole. It must not hold a line's content, and
is needed only as long as one of the file's days is held.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iesiz.distinct import distinct_numbers
from iesiz.records import LineMarks
from iesiz.restricted.line_kernel import WINDOW
from iesiz.storage import outside, write_whole

EDGE = WINDOW - 1
LAST_DAY = np.int32((dt.date.max - dt.date(1970, 1, 1)).days)
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FileLines:
    """The lines of one file that a local day of ours can take, in their order.

    Attributes:
        hashes: one a line, keyed by the stream.
        head, tail: UTC seconds of the first and the last ``EDGE`` lines; of fewer where there are fewer.
    """

    hashes: Hashes
    head: npt.NDArray[np.int64]
    tail: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse edges that do not fit."""
        if not len(self.head) == len(self.tail) == min(EDGE, len(self.hashes)):
            raise ValueError("the times of a file's first and last lines do not fit its lines")

    @property
    def size(self) -> int:
        """Lines."""
        return len(self.hashes)


@dataclass(frozen=True, slots=True)
class StoredLines:
    """The lines of a file that was read before; ``counted`` says which of them were new when it came."""

    lines: FileLines
    counted: Flags


@dataclass(slots=True)
class LineCollector:
    """Keeps the marks of a file's lines while it is read: 12 bytes a line.

    Attributes:
        present: local days that lines are of, days since 1970-01-01.
    """

    present: set[int] = field(default_factory=set)
    _hashes: list[Hashes] = field(default_factory=list)
    _days: list[npt.NDArray[np.int32]] = field(default_factory=list)
    _head: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _tail: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, marks: LineMarks) -> None:
        """Take the next lines."""
        # Copies: the columns are views into a block's whole table of rows.
        self._hashes.append(marks.hashes.copy())
        days = np.minimum(marks.days, LAST_DAY)
        self._days.append(days)
        self.present.update(distinct_numbers(days)[0].tolist())
        if len(self._head) < EDGE:
            self._head = np.concatenate([self._head, marks.seconds[:EDGE]])[:EDGE]
        self._tail = np.concatenate([self._tail, marks.seconds[-EDGE:]])[-EDGE:]

    def lines(self) -> FileLines:
        """All lines; what was collected of them is given away."""
        hashes = np.concatenate([np.zeros(0, np.uint64), *self._hashes])
        self._hashes.clear()
        return FileLines(hashes, self._head, self._tail)

    def days(self) -> npt.NDArray[np.int32]:
        """The local day of each line, days since 1970-01-01; what was collected of them is given away."""
        days = np.concatenate([np.zeros(0, np.int32), *self._days])
        self._days.clear()
        return days


def write_lines(path: Path, lines: FileLines, counted: Flags) -> None:
    """Store a file's lines, whole."""

    def fill(staged: Path) -> None:
        with staged.open("wb") as out:
            np.savez(out, hashes=lines.hashes, head=lines.head, tail=lines.tail, counted=np.packbits(counted))

    write_whole(path, fill)


def read_lines(path: Path) -> StoredLines:
    """Load a file's lines.

    Raises:
        OutsideError: they cannot be read.
    """
    with outside(path), path.open("rb") as stored, np.load(stored, allow_pickle=False) as arrays:
        lines = FileLines(arrays["hashes"], arrays["head"], arrays["tail"])
        counted = np.unpackbits(arrays["counted"], count=lines.size).astype(np.bool_)
    return StoredLines(lines, counted)
