"""Privacy models: what each class of records must fulfil, and how many records may be suppressed.

In: the classes of a generalisation. Out: which of them fail. Must not search or measure loss.
A class that fails is suppressed whole; a generalisation is anonymous if the records so suppressed are no more
than the limit, as in ARX.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError
from iesiz.microdata import spread
from iesiz.microdata.classes import Classes
from iesiz.microdata.records import Counts

Mask = npt.NDArray[np.bool_]
# A distance or an entropy that equals its threshold passes, whatever the last bits of its sum.
TOLERANCE = 1e-12
DISTANCES = ("equal", "ordered")


class Model(Protocol):
    """A condition on a class.

    Attributes:
        smallest: a class with fewer records fails in any case.
        is_monotone: whether generalising never adds failing records, even where failing classes are
            suppressed. Without suppression every model here is monotone.
        needs_sensitive: whether it looks at the sensitive attribute.
    """

    @property
    def smallest(self) -> int:
        """Return the least records of a class."""
        ...

    @property
    def is_monotone(self) -> bool:
        """Return whether tagging holds under suppression."""
        ...

    @property
    def needs_sensitive(self) -> bool:
        """Return whether the cells are looked at."""
        ...

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes fail; `overall` counts the sensitive values among all records."""
        ...


@dataclass(frozen=True)
class _AtLeastK:
    """A model of which k is the one parameter, and the least records of a class."""

    k: int
    is_monotone = True

    def __post_init__(self) -> None:
        """Refuse k below 1."""
        _at_least("k", self.k, 1)

    @property
    def smallest(self) -> int:
        """Return k: fewer records are not of k people."""
        return self.k


@dataclass(frozen=True)
class KAnonymity(_AtLeastK):
    """Every class has at least k records (Sweeney 2002)."""

    needs_sensitive = False

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes have fewer than k records."""
        return np.asarray(classes.counts < self.k)


@dataclass(frozen=True)
class DailyContributors(_AtLeastK):
    """Every class has at least k distinct contributors, of which a record tells no more than its day.

    The sensitive attribute is the day, and a contributor has at most one record a day. So the records of a
    class on one day are distinct contributors, and the most of all days is a lower bound of their number.
    """

    needs_sensitive = True

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes have fewer than k records on each of their days."""
        return np.asarray(spread.largest_and_tail(classes, 1)[0] < self.k)


@dataclass(frozen=True)
class DistinctDiversity:
    """Every class has at least l sensitive values."""

    l: int  # noqa: E741  the name this parameter has in the literature
    is_monotone = True
    needs_sensitive = True

    def __post_init__(self) -> None:
        """Refuse l below 1."""
        _at_least("l", self.l, 1)

    @property
    def smallest(self) -> int:
        """Return l: fewer records cannot hold l values."""
        return self.l

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes have fewer than l values."""
        return np.asarray(spread.distinct_values(classes) < self.l)


@dataclass(frozen=True)
class EntropyDiversity:
    """In every class the entropy of the sensitive attribute is at least that of l equally frequent values."""

    l: float  # noqa: E741  the name this parameter has in the literature
    is_monotone = False
    needs_sensitive = True

    def __post_init__(self) -> None:
        """Refuse l below 1."""
        _at_least("l", self.l, 1)

    @property
    def smallest(self) -> int:
        """Return l, rounded up: fewer records cannot reach the entropy."""
        return math.ceil(self.l)

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes have too little entropy."""
        return np.asarray(spread.entropy(classes) < math.log2(self.l) - TOLERANCE)


@dataclass(frozen=True)
class RecursiveDiversity:
    """In every class the most frequent value is rarer than c times the values from the l-th on."""

    c: float
    l: int  # noqa: E741  the name this parameter has in the literature
    is_monotone = False
    needs_sensitive = True

    def __post_init__(self) -> None:
        """Refuse l below 1 and c that is not positive."""
        _at_least("l", self.l, 1)
        if not self.c > 0 or not math.isfinite(self.c):
            raise SettingsError("c of recursive (c, l)-diversity must be a number above 0")

    @property
    def smallest(self) -> int:
        """Return l: fewer records cannot hold l values."""
        return self.l

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes have fewer than l values or one that outweighs the rest."""
        largest, tail = spread.largest_and_tail(classes, self.l)
        return np.asarray(largest >= self.c * tail)


@dataclass(frozen=True)
class Closeness:
    """In every class the sensitive attribute is at most t away from its distribution over all records."""

    t: float
    distance: str = "equal"
    is_monotone = False
    needs_sensitive = True
    smallest = 1

    def __post_init__(self) -> None:
        """Refuse t outside [0, 1] and an unknown distance."""
        if not 0 <= self.t <= 1:
            raise SettingsError("t of t-closeness must lie between 0 and 1")
        if self.distance not in DISTANCES:
            raise SettingsError(f"the distance of t-closeness must be one of {', '.join(DISTANCES)}")

    def measure(self, classes: Classes, overall: Counts) -> spread.Measure:
        """Return the distance of each class."""
        distances = {"equal": spread.equal_distance, "ordered": spread.ordered_distance}
        return distances[self.distance](classes, overall)

    def fails(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes are farther than t from the whole."""
        return np.asarray(self.measure(classes, overall) > self.t + TOLERANCE)


@dataclass(frozen=True)
class Requirement:
    """All models together, and the share of records that may be suppressed.

    Attributes:
        models: at least one.
        suppression: share of the records, between 0 and 1.
    """

    models: tuple[Model, ...]
    suppression: float = 0.0

    def __post_init__(self) -> None:
        """Refuse no model at all and a share outside [0, 1]."""
        if not self.models:
            raise SettingsError("name at least one privacy model, for example -k 5")
        if not 0 <= self.suppression <= 1:
            raise SettingsError("the share of records to suppress must lie between 0 and 1")

    @property
    def smallest(self) -> int:
        """Return the records that a class needs whatever else holds."""
        return max(model.smallest for model in self.models)

    @property
    def needs_sensitive(self) -> bool:
        """Return whether a model looks at the sensitive attribute."""
        return any(model.needs_sensitive for model in self.models)

    def limit(self, records: int) -> int:
        """Return how many of the records may be suppressed, rounded down."""
        return math.floor(self.suppression * records)

    def is_monotone(self, records: int) -> bool:
        """Return whether generalising an anonymous scheme always gives an anonymous one."""
        return self.limit(records) == 0 or all(model.is_monotone for model in self.models)

    def failing(self, classes: Classes, overall: Counts) -> Mask:
        """Return which classes must be suppressed."""
        mask = np.asarray(classes.counts < self.smallest)
        for model in self.models:
            if model.needs_sensitive:
                mask |= model.fails(classes, overall)
        return mask


def closeness_of(models: Sequence[Model]) -> Closeness | None:
    """Return the t-closeness among models, if there is one."""
    return next((model for model in models if isinstance(model, Closeness)), None)


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least or not math.isfinite(value):
        raise SettingsError(f"{name} must be a number of at least {least}")
