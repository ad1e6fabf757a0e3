"""A site's day in shares that memory holds, each with all records of its visitors.

A day that is small enough is one share: its parts. A larger one is dealt out by visitor to files of the
scratch folder, as numbers: they are pseudonymous, of an open day, and gone when the day is done. A share is
needed twice, so it is kept as it was put together the first time.
"""

from __future__ import annotations

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
from iesiz.aggregate.rows import People, load_people, room_for
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

_MIXER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class Shares:
    """The shares of a site's day, one of them in memory at a time.

    Attributes:
        paths: the parts.
        meaning: what their records mean as numbers.
        threads: that read them.
        rows: of each share that lies in ``folder``; none if the parts are the one share.
        folder: where larger days are dealt out.
    """

    paths: Sequence[Path]
    meaning: Meaning
    threads: int
    folder: Path | None = None
    rows: Sequence[int] = ()
    _number: int = -1
    _people: People | None = None
    _kept: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows) or 1

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
        if self.folder is None:
            return load_people(self.paths, self.meaning, self.threads)
        dealt, kept = self.folder / f"{number}.dealt", self.folder / f"{number}.kept"
        with outside(self.folder):
            if number in self._kept:
                return read_people(kept, self.meaning.origin)
            people = put_together(dealt, self.rows[number], self.meaning.origin)
            dealt.unlink()
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
        yield Shares(paths, meaning, threads, folder, dealt)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deal(paths: Sequence[Path], meaning: Meaning, threads: int, count: int, folder: Path) -> list[int]:
    """Write each row group's records to the files of their shares; how many rows each share has."""
    rows = [0] * count
    with ExitStack() as opened:
        files = [opened.enter_context((folder / f"{at}.dealt").open("wb")) for at in range(count)]
        for pieces in in_order(partial(_pieces, meaning=meaning, count=count), row_groups(paths), threads):
            for at, (file, piece) in enumerate(zip(files, pieces, strict=True)):
                write_piece(file, piece)
                rows[at] += len(piece[0])
    return rows


def _pieces(group: RowGroup, meaning: Meaning, count: int) -> list[Piece]:
    """A row group's requests that are not by a robot's agent, and their visitors, by share."""
    rows, visitor = room_for(group.rows)
    names = read_into(rows, visitor, group, meaning)
    share = _shares(names.visitors, count)
    by_share = np.argsort(share, kind="stable").astype(np.int32)
    firsts = np.searchsorted(share[by_share], np.arange(count + 1))
    place = np.empty_like(by_share)
    place[by_share] = np.arange(len(by_share), dtype=np.int32)
    wanted = np.flatnonzero(rows["kind"] & COUNTS).astype(np.int32)
    order, starts = np.empty_like(wanted), np.zeros(count + 1, np.int64)
    sort_by(share[visitor], wanted, starts, order)
    rows, visitor = np.take(rows, order), place[visitor[order]]
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
