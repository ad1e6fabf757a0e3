"""Records collapsed to classes: those that share every (generalised) value of the quasi-identifiers.

In: codes of the quasi-identifiers and of the sensitive attribute. Out: the distinct combinations of the file
(`Microdata`) and the classes of any generalisation, rolled up from a finer one that is already known.
Must not go back to the records: a generalisation is computed from combinations or classes, which are fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.microdata.hierarchy import Hierarchy
from iesiz.microdata.records import Codes, Counts

# Keys stay below this, so that a further digit of a mixed-radix number cannot overflow 64 bits.
KEY_LIMIT = 2**62
# Above this ratio of key span to keys, sorting the keys is cheaper than a table over the span.
DENSE_RATIO = 8

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Cells:
    """How often each sensitive value occurs in each class, sorted by class and value; no zeros."""

    owner: npt.NDArray[np.int64]
    value: npt.NDArray[np.int64]
    count: Counts


@dataclass(frozen=True)
class Classes:
    """The classes of one generalisation.

    Attributes:
        representative: for each class a combination (row of `Microdata.codes`) that lies in it.
        counts: records in each class.
        cells: sensitive values by class; None without a sensitive attribute.
    """

    representative: npt.NDArray[np.int64]
    counts: Counts
    cells: Cells | None

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.counts)


@dataclass(frozen=True)
class Microdata:
    """A file of records as distinct combinations of its quasi-identifiers.

    Attributes:
        hierarchies: one a quasi-identifier, in the order of the columns.
        codes: shape (combinations, quasi-identifiers): rows of the hierarchies.
        finest: the combinations as classes, one each.
        combination_of: shape (records,), the combination of every record.
        sensitive_values: the values of the sensitive attribute in their order; empty without one.
        sensitive_counts: records with each of them.
    """

    hierarchies: tuple[Hierarchy, ...]
    codes: Codes
    finest: Classes
    combination_of: npt.NDArray[np.int64]
    sensitive_values: tuple[str, ...]
    sensitive_counts: Counts

    @property
    def records(self) -> int:
        """Number of records."""
        return len(self.combination_of)

    def level_counts(self, column: int, level: int) -> Counts:
        """Return the records of each label of a level of a quasi-identifier."""
        hierarchy = self.hierarchies[column]
        labels = hierarchy.codes[level][self.codes[:, column]]
        return _sums(labels, self.finest.counts, len(hierarchy.labels[level]))

    def owners(self, classes: Classes, vector: Vector) -> tuple[npt.NDArray[np.int64], int]:
        """Return for each class its number in a coarser scheme, and how many classes that has."""
        digits, sizes = [], []
        for column, (hierarchy, level) in enumerate(zip(self.hierarchies, vector, strict=True)):
            if len(hierarchy.labels[level]) > 1:
                digits.append(hierarchy.codes[level][self.codes[classes.representative, column]])
                sizes.append(len(hierarchy.labels[level]))
        return group(digits, sizes, len(classes))

    def roll_up(self, finer: Classes, vector: Vector) -> Classes:
        """Return the classes of a generalisation from those of any finer one."""
        owner, size = self.owners(finer, vector)
        representative = np.empty(size, dtype=np.int64)
        representative[owner] = finer.representative
        return Classes(representative, _sums(owner, finer.counts, size), self._cells(finer.cells, owner))

    def _cells(self, finer: Cells | None, owner: npt.NDArray[np.int64]) -> Cells | None:
        if finer is None:
            return None
        span = len(self.sensitive_values)
        cell_of, keys = distinct(owner[finer.owner] * span + finer.value, span * (int(owner.max()) + 1))
        return Cells(keys // span, keys % span, _sums(cell_of, finer.count, len(keys)))


def collapse(
    hierarchies: Sequence[Hierarchy],
    codes: Sequence[Codes],
    sensitive_values: Sequence[str] = (),
    sensitive: Codes | None = None,
) -> Microdata:
    """Collapse records to their distinct combinations.

    Args:
        hierarchies: one a quasi-identifier.
        codes: for each of them the row of its hierarchy of every record, shape (records,).
        sensitive_values: values of the sensitive attribute, in their order.
        sensitive: index into them of every record, shape (records,).
    """
    records = len(codes[0])
    owner, size = group(codes, [hierarchy.domain_size for hierarchy in hierarchies], records)
    first = np.empty(size, dtype=np.int64)
    first[owner] = np.arange(records)
    counts = np.bincount(owner, minlength=size)
    cells, totals = None, np.zeros(0, dtype=np.int64)
    if sensitive is not None:
        span = len(sensitive_values)
        cell_of, keys = distinct(owner * span + sensitive, span * size)
        cells = Cells(keys // span, keys % span, np.bincount(cell_of, minlength=len(keys)))
        totals = np.bincount(sensitive, minlength=span)
    combinations = np.stack([column[first] for column in codes], axis=1)
    finest = Classes(np.arange(size, dtype=np.int64), counts, cells)
    return Microdata(tuple(hierarchies), combinations, finest, owner, tuple(sensitive_values), totals)


def group(digits: Sequence[Codes], sizes: Sequence[int], length: int) -> tuple[npt.NDArray[np.int64], int]:
    """Number the distinct rows of several columns of codes.

    Args:
        digits: columns of codes, each of shape (length,).
        sizes: number of codes of each column.
        length: number of rows, which matters when there is no column.

    Returns:
        for each row the number of its group, and how many groups there are.
    """
    keys = np.zeros(length, dtype=np.int64)
    span = 1
    for column, size in zip(digits, sizes, strict=True):
        if span * size > KEY_LIMIT:
            keys, found = distinct(keys, span)
            span = len(found)
        keys = keys * size + column
        span *= size
    owner, found = distinct(keys, span)
    return owner, len(found)


def distinct(keys: npt.NDArray[np.int64], span: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each key its place among the sorted distinct keys, and these; keys lie in [0, span)."""
    if span <= DENSE_RATIO * len(keys):
        found = np.flatnonzero(np.bincount(keys, minlength=span))
        place = np.empty(span, dtype=np.int64)
        place[found] = np.arange(len(found))
        return place[keys], found
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.ones(len(keys), dtype=bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.cumsum(starts) - 1
    return place, ordered[starts]


def _sums(owner: npt.NDArray[np.integer], amounts: Counts, size: int) -> Counts:
    # Sums of counts stay below 2**53, where the floating-point sums of bincount are exact.
    return np.bincount(owner, weights=amounts, minlength=size).astype(np.int64)
