"""Rejected lines of a file by number and reason, so that somebody can look them up where they were delivered.

In: positions and reasons, block after block. Out: a Parquet file beside the parts. It must not hold a line's
text, nor more than one block's lines in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.storage import STAGED, outside, put_in_place

SCHEMA = pa.schema([("line", pa.int64()), ("reason", pa.dictionary(pa.int32(), pa.string()))])


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """Where a line stands in its file, from 1, and why it was rejected."""

    line: int
    reason: str


@dataclass(slots=True)
class RejectWriter:
    """Writes the rejected lines of one file beside their place; without one there is no file."""

    staged: Path
    lines: int = 0
    _writer: pq.ParquetWriter | None = field(default=None)

    def add(self, before: int, rejected: Sequence[tuple[int, str]]) -> None:
        """Append a block's rejected lines.

        Args:
            before: lines of the file that stand before the block.
            rejected: positions in the block, from 0, with the reason.
        """
        if not rejected:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.staged, SCHEMA, compression="zstd")
        numbers = pa.array([before + at + 1 for at, _ in rejected], pa.int64())
        reasons = pa.array([reason for _, reason in rejected], pa.string()).dictionary_encode()
        self._writer.write_table(pa.table([numbers, reasons], schema=SCHEMA))
        self.lines += len(rejected)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def place(self, path: Path) -> None:
        """Finish the file and put it in its place; nothing was rejected, nothing is put."""
        self.close()
        if self.lines:
            put_in_place(self.staged, path)


@contextmanager
def reject_writer(staging: Path) -> Iterator[RejectWriter]:
    """A writer into a folder that whoever opened it empties."""
    writer = RejectWriter(staging / f"rejected{STAGED}")
    try:
        yield writer
    finally:
        writer.close()


def read_rejects(path: Path) -> Iterator[RejectedLine]:
    """The rejected lines of a file in their order, a row group at a time.

    Raises:
        OutsideError: they cannot be read.
    """
    with outside(path), pq.ParquetFile(path) as stored:
        for batch in stored.iter_batches():
            for number, reason in zip(batch["line"].to_pylist(), batch["reason"].to_pylist(), strict=True):
                yield RejectedLine(number, reason)
