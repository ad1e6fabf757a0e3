"""What a log holds, counted without keeping it: the numbers of ``iesiz read``.

In: parsed chunks, in order. Out: ``Examination``. Addresses, agents and lines enter as 64-bit hashes in
memory only; nothing is written. Definitions: a host is an address as written; a visitor-day a distinct
(address, agent, date in the line's own offset); a visit ends with a gap over 1,800 s or a new date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from iesiz.counts import LineCounts
from iesiz.records import CodedText, ParsedChunk

MIXED = "mixed"
GAP_SECONDS = 1800
DAY_SECONDS = 86400
LAST_SECOND = 253_402_300_799 - DAY_SECONDS
Hashes = npt.NDArray[np.uint64]
Number = TypeVar("Number", np.int64, np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Examination:
    """Counts over the recognised lines of one or more files.

    Attributes:
        certainty: share (0 to 1) of the first lines that the format recognises; of several files the least.
        fields: what a line holds, in its order.
        reasons: ignored and rejected lines by reason.
        bytes: bytes of the responses.
        duplicates: recognised lines minus distinct ones.
        out_of_order: lines earlier than the line before.
        first, last: earliest and latest time, ISO 8601 with the line's own offset; empty without lines.
    """

    format: str
    certainty: float
    lines: int
    recognised: int
    ignored: int
    rejected: int
    malformed: int
    reasons: Mapping[str, int]
    bytes: int
    hosts: int
    visitor_days: int
    visits: int
    duplicates: int
    out_of_order: int
    first: str
    last: str
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Examiner:
    """Collects chunks of one format, or of several files for their totals, beginning without a format."""

    format: str = ""
    certainty: float = 1.0
    fields: tuple[str, ...] = ()
    counts: LineCounts = field(default_factory=lambda: LineCounts(0, 0))
    size: int = 0
    malformed: int = 0
    out_of_order: int = 0
    _before: int | None = None
    _hosts: list[Hashes] = field(default_factory=list)
    _visitors: list[Hashes] = field(default_factory=list)
    _lines: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _seconds: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _offsets: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def start_file(self, form: str, certainty: float) -> None:
        """The next line has no line before it; of files of several formats the total's is ``MIXED``."""
        self.format = form if self.format in ("", form) else MIXED
        self.certainty = min(self.certainty, certainty)
        self._before = None

    def add_fields(self, names: Iterable[str]) -> None:
        """Take note of fields that lines hold."""
        self.fields = tuple(dict.fromkeys((*self.fields, *names)))

    def add(self, chunk: ParsedChunk) -> None:
        """Take the next lines."""
        self.counts = self.counts.plus(chunk.counts)
        if not chunk.rows:
            return
        before = chunk.seconds[0] if self._before is None else self._before
        self.out_of_order += int((np.diff(chunk.seconds, prepend=before) < 0).sum())
        self._before = int(chunk.seconds[-1])
        self.size += int(chunk.size.sum())
        self.malformed += int((chunk.method == 0).sum())
        hosts = _hashes(chunk.texts["address"])
        agents = _hashes(chunk.texts["agent"]) if "agent" in chunk.texts else np.zeros(chunk.rows, np.uint64)
        self._hosts.append(np.unique(hosts))
        self._visitors.append(hosts * _MIX + agents)
        self._lines.append(chunk.line_hash)
        self._seconds.append(chunk.seconds)
        self._offsets.append(chunk.offsets)

    def finish(self) -> Examination:
        """Count what was collected."""
        counts, seconds, offsets = (
            self.counts,
            _joined(self._seconds, np.int64),
            _joined(self._offsets, np.int64),
        )
        visitors, dates = _joined(self._visitors, np.uint64), (seconds + offsets) // DAY_SECONDS
        return Examination(
            format=self.format,
            certainty=self.certainty,
            fields=self.fields,
            lines=counts.lines,
            recognised=counts.recognised,
            ignored=sum(counts.ignored.values()),
            rejected=sum(counts.rejected.values()),
            malformed=self.malformed,
            reasons={**counts.ignored, **counts.rejected},
            bytes=self.size,
            hosts=len(np.unique(_joined(self._hosts, np.uint64))),
            visitor_days=len(np.unique(visitors + dates.astype(np.uint64) * _MIX)),
            visits=_visits(visitors, seconds, dates),
            duplicates=counts.recognised - len(np.unique(_joined(self._lines, np.int64))),
            out_of_order=self.out_of_order,
            first=_moment(seconds, offsets, latest=False),
            last=_moment(seconds, offsets, latest=True),
        )


def _hashes(text: CodedText) -> Hashes:
    digests = b"".join(hashlib.blake2b(value, digest_size=8).digest() for value in text.values)
    return np.frombuffer(digests, np.uint64)[text.codes]


def _joined(parts: list[npt.NDArray[Number]], kind: type[Number]) -> npt.NDArray[Number]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _visits(visitors: Hashes, seconds: npt.NDArray[np.int64], dates: npt.NDArray[np.int64]) -> int:
    if not len(visitors):
        return 0
    order = np.lexsort((seconds, visitors))
    visitor, second, date = visitors[order], seconds[order], dates[order]
    begins = (np.diff(visitor) != 0) | (np.diff(second) > GAP_SECONDS) | (np.diff(date) != 0)
    return 1 + int(begins.sum())


def _moment(seconds: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], latest: bool) -> str:
    if not len(seconds):
        return ""
    row = int(np.argmax(seconds) if latest else np.argmin(seconds))
    zone = dt.timezone(dt.timedelta(seconds=int(offsets[row])))
    # Local and UTC time may lie on both sides of the calendar's end.
    return dt.datetime.fromtimestamp(min(int(seconds[row]), LAST_SECOND), zone).isoformat()
