"""What crosses from a source to the parser and on to de-identification; identified, so in memory only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import count_lines
from iesiz.counts import LineCounts

METHODS = (
    "malformed",
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "other",
)
ADDRESS, PATH, HOST = "address", "path", "host"
PADDING = 8
LONGEST_LINE = 1 << 16


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        data: ``size`` bytes of lines, and at least ``PADDING`` bytes of anything behind them, since the
            parser reads whole words.
        first_line: number of the first line in the file, from 1.
        fields: the line that names the columns where the block begins, of formats that have one.
    """

    data: bytearray
    size: int
    first_line: int
    fields: bytes = b""

    @cached_property
    def lines(self) -> int:
        """Lines in the block; a last one without a line end counts."""
        return count_lines(np.frombuffer(self.data, np.uint8), self.size)


@dataclass(frozen=True, eq=False)
class CodedText:
    """A column of text as codes into its distinct values, in order of first appearance.

    Attributes:
        codes: int32, one a recognised line.
        data: uint8, where the distinct values stand, as they were logged; identified, so in memory only. At
            least ``PADDING`` bytes stand behind the last of them.
        starts, lengths: int64, where each value stands in ``data``.
    """

    codes: npt.NDArray[np.int32]
    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, codes: npt.NDArray[np.int32], values: Sequence[bytes]) -> CodedText:
        """A column of values that stand nowhere else."""
        lengths = np.array([len(value) for value in values], np.int64)
        data = np.frombuffer(b"".join(values) + bytes(PADDING), np.uint8)
        return cls(codes, data, np.cumsum(lengths) - lengths, lengths)

    def only(self, keep: npt.NDArray[np.bool_]) -> CodedText:
        """Some rows, and the values that these have."""
        codes = self.codes[keep]
        is_there = np.bincount(codes, minlength=len(self.starts)) > 0
        numbers = np.cumsum(is_there, dtype=np.int32) - np.int32(1)
        return CodedText(numbers[codes], self.data, self.starts[is_there], self.lengths[is_there])

    def one_a_row(self, codes: npt.NDArray[np.int32]) -> CodedText:
        """The values of some codes, one for each, in their order."""
        return CodedText(codes, self.data, self.starts[codes], self.lengths[codes])

    @cached_property
    def values(self) -> tuple[bytes, ...]:
        """The distinct values, as bytes."""
        return tuple(self.at(np.arange(len(self.starts), dtype=np.int32)))

    def at(self, places: npt.NDArray[np.int32]) -> list[bytes]:
        """Some of the distinct values."""
        starts, whole = self.starts[places], self.data.data
        spans = zip(starts.tolist(), (starts + self.lengths[places]).tolist(), strict=True)
        return [bytes(whole[start:end]) for start, end in spans]


@dataclass(frozen=True, slots=True)
class ParsedChunk:
    """The recognised lines of a block, one entry a line in every array, and what became of the others.

    Attributes:
        seconds: UTC seconds since 1970-01-01.
        offsets: seconds east of UTC that the line itself states.
        duration: microseconds that the request took, -1 where the line does not tell; None if the
            format does not.
        zoneless: whether the line's time names no zone and stands as if it were UTC; None if all name one.
        texts: coded columns by field name, and ``path`` (without the query).
        line_hash: seeded 64-bit hash of the line, by which lines of several files are compared.
        line_number: position of the line in the block, from 0.
        rejected_lines: positions of rejected lines in the block, from 0, with the reason.
    """

    counts: LineCounts
    seconds: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    status: npt.NDArray[np.int16]
    size: npt.NDArray[np.int64]
    method: npt.NDArray[np.uint8]
    campaign: npt.NDArray[np.bool_]
    line_hash: npt.NDArray[np.int64]
    line_number: npt.NDArray[np.int64]
    texts: Mapping[str, CodedText]
    rejected_lines: tuple[tuple[int, str], ...]
    duration: npt.NDArray[np.int64] | None = None
    zoneless: npt.NDArray[np.bool_] | None = None

    @property
    def rows(self) -> int:
        """Recognised lines."""
        return len(self.seconds)

    def only(self, keep: npt.NDArray[np.bool_], reason: str) -> ParsedChunk:
        """Keep some rows; the others count as ignored for that reason."""
        counts = self.counts.ignoring(reason, self.rows - int(keep.sum()))
        texts = {name: text.only(keep) for name, text in self.texts.items()}
        names = ("seconds", "offsets", "status", "size", "method", "campaign", "line_hash", "line_number")
        arrays = {name: getattr(self, name)[keep] for name in names}
        if self.duration is not None:
            arrays["duration"] = self.duration[keep]
        if self.zoneless is not None:
            arrays["zoneless"] = self.zoneless[keep]
        return replace(self, counts=counts, texts=texts, **arrays)


@dataclass(frozen=True, slots=True)
class LineMarks:
    """By what lines are known again, in the order of the file, one entry a line.

    Attributes:
        hashes: uint64, keyed by the stream.
        days: int32 local days since 1970-01-01.
        seconds: int64 UTC seconds since 1970-01-01.
    """

    hashes: npt.NDArray[np.uint64]
    days: npt.NDArray[np.int32]
    seconds: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length."""
        if not len(self.hashes) == len(self.days) == len(self.seconds):
            raise ValueError("a line has one hash, one day and one second")
