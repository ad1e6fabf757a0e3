"""A share of a day's records as numbers: read from parts, row group by row group, by several threads.

In: parts of one site. Out: ``People``: requests of those whose agent is no robot's, by visitor and time. It
must not hold a text twice: words are codes into the day's ``Words``, pseudonyms stand once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.aggregate.fill_kernel import tell_kinds, translate
from iesiz.aggregate.habit_kernel import ASSET, COUNTS, FOR_ROBOTS, PAGE
from iesiz.aggregate.order_kernel import sort_by
from iesiz.aggregate.visit_kernel import LANGUAGES
from iesiz.aggregate.words import OF_AGENT, OF_REQUEST, WORDS, Words, row_group, spoken
from iesiz.errors import CheckFailed
from iesiz.parallel import in_order

ROW = np.dtype(
    [
        ("bytes", np.int64),
        ("duration", np.int64),
        ("second", np.int32),
        ("route", np.int32),
        ("referrer", np.int16),
        ("device", np.int16),
        ("hour", np.int8),
        ("status_class", np.int8),
        ("kind", np.uint8),
        ("spoken", np.uint8),
    ],
    align=True,
)
"""A request. ``second`` counts from the share's origin, ``duration`` is -1 where the log does not tell;
``spoken`` is the language of its path and, times ``LANGUAGES``, the one that its browser prefers."""

CODED = ("visitor", "network", "method", "resource", *WORDS)
SPOKEN = ("language", "preferred")
"""Columns that parts of open days may lack, since they were read by an earlier version."""
NUMBERS = ("second", "hour", "status_code", "bytes", "is_robot", "duration")
KINDS = {
    "resource": {"page": PAGE, "asset": ASSET},
    "route": {"/robots.txt": FOR_ROBOTS},
    "method": {"GET": 1},
}
LONGEST = 3 * 24 * 3600
"""Seconds from the origin within which every local day ends."""

Numbers = npt.NDArray[np.int64]
Coded = Mapping[str, pa.DictionaryArray]
NO_WORD = np.int32(np.iinfo(np.int32).max)


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
        origin: the second since 1970-01-01 UTC from which ``rows`` count theirs.
    """

    rows: npt.NDArray[np.void]
    starts: Numbers
    pseudonyms: pa.Array
    networks: pa.Array
    network_of: npt.NDArray[np.int32]
    of_agent: npt.NDArray[np.int32]
    origin: int

    @property
    def visitors(self) -> int:
        """How many there are."""
        return len(self.network_of)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One row group and where its rows go."""

    path: Path
    facts: pq.FileMetaData
    group: int
    start: int

    @property
    def rows(self) -> int:
        return int(self.facts.row_group(self.group).num_rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Whole:
    """What the row groups fill together."""

    rows: npt.NDArray[np.void]
    visitor: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Names:
    """Pseudonyms of one row group, and the network and the agent's words of each visitor in it."""

    start: int
    rows: int
    visitors: pa.Array
    networks: pa.Array
    network_of: npt.NDArray[np.int32]
    of_agent: npt.NDArray[np.int32]


def origin_of(day: dt.date) -> int:
    """A second, a whole hour, before a local day's first in any zone."""
    return int((day - dt.date(1970, 1, 1)).total_seconds()) - 24 * 3600


def load_people(paths: Sequence[Path], words: Words, origin: int, cap: int, threads: int) -> People:
    """Load the requests of a share.

    Args:
        paths: parts of one site.
        words: those of the day.
        origin: of the day's seconds.
        cap: bytes that count for one request.
        threads: that read.

    Raises:
        CheckFailed: a record's time or status is none of the day.
    """
    pieces = _pieces(paths)
    size = sum(piece.rows for piece in pieces)
    whole = _Whole(np.empty(size, ROW), np.empty(size, np.int32))
    fill = partial(_fill, whole=whole, words=words, origin=origin, cap=cap)
    names = list(in_order(fill, pieces, threads))
    pseudonyms, visitor_of = _unified([one.visitors for one in names])
    networks, network_at = _unified([one.networks for one in names])
    network_of = np.zeros(len(pseudonyms), np.int32)
    of_agent = np.full((len(OF_AGENT), len(pseudonyms)), NO_WORD)
    for one, at, there in zip(names, visitor_of, network_at, strict=True):
        own = slice(one.start, one.start + one.rows)
        whole.visitor[own] = at[whole.visitor[own]]
        network_of[at] = there[one.network_of]
        of_agent[:, at] = np.minimum(of_agent[:, at], one.of_agent)
    rows, starts = _in_order(whole, len(pseudonyms))
    return People(rows, starts, pseudonyms, networks, network_of, of_agent, origin)


def _pieces(paths: Sequence[Path]) -> list[_Piece]:
    pieces, start = list[_Piece](), 0
    for path in paths:
        facts = pq.read_metadata(path)
        for group in range(facts.num_row_groups):
            pieces.append(_Piece(path, facts, group, start))
            start += pieces[-1].rows
    return pieces


