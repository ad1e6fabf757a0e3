"""By what the lines of a file are known again: keyed hashes, written while it is read.

In: marks of lines, chunk after chunk. Out: ``FileLines``, mapped from the file that stores them, so that a
file of any length takes no memory for it. It must not hold a line's content, and is needed only as long as
one of the file's days is held.

The stored file: hashes (uint64 a line), head and tail (int64 each), a bit a line that says whether it
counted, and the number of lines (uint64).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from iesiz.errors import OutsideError
from iesiz.records import LineMarks
from iesiz.restricted.day_runs import DayRuns, Flags
from iesiz.restricted.line_kernel import WINDOW
from iesiz.storage import STAGED, outside, put_in_place

EDGE = WINDOW - 1
COUNT_BYTES = 8
LAST_DAY = np.int32((dt.date.max - dt.date(1970, 1, 1)).days)
Hashes = npt.NDArray[np.uint64]


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
    """Writes the marks of a file's lines beside the parts while it is read; keeps days as runs.

    Attributes:
        path: where they are written.
        days: the local day of each line.
    """

    path: Path
    out: BinaryIO
    days: DayRuns = field(default_factory=DayRuns)
    size: int = 0
    _head: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _tail: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, marks: LineMarks) -> None:
        """Take the next lines."""
        self.out.write(marks.hashes.tobytes())
        self.size += len(marks.hashes)
        self.days.add(np.minimum(marks.days, LAST_DAY))
        if len(self._head) < EDGE:
            self._head = np.concatenate([self._head, marks.seconds[:EDGE]])[:EDGE]
        self._tail = np.concatenate([self._tail, marks.seconds[-EDGE:]])[-EDGE:]

    def lines(self) -> FileLines:
        """All lines so far."""
        self.out.flush()
        return FileLines(_mapped(self.path, self.size), self._head, self._tail)

    def place(self, path: Path, counted: Flags) -> None:
        """Add which lines counted, and put the file in its place."""
        for part in (self._head, self._tail, np.packbits(counted), np.array([self.size], np.uint64)):
            self.out.write(part.tobytes())
        self.out.close()
        put_in_place(self.path, path)


@contextmanager
def line_collector(staging: Path) -> Iterator[LineCollector]:
    """A collector into a folder that whoever opened it empties."""
    path = staging / f"lines{STAGED}"
    with path.open("wb") as out:
        yield LineCollector(path, out)


def read_lines(path: Path) -> StoredLines:
    """Load a file's lines.

    Raises:
        OutsideError: they cannot be read.
    """
    with outside(path):
        bits = np.fromfile(path, np.uint8, offset=max(path.stat().st_size - COUNT_BYTES, 0))
        size = int(np.frombuffer(bits.tobytes().rjust(COUNT_BYTES, b"\0"), np.uint64)[0])
        edge, packed = min(EDGE, size), -(-size // 8)
        if path.stat().st_size != COUNT_BYTES * (size + 2 * edge + 1) + packed:
            raise OutsideError(f"{path}: cut off. Delete it and have the file read again.")
        edges = np.fromfile(path, np.int64, count=2 * edge, offset=8 * size)
        counted = np.fromfile(path, np.uint8, count=packed, offset=8 * (size + 2 * edge))
        lines = FileLines(_mapped(path, size), edges[:edge], edges[edge:])
    return StoredLines(lines, np.unpackbits(counted, count=size).astype(np.bool_))


def _mapped(path: Path, size: int) -> Hashes:
    return np.memmap(path, np.uint64, "r", shape=(size,)) if size else np.zeros(0, np.uint64)
