"""A site's day in shares that memory holds, each with all records of its visitors.

A day that is small enough is one share: its parts. A larger one is dealt out by visitor to files of the
scratch folder, as numbers: they are pseudonymous, of an open day, and gone when the day is done. A share is
needed twice, so it is kept as it was put together the first time. The largest one, which has the busiest
visitor's records, comes last and then first, before the day's tables have grown.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.aggregate.habit_kernel import COUNTS
from iesiz.aggregate.order_kernel import sort_by
from iesiz.aggregate.pieces import Codes, Meaning, Names, RowGroup, read_into, row_groups
from iesiz.aggregate.rows import People, load_people, room_for, under_one_name
from iesiz.aggregate.share_files import (
    Piece,
    bytes_of,
    keep_people,
    put_together,
    read_people,
    write_piece,
)
from iesiz.errors import OutsideError
from iesiz.parallel import in_order
from iesiz.storage import outside
from iesiz.take_kernel import taken, taken_rows

STRETCH = 1 << 18  # rows that are dealt out at once; a row group alone would make too many small pieces
_MIXER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Dealt:
    """A share in the scratch folder: its pieces, and how many rows they have."""

    path: Path
    rows: int


@dataclass(slots=True)
class Shares:
    """The shares of a site's day, one of them in memory at a time.

    Attributes:
        paths: the parts.
        meaning: what their records mean as numbers.
        threads: that read them.
        dealt: the shares of a larger day, the largest last; none if the parts are the one share.
    """

    paths: Sequence[Path]
    meaning: Meaning
    threads: int
    dealt: Sequence[Dealt] = ()
    _number: int = -1
    _people: People | None = None
    _kept: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.dealt) or 1

    def begin(self, number: int) -> People:
        """Put a share together; several threads may do so, each with another one.

        It is kept for when it is asked for again: the last in memory, the others in the folder.

        Raises:
            CheckFailed: a record is not of the day.
            OutsideError: the scratch folder failed.
        """
        people = self._loaded(number)
        if number == len(self) - 1:
            self._number, self._people = number, people
        return people

    def people(self, number: int) -> People:
        """The records of a share; the share before is let go first, unless it is the same.

        Raises:
            CheckFailed: a record is not of the day.
            OutsideError: the scratch folder failed.
        """
        if self._people is None or self._number != number:
            self._people = None
            self._number, self._people = number, self._loaded(number)
        return self._people

    def _loaded(self, number: int) -> People:
        if not self.dealt:
            return load_people(self.paths, self.meaning, self.threads)
        one = self.dealt[number]
        kept = one.path.with_suffix(".kept")
        with outside(one.path):
            if number in self._kept:
                return read_people(kept)
            people = put_together(one.path, one.rows)
            one.path.unlink()
            if number < len(self) - 1:
                keep_people(kept, people)
                self._kept.add(number)
            return people


@contextmanager
def shares_of(
    paths: Sequence[Path], meaning: Meaning, threads: int, most: int, scratch: Path | None
) -> Iterator[Shares]:
    """The shares of a site's day. The last is the one that is in memory when all were loaded in turn.

    Args:
        paths: the site's parts.
        meaning: what their records mean as numbers.
        threads: that read.
        most: rows that a share should have at most; one visitor with more makes a larger one.
        scratch: where shares may be written.

    Raises:
        OutsideError: the day needs shares, and nothing may be written.
    """
    rows = sum(pq.read_metadata(path).num_rows for path in paths)
    if rows <= most:
        yield Shares(paths, meaning, threads)
        return
    if scratch is None:
        raise OutsideError("The day is larger than memory: memory did not suffice. Give it a scratch folder.")
    folder = scratch / "shares"
    try:
        with outside(folder):
            folder.mkdir(parents=True)
            dealt = _deal(paths, meaning, threads, -(-rows // most), folder)
        yield Shares(paths, meaning, threads, dealt)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deal(paths: Sequence[Path], meaning: Meaning, threads: int, count: int, folder: Path) -> list[Dealt]:
    """Write each record to the file of its share; the shares, the largest last."""
    rows, names = [0] * count, [folder / f"{at}.dealt" for at in range(count)]
    with ExitStack() as opened:
        files = [opened.enter_context(name.open("wb")) for name in names]
        for pieces in in_order(partial(_pieces, meaning=meaning, count=count), _stretches(paths), threads):
            for at, (file, piece) in enumerate(zip(files, pieces, strict=True)):
                write_piece(file, piece)
                rows[at] += len(piece[0])
    return sorted(map(Dealt, names, rows), key=lambda one: one.rows)


def _stretches(paths: Sequence[Path]) -> Iterator[list[RowGroup]]:
    """Row groups that follow each other, as many as make up a stretch."""
    groups = itertools.groupby(row_groups(paths), lambda group: group.start // STRETCH)
    return (list(stretch) for _, stretch in groups)


def _pieces(stretch: Sequence[RowGroup], meaning: Meaning, count: int) -> list[Piece]:
    """Requests of a stretch that are not by a robot's agent, and their visitors, by share."""
    ends = np.cumsum([group.rows for group in stretch]).tolist()
    rows, visitor = room_for(ends[-1])
    places = [slice(end - group.rows, end) for group, end in zip(stretch, ends, strict=True)]
    found = [
        read_into(rows[own], visitor[own], group, meaning) for group, own in zip(stretch, places, strict=True)
    ]
    names = under_one_name(visitor, found, ends)
    share = _shares(names.visitors, count)
    by_share = np.argsort(share, kind="stable").astype(np.int32)
    firsts = np.searchsorted(share[by_share], np.arange(count + 1))
    place = np.empty_like(by_share)
    place[by_share] = np.arange(len(by_share), dtype=np.int32)
    wanted = np.flatnonzero(rows["kind"] & COUNTS).astype(np.int32)
    order, starts = np.empty_like(wanted), np.zeros(count + 1, np.int64)
    sort_by(taken(share, visitor), wanted, starts, order)
    rows, visitor = taken_rows(rows, order), taken(place, taken(visitor, order))
    return [
        (
            rows[starts[at] : starts[at + 1]],
            visitor[starts[at] : starts[at + 1]] - np.int32(firsts[at]),
            _only(names, by_share[firsts[at] : firsts[at + 1]]),
        )
        for at in range(count)
    ]


def _shares(visitors: pa.Array, count: int) -> Codes:
    """The share of each visitor: a function of the pseudonym, which is as good as drawn."""
    words = bytes_of(visitors).view(np.uint64)
    mixed = (words[:, 0] ^ words[:, 1]) * _MIXER >> np.uint64(32)
    return (mixed % np.uint64(count)).astype(np.int32)


def _only(names: Names, visitors: Codes) -> Names:
    """The names of some visitors."""
    used, network_of = np.unique(names.network_of[visitors], return_inverse=True)
    return Names(
        names.visitors.take(pa.array(visitors)),
        names.networks.take(pa.array(used)),
        network_of.astype(np.int32),
        names.of_agent[:, visitors],
    )
