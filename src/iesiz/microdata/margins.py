"""Groups of a cohort that published tables count as well, in the words of a scheme.

In: classes of a scheme, and what each table has published of the same people (`Cut`). Out: for every margin
of every table its groups: how many records are shown in each, how many are left out. Must not decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.microdata.classes import Classes, Microdata, Vector, group
from iesiz.microdata.models import Mask
from iesiz.microdata.records import Codes, Counts

Place = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a table says of a group.

    Attributes:
        published: the sum of its published cells.
        withheld: how many of its cells are withheld.
        beyond: people of the cohort in the group who came on days that the table does not cover.
    """

    published: int
    withheld: int
    beyond: int = 0

    def plus(self, other: Told) -> Told:
        """Both together."""
        return Told(
            self.published + other.published, self.withheld + other.withheld, self.beyond + other.beyond
        )


NOTHING = Told(0, 0)


@dataclass(frozen=True)
class Cut:
    """One table, as far as it can be compared with the microdata.

    Attributes:
        columns: quasi-identifiers, perhaps the sensitive attribute last.
        told: for each combination of their values what the table says; None where nothing is published.
        grouped: for the sensitive attribute, if it is a column, the words of the table for its values.
        is_once: whether the table counts everybody once; otherwise its sums are at least the people's number.
    """

    columns: tuple[str, ...]
    told: Mapping[Place, Told] | None = None
    grouped: Mapping[str, str] | None = None
    is_once: bool = True


@dataclass(frozen=True)
class Margin:
    """Groups of one margin under a scheme: pieces of classes, each of which lies in one group.

    Attributes:
        cut: number of the table.
        columns: how many columns it keeps; none for the total.
        class_of, group_of, count: of each piece, shape (pieces,).
        told: what the table says of each group; None where nothing is published.
        places: for each group the table's own combinations of values in it.
    """

    cut: int
    columns: int
    class_of: npt.NDArray[np.int64]
    group_of: npt.NDArray[np.int64]
    count: Counts
    size: int
    told: tuple[Told, ...] | None
    places: tuple[tuple[Place, ...], ...]
    is_once: bool

    def sums(self, chosen: Mask) -> Counts:
        """People of each group that are in chosen classes."""
        weights = np.where(chosen[self.class_of], self.count, 0)
        return np.bincount(self.group_of, weights, minlength=self.size).astype(np.int64)

    def classes_in(self, number: int) -> npt.NDArray[np.int64]:
        """The classes that have people in a group."""
        return np.unique(self.class_of[self.group_of == number])


@dataclass(frozen=True)
class Scheme:
    """Classes under a scheme, from which margins are formed.

    Attributes:
        sensitive: name of the sensitive attribute; "" without one.
    """

    data: Microdata
    sensitive: str
    vector: Vector
    classes: Classes

    def margins(self, cuts: Sequence[Cut]) -> list[Margin]:
        """Every margin of every table."""
        return [
            self._margin(number, cut, names)
            for number, cut in enumerate(cuts)
            for ways in range(len(cut.columns) + 1)
            for names in itertools.combinations(cut.columns, ways)
        ]

    def _margin(self, number: int, cut: Cut, names: Sequence[str]) -> Margin:
        pieces, count = np.arange(len(self.classes), dtype=np.int64), self.classes.counts
        if self.sensitive in names and self.classes.cells is not None:
            pieces, count = self.classes.cells.owner, self.classes.cells.count
        digits = [self._codes(cut, name, pieces) for name in names]
        labels = [self._labels(cut, name) for name in names]
        owner, size = group(digits, [len(one) for one in labels], len(pieces))
        if cut.told is None:
            return Margin(number, len(names), pieces, owner, count, size, None, ((),) * size, cut.is_once)
        first = np.empty(size, np.int64)
        first[owner] = np.arange(len(owner))
        keys = [
            tuple(one[int(column[row])] for one, column in zip(labels, digits, strict=True)) for row in first
        ]
        told, places = self._told(cut, names)
        return Margin(
            number,
            len(names),
            pieces,
            owner,
            count,
            size,
            tuple(told.get(key, NOTHING) for key in keys),
            tuple(tuple(places.get(key, ())) for key in keys),
            cut.is_once,
        )

    def _labels(self, cut: Cut, name: str) -> tuple[str, ...]:
        if name == self.sensitive:
            return tuple(dict.fromkeys((cut.grouped or {}).values()))
        place = self._place(name)
        return self.data.hierarchies[place].labels[self.vector[place]]

    def _codes(self, cut: Cut, name: str, pieces: npt.NDArray[np.int64]) -> Codes:
        cells = self.classes.cells
        if name == self.sensitive and cells is not None:
            words = self._labels(cut, name)
            coded = [words.index((cut.grouped or {})[value]) for value in self.data.sensitive_values]
            return np.array(coded, np.int32)[cells.value]
        place = self._place(name)
        rows = self.data.codes[self.classes.representative[pieces], place]
        shown: Codes = self.data.hierarchies[place].codes[self.vector[place]][rows]
        return shown

    def _place(self, name: str) -> int:
        return [one.column for one in self.data.hierarchies].index(name)

    def _told(self, cut: Cut, names: Sequence[str]) -> tuple[dict[Place, Told], dict[Place, list[Place]]]:
        """What the table says of each group of a margin, in the words of the scheme, and its own places."""
        told: dict[Place, Told] = {}
        places: dict[Place, list[Place]] = {}
        words = [self._words(name) for name in names]
        at = [cut.columns.index(name) for name in names]
        for values, one in (cut.told or {}).items():
            key = tuple(word.get(values[place], values[place]) for word, place in zip(words, at, strict=True))
            told[key] = told.get(key, NOTHING).plus(one)
            places.setdefault(key, []).append(values)
        return told, places

    def _words(self, name: str) -> dict[str, str]:
        if name == self.sensitive:
            return {}
        place = self._place(name)
        one, level = self.data.hierarchies[place], self.vector[place]
        return {
            value: one.labels[level][code]
            for value, code in zip(one.labels[0], one.codes[level], strict=True)
        }