def _fill(piece: _Piece, whole: _Whole, words: Words, origin: int, cap: int) -> _Names:
    """Read one row group into its place."""
    held = [name for name in SPOKEN if name in piece.facts.schema.names]
    table = row_group(piece.path, piece.facts, piece.group, (*CODED, *NUMBERS, *held), (*CODED, *held))
    own = slice(piece.start, piece.start + piece.rows)
    rows, coded = whole.rows[own], {name: table[name].combine_chunks() for name in CODED}
    for name in OF_REQUEST:
        translate(_indices(coded[name]), words.codes(name, coded[name].dictionary), rows[name])
    second, status = table["second"].to_numpy() - origin, table["status_code"].to_numpy()
    rows["second"], rows["hour"], rows["status_class"] = second, table["hour"].to_numpy(), status // 100
    rows["bytes"] = np.minimum(table["bytes"].to_numpy(), cap)
    rows["duration"] = pc.fill_null(table["duration"], -1).to_numpy()
    resource, route, method = (_indices(coded[name]) for name in KINDS)
    pages, files, gets = (_bits(coded[name].dictionary, of) for name, of in KINDS.items())
    is_robot = table["is_robot"].to_numpy()
    tell_kinds(is_robot, status, resource, pages, route, files, method, gets, rows["kind"])
    if not (_within(second, LONGEST) and _within(rows["hour"], 24) and _within(status, 1000)):
        raise CheckFailed(
            f"{piece.path}: a record's time or status is none of its day; nothing is published."
        )
    rows["spoken"] = _spoken(table)
    whole.visitor[own] = _indices(coded["visitor"])
    return _names(piece, coded, words, is_robot)


def _names(piece: _Piece, coded: Coded, words: Words, is_robot: npt.NDArray[np.bool_]) -> _Names:
    """What is known of each visitor of a row group; of robots' agents no words are wanted."""
    visitors, networks = coded["visitor"].dictionary, coded["network"].dictionary
    whose, network_of = _indices(coded["visitor"]), np.zeros(len(visitors), np.int32)
    network_of[whose] = _indices(coded["network"])
    of_agent, people = np.full((len(OF_AGENT), len(visitors)), NO_WORD), np.flatnonzero(~is_robot)
    for at, name in enumerate(OF_AGENT):
        meaning = words.codes(name, coded[name].dictionary)
        of_agent[at, whose[people]] = meaning[_indices(coded[name])[people]]
    return _Names(piece.start, piece.rows, visitors, networks, network_of, of_agent)


def _spoken(table: pa.Table) -> npt.NDArray[np.uint8]:
    """The language of each request's path and the one preferred, as one number; 0 is none."""
    found, place = np.zeros(len(table), np.uint8), {word: at for at, word in enumerate(spoken(), 1)}
    for weight, name in zip((1, LANGUAGES), SPOKEN, strict=True):
        if name in table.column_names:
            column = table[name].combine_chunks()
            meaning = [0, *(weight * place.get(word, 0) for word in column.dictionary.to_pylist())]
            found += np.array(meaning, np.uint8)[pc.fill_null(column.indices, -1).to_numpy() + 1]
    return found


def _within(values: npt.NDArray[np.signedinteger], end: int) -> bool:
    return not len(values) or bool(values.min() >= 0 and values.max() < end)


def _indices(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    indices: npt.NDArray[np.int32] = column.indices.to_numpy()
    return indices


def _bits(words: pa.Array, of: Mapping[str, int]) -> npt.NDArray[np.uint8]:
    """The bits of each word."""
    return np.array([of.get(word, 0) for word in words.to_pylist()], np.uint8)


def _unified(parts: Sequence[pa.Array]) -> tuple[pa.Array, list[npt.NDArray[np.int32]]]:
    """Distinct values of several dictionaries, and for each of these the places of its values among them."""
    if not parts:
        return pa.array([], pa.binary()), []
    together = pa.concat_arrays(parts).dictionary_encode()
    ends = np.cumsum([len(one) for one in parts])
    return together.dictionary, np.split(_indices(together), ends[:-1])


def _in_order(whole: _Whole, visitors: int) -> tuple[npt.NDArray[np.void], Numbers]:
    """Requests by visitor and time, robots' by their agents left out, and where each visitor's begin."""
    chosen = np.flatnonzero(whole.rows["kind"] & COUNTS).astype(np.int32)
    by_time, order = np.empty_like(chosen), np.empty_like(chosen)
    sort_by(whole.rows["second"], chosen, np.zeros(LONGEST + 1, np.int64), by_time)
    starts = np.zeros(visitors + 1, np.int64)
    sort_by(whole.visitor, by_time, starts, order)
    return np.take(whole.rows, order), starts
