"""What microdata tell beside published tables of the same people, and what has to be suppressed for it.

In: classes of a scheme, and for each group that a table knows (people of one site who state one region, ...)
what the table has published of it. Out: classes to suppress besides. It must not show a record that the
models suppress.

Two differences are looked at, for each table and each margin of it, in the words that the scheme shows:

1. People of a group minus its records are the suppressed people. They must be none or at least k, unless no
   record of the group is shown: then the microdata tell nothing of it.
2. Records of a group minus what the table has published of it are people whom the table withholds. As long
   as a group shows no more records than are published of it, any table that was possible stays possible. It
   may show more only where what is told is a sum over at least `LEAST_CELLS` withheld cells with at least 2 k
   people in them.

Whole classes are suppressed, the smallest first, until both hold.
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

LEAST_CELLS = 10

Place = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a table says of a group: the sum of its published cells, and how many cells are withheld."""

    published: int
    withheld: int

    def plus(self, other: Told) -> Told:
        """Both together."""
        return Told(self.published + other.published, self.withheld + other.withheld)


@dataclass(frozen=True)
class Cut:
    """One table, as far as it can be compared with the microdata.

    Attributes:
        columns: quasi-identifiers, perhaps the sensitive attribute last.
        told: for each combination of their values what the table says; None where nothing is published.
        grouped: for the sensitive attribute, if it is a column, the words of the table for its values.
        uncovered: days of the cohort of which the table knows nothing; each may hold anybody.
    """

    columns: tuple[str, ...]
    told: Mapping[Place, Told] | None = None
    grouped: Mapping[str, str] | None = None
    uncovered: int = 0


@dataclass(frozen=True)
class _Groups:
    """Groups of one margin under a scheme: pieces of classes, each of which lies in one group."""

    class_of: npt.NDArray[np.int64]
    group_of: npt.NDArray[np.int64]
    count: Counts
    size: int
    told: tuple[Told, ...] | None

    def sums(self, chosen: Mask) -> Counts:
        """People of each group that are in chosen classes."""
        weights = np.where(chosen[self.class_of], self.count, 0)
        return np.bincount(self.group_of, weights, minlength=self.size).astype(np.int64)

    def most(self, k: int) -> Counts:
        """The records that each group may show."""
        total = np.bincount(self.group_of, self.count, minlength=self.size).astype(np.int64)
        if self.told is None:
            return total
        published = np.array([one.published for one in self.told], np.int64)
        withheld = np.array([one.withheld for one in self.told], np.int64)
        is_sum = (withheld >= LEAST_CELLS) & (total - published >= 2 * k)
        return np.where(is_sum, total, np.minimum(total, published))


@dataclass(frozen=True)
class TablesGuard:
    """Suppresses what published tables would tell of beside the microdata.

    Attributes:
        data: the records.
        sensitive: name of the sensitive attribute; "" without one.
        cuts: the tables.
        k: fewest people that a difference may tell of.
        limit: records that may be suppressed; nothing is sought beyond.
    """

    data: Microdata
    sensitive: str
    cuts: Sequence[Cut]
    k: int
    limit: int

    def __call__(self, vector: Vector, classes: Classes, failing: Mask) -> Mask:
        """Return the classes to suppress, those that fail among them."""
        margins = [one for cut in self.cuts for one in self._margins(cut, vector, classes)]
        failing = failing.copy()
        checked = 0
        while checked < len(margins) and int(classes.counts[failing].sum()) <= self.limit:
            chosen = self._next(margins[checked], classes, failing)
            if chosen is None:
                checked += 1
            else:
                failing[chosen] = True
                checked = 0
        return failing

    def _next(self, one: _Groups, classes: Classes, failing: Mask) -> int | None:
        """The smallest class of the first group that tells too much; None if none does."""
        shown, gone = one.sums(~failing), one.sums(failing)
        tells = (shown > one.most(self.k)) | ((gone > 0) & (gone < self.k))
        found = np.flatnonzero(tells & (shown > 0))
        if not found.size:
            return None
        inside = np.unique(one.class_of[one.group_of == found[0]])
        inside = inside[~failing[inside]]
        return int(inside[np.argmin(classes.counts[inside])])

    def _margins(self, cut: Cut, vector: Vector, classes: Classes) -> list[_Groups]:
        chosen = [
            names
            for ways in range(len(cut.columns) + 1)
            for names in itertools.combinations(cut.columns, ways)
        ]
        return [self._groups(cut, names, vector, classes) for names in chosen]

    def _groups(self, cut: Cut, names: Sequence[str], vector: Vector, classes: Classes) -> _Groups:
        pieces, count = np.arange(len(classes), dtype=np.int64), classes.counts
        if self.sensitive in names and classes.cells is not None:
            pieces, count = classes.cells.owner, classes.cells.count
        digits = [self._codes(cut, name, vector, classes, pieces) for name in names]
        sizes = [len(self._labels(cut, name, vector)) for name in names]
        owner, size = group(digits, sizes, len(pieces))
        if cut.told is None:
            return _Groups(pieces, owner, count, size, None)
        first = np.empty(size, np.int64)
        first[owner] = np.arange(len(owner))
        places = [
            tuple(
                self._labels(cut, name, vector)[int(column[row])]
                for name, column in zip(names, digits, strict=True)
            )
            for row in first
        ]
        told = self._shown(cut, names, vector)
        return _Groups(
            pieces,
            owner,
            count,
            size,
            tuple(told.get(place, Told(0, 0)).plus(Told(0, cut.uncovered)) for place in places),
        )

    def _labels(self, cut: Cut, name: str, vector: Vector) -> tuple[str, ...]:
        if name == self.sensitive:
            return tuple(dict.fromkeys((cut.grouped or {}).values()))
        place = self._place(name)
        return self.data.hierarchies[place].labels[vector[place]]

    def _codes(
        self, cut: Cut, name: str, vector: Vector, classes: Classes, pieces: npt.NDArray[np.int64]
    ) -> Codes:
        if name == self.sensitive and classes.cells is not None:
            words = self._labels(cut, name, vector)
            coded = [words.index((cut.grouped or {})[value]) for value in self.data.sensitive_values]
            return np.array(coded, np.int32)[classes.cells.value]
        place = self._place(name)
        rows = self.data.codes[classes.representative[pieces], place]
        shown: Codes = self.data.hierarchies[place].codes[vector[place]][rows]
        return shown

    def _place(self, name: str) -> int:
        return [one.column for one in self.data.hierarchies].index(name)

    def _shown(self, cut: Cut, names: Sequence[str], vector: Vector) -> dict[Place, Told]:
        """What the table says of each group of a margin, in the words of the scheme."""
        found: dict[Place, Told] = {}
        words = [self._words(name, vector) for name in names]
        places = [cut.columns.index(name) for name in names]
        for values, told in (cut.told or {}).items():
            key = tuple(
                word.get(values[place], values[place]) for word, place in zip(words, places, strict=True)
            )
            found[key] = found.get(key, Told(0, 0)).plus(told)
        return found

    def _words(self, name: str, vector: Vector) -> dict[str, str]:
        if name == self.sensitive:
            return {}
        place = self._place(name)
        one, level = self.data.hierarchies[place], vector[place]
        return {
            value: one.labels[level][code]
            for value, code in zip(one.labels[0], one.codes[level], strict=True)
        }
