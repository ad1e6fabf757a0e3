"""One row group of a part as numbers: its requests, and what is known of each visitor in it.

In: parts of one site. Out: rows of ``ROW`` where the caller wants them, and ``Names``. Words are codes into
the day's ``Words``; a pseudonym stands once. It must not look from one row group into another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.aggregate.fill_kernel import fill_numbers, tell_kinds, tell_visitors
from iesiz.aggregate.habit_kernel import ASSET, FOR_ROBOTS, PAGE
from iesiz.aggregate.visit_kernel import LANGUAGES
from iesiz.aggregate.words import OF_AGENT, OF_REQUEST, WORDS, Words, row_group, spoken
from iesiz.errors import CheckFailed
from iesiz.take_kernel import take

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

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.void]
Coded = Mapping[str, pa.DictionaryArray]
NO_WORD = np.int32(np.iinfo(np.int32).max)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the records of a day mean as numbers.

    Attributes:
        words: those of the day.
        origin: second since 1970-01-01 UTC from which the day's seconds count.
        cap: bytes that count for one request.
    """

    words: Words
    origin: int
    cap: int


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group, and where its rows go among those of all."""

    path: Path
    facts: pq.FileMetaData
    group: int
    start: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.facts.row_group(self.group).num_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Pseudonyms of some rows, and the network and the agent's words of each visitor.

    Attributes:
        visitors: pseudonyms, each once.
        networks: pseudonyms, each once.
        network_of: place of each visitor's network in ``networks``.
        of_agent: codes of each visitor's words in ``OF_AGENT``, shape (words, visitors).
    """

    visitors: pa.Array
    networks: pa.Array
    network_of: Codes
    of_agent: Codes


def origin_of(day: dt.date) -> int:
    """A second, a whole hour, before a local day's first in any zone."""
    return int((day - dt.date(1970, 1, 1)).total_seconds()) - 24 * 3600


def row_groups(paths: Sequence[Path]) -> list[RowGroup]:
    """The row groups of some parts, their rows one after the other."""
    groups, start = list[RowGroup](), 0
    for path in paths:
        facts = pq.read_metadata(path)
        for number in range(facts.num_row_groups):
            groups.append(RowGroup(path, facts, number, start))
            start += groups[-1].rows
    return groups


def read_into(rows: Rows, visitor: Codes, group: RowGroup, meaning: Meaning) -> Names:
    """Read one row group.

    Args:
        rows: receives its requests.
        visitor: receives the place of each request's visitor in the names.
        group: the row group.
        meaning: that of the day.

    Raises:
        CheckFailed: a record's time or status is none of the day.
    """
    held = [name for name in SPOKEN if name in group.facts.schema.names]
    table = row_group(group.path, group.facts, group.group, (*CODED, *NUMBERS, *held), (*CODED, *held))
    coded = {name: table[name].combine_chunks() for name in CODED}
    for name in OF_REQUEST:
        take(meaning.words.codes(name, coded[name].dictionary), _indices(coded[name]), rows[name])
    numbers = (table[name].to_numpy() for name in ("second", "hour", "status_code", "bytes"))
    second, hour, status, size = numbers
    if not fill_numbers(second, hour, status, size, meaning.origin, LONGEST, meaning.cap, rows):
        raise CheckFailed(
            f"{group.path}: a record's time or status is none of its day; nothing is published."
        )
    rows["duration"] = pc.fill_null(table["duration"], -1).to_numpy()
    resource, route, method = (_indices(coded[name]) for name in KINDS)
    pages, files, gets = (_bits(coded[name].dictionary, of) for name, of in KINDS.items())
    is_robot = table["is_robot"].to_numpy()
    tell_kinds(is_robot, status, resource, pages, route, files, method, gets, rows["kind"])
    rows["spoken"] = _spoken(table)
    visitor[:] = _indices(coded["visitor"])
    return _names(coded, meaning.words, is_robot)


def _names(coded: Coded, words: Words, is_robot: npt.NDArray[np.bool_]) -> Names:
    """What is known of each visitor of a row group; of robots' agents no words are wanted."""
    visitors, networks = coded["visitor"].dictionary, coded["network"].dictionary
    network_of, of_agent = np.zeros(len(visitors), np.int32), np.full((len(OF_AGENT), len(visitors)), NO_WORD)
    whose, network = _indices(coded["visitor"]), _indices(coded["network"])
    meanings = tuple(words.codes(name, coded[name].dictionary) for name in OF_AGENT)
    found = tuple(_indices(coded[name]) for name in OF_AGENT)
    tell_visitors(whose, network, is_robot, found, meanings, network_of, of_agent)
    return Names(visitors, networks, network_of, of_agent)


def _spoken(table: pa.Table) -> npt.NDArray[np.uint8]:
    """The language of each request's path and the one preferred, as one number; 0 is none."""
    found, place = np.zeros(len(table), np.uint8), {word: at for at, word in enumerate(spoken(), 1)}
    for weight, name in zip((1, LANGUAGES), SPOKEN, strict=True):
        if name in table.column_names and table[name].null_count < len(table):
            column = table[name].combine_chunks()
            meaning = [0, *(weight * place.get(word, 0) for word in column.dictionary.to_pylist())]
            found += np.array(meaning, np.uint8)[pc.fill_null(column.indices, -1).to_numpy() + 1]
    return found


def _indices(column: pa.DictionaryArray) -> Codes:
    indices: Codes = column.indices.to_numpy()
    return indices


def _bits(words: pa.Array, of: Mapping[str, int]) -> npt.NDArray[np.uint8]:
    """The bits of each word."""
    return np.array([of.get(word, 0) for word in words.to_pylist()], np.uint8)
