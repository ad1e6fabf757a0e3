"""The cheapest generalisation that fulfils the models.

In: a file's combinations, a requirement, a loss. Out: the best scheme, or none. Must not use anything that
could miss the optimum: what is skipped is proven to fail, or to cost no less, by monotonicity.

The schemes are visited by a lower bound of their loss. Where a condition is monotone (k-anonymity and
distinct l-diversity always, every model without suppression, the smallest class size that a model implies
otherwise), a binary search along a path of generalisations tags whole parts of the lattice, as OLA (El Emam
et al. 2009) and Flash (Kohlmayer et al. 2012) do. Ties go to the lower sum of levels, then to the
lexicographically first vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError
from iesiz.microdata.classes import Classes, Microdata, Vector
from iesiz.microdata.lattice import MET, UNKNOWN, Lattice, Tags
from iesiz.microdata.losses import ColumnLoss, Key, Loss
from iesiz.microdata.models import Mask, Requirement

# Classes and cells kept for rolling up, in all: about 200 MB.
KEPT_ROWS = 8_000_000
# Told a scheme, its classes and those that fail; returns what has to be suppressed besides.
Guard = Callable[[Vector, Classes, Mask], Mask]


@dataclass(frozen=True)
class Optimum:
    """The best scheme.

    Attributes:
        levels: one a quasi-identifier.
        loss: as the loss reports it.
        classes: its classes, suppressed ones included.
        failing: which of them are suppressed.
        checked: schemes for which classes were computed.
    """

    levels: Vector
    loss: float
    classes: Classes
    failing: Mask
    checked: int


@dataclass(frozen=True)
class _Best:
    key: Key
    vector: Vector

    @property
    def rank(self) -> tuple[Key, int, Vector]:
        return self.key, sum(self.vector), self.vector


class _Rollup:
    """Classes of schemes, each computed from the smallest finer one still known."""

    def __init__(self, data: Microdata, lattice: Lattice) -> None:
        self.data = data
        self.checked = 0
        self.kept: list[Classes] = []
        self._vectors = np.zeros((16, len(lattice.heights)), dtype=np.int64)
        self._sizes = np.zeros(16, dtype=np.int64)

    def at(self, vector: Vector) -> Classes:
        """Return the classes of a scheme."""
        used = len(self.kept)
        finer = np.flatnonzero((self._vectors[:used] <= vector).all(axis=1))
        source = self.data.finest
        if finer.size:
            best = int(finer[np.argmin(self._sizes[finer])])
            source = self.kept[best]
            if tuple(self._vectors[best].tolist()) == vector:
                return source
        found = self.data.roll_up(source, vector)
        self.checked += 1
        self._keep(vector, found)
        return found

    def _keep(self, vector: Vector, found: Classes) -> None:
        used = len(self.kept)
        if used == len(self._sizes):
            self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])
        self._vectors[used] = vector
        self._sizes[used] = len(found) + (len(found.cells.owner) if found.cells else 0)
        self.kept.append(found)
        while self._sizes.sum() > KEPT_ROWS:
            self._forget(int(np.argmax(self._sizes)))

    def _forget(self, index: int) -> None:
        # A vector above every scheme is finer than none, so it is never found again.
        self._vectors[index], self._sizes[index] = np.iinfo(np.int64).max, 0
        self.kept[index] = self.data.finest


class _Search:
    """One run over a lattice."""

    def __init__(
        self, data: Microdata, requirement: Requirement, loss: Loss, guard: Guard | None, least: Vector | None
    ) -> None:
        self.data, self.requirement, self.loss = data, requirement, loss
        self.guard, self.least = guard, least
        self.lattice = Lattice(tuple(hierarchy.height for hierarchy in data.hierarchies))
        self.tags = Tags(self.lattice)
        self.rollup = _Rollup(data, self.lattice)
        self.limit = requirement.limit(data.records)
        # What a guard adds may fall when a scheme is generalised: nothing is tagged by it.
        self.is_monotone = guard is None and requirement.is_monotone(data.records)
        self.bounds = self._bounds()
        self.best: _Best | None = None

    def run(self) -> Optimum | None:
        for number in self._order().tolist():
            vector = self.lattice.vector(number)
            if self._is_beyond_best(number):
                break
            if self._is_coarse_enough(vector) and self._may_be_anonymous(vector):
                self._evaluate(vector)
        return None if self.best is None else self._optimum(self.best.vector)

    def _is_coarse_enough(self, vector: Vector) -> bool:
        if self.tags.is_dominated[vector]:
            return False
        return self.least is None or all(
            level >= least for level, least in zip(vector, self.least, strict=True)
        )

    def _bounds(self) -> npt.NDArray[np.float64] | None:
        if not isinstance(self.loss, ColumnLoss):
            return None
        vectors = self.lattice.vectors()
        columns = [column[vectors[:, place]] for place, column in enumerate(self.loss.bounds)]
        return self.loss.bound(np.stack(columns, axis=1))

    def _order(self) -> npt.NDArray[np.int64]:
        sums = self.lattice.vectors().sum(axis=1)
        keys = [] if self.bounds is None else list(self.bounds.T[::-1])
        return np.lexsort((np.arange(len(self.lattice)), sums, *keys))

    def _is_beyond_best(self, number: int) -> bool:
        if self.best is None or self.bounds is None:
            return False
        return tuple(self.bounds[number].tolist()) > self.best.key

    def _may_be_anonymous(self, vector: Vector) -> bool:
        if self.tags.state[vector] == UNKNOWN:
            self._tag_along(self._path_up(vector))
        return bool(self.tags.state[vector] == MET)

    def _path_up(self, vector: Vector) -> list[Vector]:
        """Return a path from a scheme to the last unknown one above it, always by the cheapest step."""
        path = [vector]
        while True:
            steps = [step for step in self.lattice.successors(path[-1]) if self.tags.state[step] == UNKNOWN]
            if not steps:
                return path
            path.append(min(steps, key=self._step_cost))

    def _step_cost(self, vector: Vector) -> tuple[float, ...]:
        if self.bounds is None:
            return ()
        return tuple(self.bounds[self.lattice.number(vector)].tolist())

    def _tag_along(self, path: list[Vector]) -> None:
        """Find where on a path the monotone condition begins to hold, by bisection."""
        low, high = 0, len(path) - 1
        while low <= high:
            middle = (low + high) // 2
            if self._meets_monotone(self.rollup.at(path[middle])):
                self.tags.met(path[middle])
                high = middle - 1
            else:
                self.tags.failed(path[middle])
                low = middle + 1

    def _meets_monotone(self, classes: Classes) -> bool:
        failing = self._failing(classes) if self.is_monotone else classes.counts < self.requirement.smallest
        return int(classes.counts[failing].sum()) <= self.limit

    def _failing(self, classes: Classes) -> Mask:
        return self.requirement.failing(classes, self.data.sensitive_counts)

    def _suppressed(self, vector: Vector, classes: Classes) -> Mask:
        failing = self._failing(classes)
        if self.guard is None or int(classes.counts[failing].sum()) > self.limit:
            return failing
        return self.guard(vector, classes, failing)

    def _evaluate(self, vector: Vector) -> None:
        classes = self.rollup.at(vector)
        failing = self._suppressed(vector, classes)
        if int(classes.counts[failing].sum()) <= self.limit:
            found = _Best(self.loss.key(vector, classes, failing), vector)
            if self.best is None or found.rank < self.best.rank:
                self.best = found
        if self._beats_all_above(vector, classes):
            self.tags.dominated_above(vector)

    def _beats_all_above(self, vector: Vector, classes: Classes) -> bool:
        """Return whether the best known is better than any generalisation of a scheme."""
        if self.best is None or isinstance(self.loss, ColumnLoss):
            return False
        return (self.loss.lower(classes), sum(vector)) >= (self.best.key, sum(self.best.vector))

    def _optimum(self, vector: Vector) -> Optimum:
        classes = self.rollup.at(vector)
        failing = self._suppressed(vector, classes)
        loss = self.loss.value(vector, classes, failing)
        return Optimum(vector, loss, classes, failing, self.rollup.checked)


def optimal(
    data: Microdata,
    requirement: Requirement,
    loss: Loss,
    guard: Guard | None = None,
    least: Vector | None = None,
) -> Optimum | None:
    """Return the scheme of least loss that fulfils a requirement, or None if no scheme does.

    Args:
        data: the records.
        requirement: models, and the share of records that may be suppressed.
        loss: what is to be least.
        guard: what has to be suppressed besides; a class that the models suppress stays so.
        least: only schemes at least as general are looked at.

    Raises:
        SettingsError: the lattice is too large, or a model needs a sensitive attribute that the data lack.
    """
    if requirement.needs_sensitive and data.finest.cells is None:
        raise SettingsError("this model needs a sensitive attribute; name one with --sensitive")
    return _Search(data, requirement, loss, guard, least).run()
