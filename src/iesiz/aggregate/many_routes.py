"""The routes that enough visitors share for a label, on days that have more routes than there can be pages.

In: parts of a day. Out: routes. Two passes: the first leaves out most of those that few ask for, such as a
scanner's invented ones, without holding a text; the second counts the visitors of the others. It must not
hold more than the routes that pass the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from iesiz.aggregate.pieces import RowGroup, row_groups
from iesiz.aggregate.route_kernel import add_visitors, count_changes, find_buckets
from iesiz.aggregate.share_files import bytes_of
from iesiz.aggregate.words import row_group
from iesiz.bytes_kernel import SEED
from iesiz.parallel import in_order
from iesiz.records import PADDING

BUCKETS = 1 << 22
COLUMNS, CODED = ("route", "visitor", "is_robot"), ("route", "visitor")
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Who asked for which route in a row group; codes into the routes and into the visitors' marks."""

    texts: pa.Array
    buckets: Int32
    routes: Int32
    visitors: Int32
    marks: npt.NDArray[np.uint64]
    is_robot: npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Seen:
    """The first few visitors of routes.

    Attributes:
        few: how many are noted.
        places: of the routes, in order of first appearance.
    """

    few: int
    places: dict[str, int] = field(default_factory=dict)
    _marks: npt.NDArray[np.uint64] = field(init=False)
    _counts: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        """Start with none."""
        self._marks = np.zeros((0, self.few), np.uint64)

    def add(self, asked: _Asked, wanted: npt.NDArray[np.bool_]) -> None:
        """Take in a row group, of its routes those that are wanted."""
        places, codes = np.full(len(wanted), -1, np.int32), np.flatnonzero(wanted)
        texts = asked.texts.take(pa.array(codes)).to_pylist()
        places[codes] = [self.places.setdefault(text, len(self.places)) for text in texts]
        if len(self.places) > len(self._counts):
            more = 2 * len(self.places) - len(self._counts)
            self._counts = np.concatenate([self._counts, np.zeros(more, np.uint8)])
            self._marks = np.concatenate([self._marks, np.zeros((more, self.few), np.uint64)])
        add_visitors(
            asked.routes, places, asked.visitors, asked.marks, asked.is_robot, self._marks, self._counts
        )

    def common(self) -> set[str]:
        """Routes with that many visitors."""
        return {text for text, place in self.places.items() if self._counts[place] == self.few}


def common_routes(paths: Sequence[Path], few: int, threads: int) -> set[str]:
    """Routes for which at least a few visitors asked whose agents are no robots'.

    Args:
        paths: the parts.
        few: how many, at most 255.
        threads: that read.
    """
    last, changes = np.zeros(BUCKETS, np.uint64), np.zeros(BUCKETS, np.uint8)
    for one in _asked(paths, threads):
        count_changes(one.routes, one.buckets, one.visitors, one.marks, one.is_robot, last, changes)
    del last
    seen = _Seen(few)
    for one in _asked(paths, threads):
        seen.add(one, changes[one.buckets] >= few)
    return seen.common()


def _asked(paths: Sequence[Path], threads: int) -> Iterator[_Asked]:
    return in_order(_read, row_groups(paths), threads)


def _read(group: RowGroup) -> _Asked:
    table = row_group(group.path, group.facts, group.group, COLUMNS, CODED)
    route, visitor = (table[name].combine_chunks() for name in CODED)
    words = bytes_of(visitor.dictionary).view(np.uint64)
    return _Asked(
        route.dictionary,
        _buckets(route.dictionary),
        pc.fill_null(route.indices, -1).to_numpy(),
        visitor.indices.to_numpy(),
        words[:, 0] ^ words[:, 1],
        table["is_robot"].to_numpy(),
    )


def _buckets(texts: pa.Array) -> Int32:
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    padded = np.concatenate([np.frombuffer(data or b"", np.uint8), np.zeros(PADDING, np.uint8)])
    buckets = np.empty(len(texts), np.int32)
    find_buckets(padded, places, SEED, np.uint64(BUCKETS - 1), buckets)
    return buckets
