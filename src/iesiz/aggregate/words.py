"""The words of a day: distinct texts of its records, in alphabetical order, as DuckDB's enumerations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.languages import UNKNOWN, languages
from iesiz.noted_words import noted_words
from iesiz.parallel import in_order
from iesiz.vocabulary import OTHER

OF_REQUEST, OF_AGENT = ("route", "referrer", "device"), ("system", "browser")
WORDS = (*OF_REQUEST, *OF_AGENT)
STATUS_CLASSES = tuple(f"{number}xx" for number in range(10))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of each column, ascending by their bytes; small as numbers, and they read as text."""

    of: Mapping[str, tuple[str, ...]]
    place: Mapping[str, Mapping[str, int]]

    @classmethod
    def among(cls, found: Mapping[str, Iterable[str]]) -> Words:
        """Words in their order. A column without any has one that nothing is: no enumeration is empty."""
        of = {name: tuple(sorted(words, key=str.encode)) or (OTHER,) for name, words in found.items()}
        return cls(of, {name: {word: at for at, word in enumerate(words)} for name, words in of.items()})

    def codes(self, name: str, texts: pa.Array) -> npt.NDArray[np.int32]:
        """The place of each text; of one that the day does not tell apart that of ``OTHER``."""
        place = self.place[name]
        return np.array([place[one if one in place else OTHER] for one in texts.to_pylist()], np.int32)

    def column(self, name: str, codes: npt.NDArray[np.signedinteger[Any]]) -> pd.Categorical:
        """Codes as an enumeration."""
        return pd.Categorical.from_codes(codes, categories=list(self.of[name]), validate=False)


def words_of(
    parts: Mapping[str, Sequence[Path]], threads: int, most_routes: int, shown: Callable[[], set[str]]
) -> Words:
    """The words of all parts of a day, by site.

    Args:
        parts: of the day, by site.
        threads: that read.
        most_routes: routes beyond which they are not all told apart, so that invented ones fill no memory.
        shown: the routes that are told apart then; the others are ``OTHER``.
    """
    facts = {path: pq.read_metadata(path) for paths in parts.values() for path in paths}
    noted = [noted_words(one, WORDS) for one in facts.values()]
    groups = (
        (path, one, group, [name for name in WORDS if name not in known])
        for (path, one), known in zip(facts.items(), noted, strict=True)
        for group in range(one.num_row_groups if len(known) < len(WORDS) else 0)
    )
    found: dict[str, set[str]] = {name: set() for name in WORDS}
    for one in chain(noted, in_order(lambda group: _words_in(*group), groups, threads)):
        for name, words in one.items():
            found[name] |= words if name != "route" or len(found[name]) <= most_routes else set()
    if len(found["route"]) > most_routes:
        found["route"] = shown() | {OTHER}
    fixed = {"site": list(parts), "status_class": STATUS_CLASSES, "language": languages()}
    return Words.among({**found, **fixed})


def spoken() -> tuple[str, ...]:
    """Languages that are known, in the order in which they win of equals."""
    return tuple(word for word in languages() if word != UNKNOWN)


def _words_in(path: Path, facts: pq.FileMetaData, group: int, names: Sequence[str]) -> dict[str, Set[str]]:
    """The words of some columns of one row group."""
    table = row_group(path, facts, group, names, names)
    return {name: set(table[name].combine_chunks().dictionary.to_pylist()) for name in names}


def row_group(
    path: Path, facts: pq.FileMetaData, group: int, columns: Sequence[str], coded: Sequence[str]
) -> pa.Table:
    """Columns of one row group, some of them coded by dictionaries of their own."""
    with pq.ParquetFile(path, metadata=facts, read_dictionary=list(coded)) as part:
        return part.read_row_group(group, columns=list(columns), use_threads=False)
