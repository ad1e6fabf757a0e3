"""A share of a day's records: requests of those whose agent is no robot's, by visitor and time.

In: parts of one site, or pieces of them. Out: ``People``. It must not hold a text twice: words are codes into
the day's ``Words``, pseudonyms stand once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.aggregate.habit_kernel import COUNTS
from iesiz.aggregate.order_kernel import sort_by
from iesiz.aggregate.pieces import (
    LONGEST,
    NO_WORD,
    ROW,
    Codes,
    Meaning,
    Names,
    RowGroup,
    Rows,
    read_into,
    row_groups,
)
from iesiz.aggregate.words import OF_AGENT
from iesiz.parallel import in_order
from iesiz.take_kernel import take, taken_rows

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Requests by visitor, and by time within a visitor.

    Attributes:
        rows: ``ROW``.
        starts: where each visitor's requests begin, and the end of the last.
        pseudonyms: of each visitor.
        networks: pseudonyms of networks.
        network_of: place of each visitor's network in ``networks``.
        of_agent: codes of each visitor's words in ``OF_AGENT``, shape (words, visitors).
    """

    rows: Rows
    starts: Numbers
    pseudonyms: pa.Array
    networks: pa.Array
    network_of: Codes
    of_agent: Codes

    @property
    def visitors(self) -> int:
        """How many there are."""
        return len(self.network_of)


def load_people(paths: Sequence[Path], meaning: Meaning, threads: int) -> People:
    """Load the requests of some parts of one site.

    Args:
        paths: the parts.
        meaning: that of the day.
        threads: that read.

    Raises:
        CheckFailed: a record's time or status is none of the day.
    """
    groups = row_groups(paths)
    ends = [group.start + group.rows for group in groups]
    rows, visitor = room_for(max(ends, default=0))

    def read(group: RowGroup) -> Names:
        own = slice(group.start, group.start + group.rows)
        return read_into(rows[own], visitor[own], group, meaning)

    return people_of(rows, visitor, list(in_order(read, groups, threads)), ends)


def room_for(rows: int) -> tuple[Rows, Codes]:
    """Room for requests, and for the visitor of each."""
    return np.empty(rows, ROW), np.empty(rows, np.int32)


def people_of(rows: Rows, visitor: Codes, names: Sequence[Names], ends: Sequence[int]) -> People:
    """Put pieces together.

    Args:
        rows: requests of all pieces, one piece after the other.
        visitor: place of each one's visitor in its piece's names; changed in place.
        names: of each piece.
        ends: where the rows of each piece end.
    """
    all_names = under_one_name(visitor, names, ends)
    counting = np.flatnonzero(rows["kind"] & COUNTS).astype(np.int32)
    order, starts = in_order_of(rows["second"], visitor, counting, len(all_names.visitors))
    return named(taken_rows(rows, order), starts, all_names)


def named(rows: Rows, starts: Numbers, names: Names) -> People:
    """People whose requests are in order."""
    return People(rows, starts, names.visitors, names.networks, names.network_of, names.of_agent)


def under_one_name(visitor: Codes, names: Sequence[Names], ends: Sequence[int]) -> Names:
    """The names of several pieces as those of one.

    Args:
        visitor: place of each row's visitor in its piece's names; changed in place to that in all names.
        names: of each piece.
        ends: where the rows of each piece end.
    """
    pseudonyms, visitor_of = _unified([one.visitors for one in names])
    networks, network_at = _unified([one.networks for one in names])
    network_of = np.zeros(len(pseudonyms), np.int32)
    of_agent = np.full((len(OF_AGENT), len(pseudonyms)), NO_WORD)
    start = 0
    for one, end, at, there in zip(names, ends, visitor_of, network_at, strict=True):
        take(at, visitor[start:end], visitor[start:end])
        network_of[at] = there[one.network_of]
        of_agent[:, at] = np.minimum(of_agent[:, at], one.of_agent)
        start = end
    return Names(pseudonyms, networks, network_of, of_agent)


def _unified(parts: Sequence[pa.Array]) -> tuple[pa.Array, list[Codes]]:
    """Distinct values of several dictionaries, and for each of these the places of its values among them."""
    if not parts:
        return pa.array([], pa.binary()), []
    together = pa.concat_arrays(parts).dictionary_encode()
    ends = np.cumsum([len(one) for one in parts])
    return together.dictionary, np.split(together.indices.to_numpy(), ends[:-1])


def in_order_of(second: Codes, visitor: Codes, rows: Codes, visitors: int) -> tuple[Codes, Numbers]:
    """Some rows by visitor and time, and where each visitor's begin.

    Args:
        second, visitor: of every row.
        rows: those that are wanted.
        visitors: how many there are.
    """
    by_time, order = np.empty_like(rows), np.empty_like(rows)
    sort_by(second, rows, np.zeros(LONGEST + 1, np.int64), by_time)
    starts = np.zeros(visitors + 1, np.int64)
    sort_by(visitor, by_time, starts, order)
    return order, starts
