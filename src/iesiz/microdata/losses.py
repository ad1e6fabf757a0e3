"""What a generalisation costs, as ARX 3 defines it.

In: a file's combinations, a scheme, its classes and which of them are suppressed. Out: keys that order
schemes (smaller is better) and the number reported. Must not know the models or the search.

Each loss gives a lower bound that never falls when a scheme is generalised further; the search relies on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError
from iesiz.microdata.classes import Classes, Microdata, Vector
from iesiz.microdata.hierarchy import Hierarchy

Key = tuple[float, ...]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
# Digits that count when two losses are compared: sums in another order must not break a tie.
ENTROPY_DIGITS = 6
SHARE_DIGITS = 10


class Loss(Protocol):
    """A measure of what is lost."""

    def lower(self, classes: Classes) -> Key:
        """Return a key that neither this scheme nor any generalisation of it falls below."""
        ...

    def key(self, vector: Vector, classes: Classes, failing: Mask) -> Key:
        """Return the key of a scheme once its failing classes are suppressed."""
        ...

    def value(self, vector: Vector, classes: Classes, failing: Mask) -> float:
        """Return the loss as it is reported."""
        ...


@runtime_checkable
class ColumnLoss(Loss, Protocol):
    """A loss that columns have by themselves, so that schemes are bounded without forming a class.

    Attributes:
        bounds: for each quasi-identifier and level the loss of the column if nothing were suppressed.
    """

    @property
    def bounds(self) -> tuple[Floats, ...]:
        """Return the losses of the columns by level."""
        ...

    def bound(self, columns: Floats) -> Floats:
        """Return the keys that schemes cannot fall below.

        Args:
            columns: shape (schemes, quasi-identifiers), entries of `bounds`.

        Returns:
            shape (schemes, key length).
        """
        ...


@dataclass(frozen=True)
class Entropy:
    """Non-uniform entropy: the bits lost when each value is replaced by its generalisation.

    The sum over quasi-identifiers and records of log2(n(generalised value) / n(value)), n counting records.
    Suppression costs nothing here (ARX's monotonic variant, which its reference optima use).
    """

    bounds: tuple[Floats, ...]

    @classmethod
    def over(cls, data: Microdata) -> Entropy:
        """Return the loss for a file."""
        return cls(
            tuple(
                np.array([_column_entropy(data, column, level) for level in range(hierarchy.height)])
                for column, hierarchy in enumerate(data.hierarchies)
            )
        )

    def bound(self, columns: Floats) -> Floats:
        """Return the loss, which needs no class."""
        return np.asarray(np.round(columns.sum(axis=1), ENTROPY_DIGITS)[:, None])

    def lower(self, classes: Classes) -> Key:
        """Return 0: classes tell nothing that `bound` does not."""
        return (0.0,)

    def key(self, vector: Vector, classes: Classes, failing: Mask) -> Key:
        """Return the rounded loss."""
        return _first(self.bound(_row(self.bounds, vector)))

    def value(self, vector: Vector, classes: Classes, failing: Mask) -> float:
        """Return the bits lost."""
        return float(sum(column[level] for column, level in zip(self.bounds, vector, strict=True)))


@dataclass(frozen=True)
class Coverage:
    """ARX's Loss (after Iyengar 2002): the share of each column's domain that a value stands for.

    A column's loss is the mean share over all records, a suppressed record counting as 1, scaled so that an
    untouched column has 0 and a column of one label 1. Schemes are compared by their worst column, then the
    next worst and so on (ARX's rank); reported is the geometric mean of 1 + loss, less 1.
    """

    hierarchies: tuple[Hierarchy, ...]
    records: int
    bounds: tuple[Floats, ...]
    codes: npt.NDArray[np.int32]

    @classmethod
    def over(cls, data: Microdata) -> Coverage:
        """Return the loss for a file."""
        bounds = []
        for column, hierarchy in enumerate(data.hierarchies):
            sums = [
                float(data.level_counts(column, level) @ hierarchy.shares(level))
                for level in range(hierarchy.height)
            ]
            bounds.append(np.array([_scaled(total, data.records, hierarchy) for total in sums]))
        return cls(data.hierarchies, data.records, tuple(bounds), data.codes)

    def bound(self, columns: Floats) -> Floats:
        """Return the columns' losses without suppression, the worst first."""
        return np.asarray(-np.sort(-np.round(columns, SHARE_DIGITS), axis=1))

    def lower(self, classes: Classes) -> Key:
        """Return zeros: classes tell nothing that `bound` does not."""
        return (0.0,) * len(self.hierarchies)

    def key(self, vector: Vector, classes: Classes, failing: Mask) -> Key:
        """Return the columns' losses, the worst first."""
        return _first(self.bound(self._columns(vector, classes, failing)[None, :]))

    def value(self, vector: Vector, classes: Classes, failing: Mask) -> float:
        """Return the geometric mean of 1 + loss over the columns, less 1."""
        columns = self._columns(vector, classes, failing)
        return float(np.prod((1.0 + columns) ** (1.0 / len(columns))) - 1.0)

    def _columns(self, vector: Vector, classes: Classes, failing: Mask) -> Floats:
        suppressed = int(classes.counts[failing].sum())
        kept, counts = classes.representative[~failing], classes.counts[~failing]
        losses = []
        for column, (hierarchy, level) in enumerate(zip(self.hierarchies, vector, strict=True)):
            shares = hierarchy.shares(level)[hierarchy.codes[level][self.codes[kept, column]]]
            losses.append(_scaled(float(counts @ shares) + suppressed, self.records, hierarchy))
        return np.array(losses)


@dataclass(frozen=True)
class Discernibility:
    """The sum of squared class sizes, suppressed or not (ARX's monotonic variant, DM*, of Bayardo 2005)."""

    def lower(self, classes: Classes) -> Key:
        """Return the loss itself: merging classes only adds to it."""
        return (float((classes.counts.astype(np.float64) ** 2).sum()),)

    def key(self, vector: Vector, classes: Classes, failing: Mask) -> Key:
        """Return the loss."""
        return self.lower(classes)

    def value(self, vector: Vector, classes: Classes, failing: Mask) -> float:
        """Return the sum of squares."""
        return self.lower(classes)[0]


@dataclass(frozen=True)
class AverageClassSize:
    """Records by class, all suppressed records forming one class (ARX's variant of LeFevre et al. 2006)."""

    def lower(self, classes: Classes) -> Key:
        """Return the average over all classes: suppressing or merging any only adds to it."""
        return (float(classes.counts.sum()) / len(classes),)

    def key(self, vector: Vector, classes: Classes, failing: Mask) -> Key:
        """Return the average."""
        groups = int(np.count_nonzero(~failing)) + bool(failing.any())
        return (float(classes.counts.sum()) / groups,)

    def value(self, vector: Vector, classes: Classes, failing: Mask) -> float:
        """Return the average."""
        return self.key(vector, classes, failing)[0]


LOSSES = ("entropy", "discernibility", "loss", "class-size")


def loss_named(name: str, data: Microdata) -> Loss:
    """Return one of LOSSES for a file.

    Raises:
        SettingsError: there is no such loss.
    """
    if name == "entropy":
        return Entropy.over(data)
    if name == "loss":
        return Coverage.over(data)
    if name == "discernibility":
        return Discernibility()
    if name == "class-size":
        return AverageClassSize()
    raise SettingsError(f"the loss must be one of {', '.join(LOSSES)}")


def _column_entropy(data: Microdata, column: int, level: int) -> float:
    hierarchy = data.hierarchies[column]
    own = data.level_counts(column, 0)
    general = data.level_counts(column, level)[hierarchy.codes[level]]
    seen = own > 0
    return math.fsum(own[seen] * np.log2(general[seen] / own[seen]))


def _scaled(total: float, records: int, hierarchy: Hierarchy) -> float:
    """Scale a sum of shares so that an untouched column has 0; a domain of one value can lose nothing."""
    least = records / hierarchy.domain_size
    return max(0.0, (total - least) / (records - least)) if hierarchy.domain_size > 1 else 0.0


def _row(bounds: tuple[Floats, ...], vector: Vector) -> Floats:
    return np.array([[column[level] for column, level in zip(bounds, vector, strict=True)]])


def _first(keys: Floats) -> Key:
    return tuple(float(part) for part in keys[0])
