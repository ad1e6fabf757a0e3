"""What somebody with a solver gets out of what is published.

In: the plan, the values to be published, what everyone knows. Out: an interval for each withheld number.
Must not see an exact count: a `View` holds NaN wherever a number is withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.block import Block
from iesiz.disclosure.components import blocks, follow
from iesiz.disclosure.sparse import Bools, Floats, Ints, Rows, stack
from iesiz.disclosure.spread import spread
from iesiz.disclosure.system import LinearSystem

# No variable is larger than this, or than eight times the largest published number; what nothing published
# bounds is reported as infinite. A wider ceiling costs the solver the digits that counts are made of.
LEAST_CEILING, TIMES_LARGEST = 1e6, 8


@dataclass(frozen=True, eq=False)
class View:
    """What is there to be seen: the plan and the published numbers, NaN where withheld, shape (forms,)."""

    system: LinearSystem
    values: Floats

    def __post_init__(self) -> None:
        """Check the shape.

        Raises:
            ValueError: one value for each form is expected.
        """
        if self.values.shape != (len(self.system.forms),):
            raise ValueError("a view needs a value or NaN for each planned number")

    @property
    def published(self) -> Bools:
        """Which forms are published."""
        return ~np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class Intervals:
    """What the attacker gets for some forms.

    Attributes:
        forms: numbers of the forms, shape (n,).
        lo, hi: ends of the intervals, attained by some possible table.
        exact: where both ends are proven optima; elsewhere the true interval is at least this wide.
    """

    forms: Ints
    lo: Floats
    hi: Floats
    exact: Bools

    @property
    def width(self) -> Floats:
        """Lengths of the intervals."""
        return self.hi - self.lo


class Attacker:
    """Linear programs over one view, one warm model for each connected component."""

    def __init__(self, view: View, insiders: tuple[tuple[int, ...], ...] = ()) -> None:
        """Prepare a model for each component in which something is withheld.

        Args:
            view: what is published.
            insiders: variables that may be told to the attacker later, see `knowing`.

        Raises:
            PrivacyRefusal: the published values contradict each other.
        """
        self.view = view
        self.targets: Ints = np.flatnonzero(~view.published)
        system, seen = view.system, np.flatnonzero(view.published)
        known = follow(system.forms.take(seen), view.values[seen])
        self.values = np.nan_to_num(known.values)
        forms = system.forms.take(self.targets)
        self._offset = forms.dot(self.values)
        rows = stack([system.forms.take(seen), system.limits.rows])
        shift = rows.dot(self.values)
        lower = np.concatenate([view.values[seen], system.limits.lower]) - shift
        upper = np.concatenate([view.values[seen], system.limits.upper]) - shift
        watched = np.unique(np.array([v for told in insiders for v in told], dtype=np.int64))
        largest = np.abs(np.nan_to_num(view.values[seen])).max(initial=0.0)
        self._ceiling = max(LEAST_CEILING, TIMES_LARGEST * float(largest))
        self.blocks = _split(known.unknown, rows, (lower, upper), forms, watched, self._ceiling)
        self._block_of = {int(v): block for block in self.blocks for v in block.variables[block.watched]}
        self._homes: list[list[tuple[Block, int]]] = [[] for _ in self.targets]
        for block in self.blocks:
            for part, target in enumerate(block.targets):
                self._homes[target].append((block, part))

    def intervals(self, needs: Floats | None = None) -> Intervals:
        """Both ends of every withheld form; with `needs`, only as far as the widths asked for are shown.

        Args:
            needs: shape (targets,); a target whose interval is seen to be this wide is not solved further.

        Raises:
            PrivacyRefusal: the solver proved no optimum.
        """
        wanted = np.full(len(self.targets), np.inf) if needs is None else needs
        self.show(wanted)
        for target in range(len(self.targets)):
            self.settle(target, wanted[target])
        return self.seen()

    def show(self, needs: Floats) -> None:
        """Show as much as a few solutions show of all targets at once; `settle` finds the rest.

        Args:
            needs: the width asked of each target, shape (targets,).
        """
        for block in self.blocks:
            block.scale()
            spread(block, needs[block.targets])

    def settle(self, target: int, need: float) -> None:
        """Solve until the target's interval is seen to be as wide as needed, or is proven."""
        for block, part in self._homes[target]:
            for up in (True, False):
                if self.width(target) < need and not (block.high if up else block.low)[part]:
                    block.push(part, up)

    def width(self, target: int) -> float:
        """How wide a target's interval has been seen to be."""
        return float(sum(block.hi[part] - block.lo[part] for block, part in self._homes[target]))

    def seen(self) -> Intervals:
        """The intervals as far as they have been solved."""
        lo, hi = self._offset.copy(), self._offset.copy()
        exact = np.ones(len(self.targets), dtype=np.bool_)
        for block in self.blocks:
            np.add.at(lo, block.targets, block.lo)
            np.add.at(hi, block.targets, block.hi)
            exact[block.targets[~(block.low & block.high)]] = False
        return Intervals(self.targets, _snap(lo), np.where(hi >= self._ceiling / 2, np.inf, _snap(hi)), exact)

    def reach(self, told: tuple[int, ...]) -> Ints:
        """Targets that share a component with one of these variables, ascending."""
        found = [block.targets for block in self._homes_of(told)]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _homes_of(self, told: Iterable[int]) -> list[Block]:
        return list({id(b): b for v in told if (b := self._block_of.get(v)) is not None}.values())

    @contextmanager
    def knowing(self, facts: dict[int, float]) -> Iterator[Ints]:
        """Give the attacker some watched variables' values for a while; yields the targets in reach.

        Args:
            facts: value of each variable that the attacker knows besides.
        """
        homes = self._homes_of(facts)
        for block in homes:
            block.learn({int(i): facts[int(v)] for i, v in enumerate(block.variables) if int(v) in facts})
        try:
            yield self.reach(tuple(facts))
        finally:
            for block in homes:
                block.unlearn()


def _snap(values: Floats) -> Floats:
    """Whole numbers where the solver's tolerance is all that is missing."""
    whole = np.round(values)
    with np.errstate(invalid="ignore"):  # an end that nobody has looked for is infinite
        return np.where(np.abs(values - whole) < 1e-6, whole, values)


def _split(
    unknown: Ints, rows: Rows, row_bounds: tuple[Floats, Floats], forms: Rows, watched: Ints, most: float
) -> list[Block]:
    """A block for each component that one of the forms touches."""
    rows, forms = rows.within(unknown), forms.within(unknown)
    block_of, ceiling = blocks(rows), _ceiling(rows, row_bounds[1], most)
    count = int(block_of.max(initial=-1)) + 1
    columns = _groups(np.arange(len(unknown)), block_of, count)
    home = np.full(len(rows), count, dtype=np.int64)
    home[rows.row_of] = block_of[rows.indices]
    own_rows = _groups(np.arange(len(rows)), home, count + 1)
    pairs = np.unique(np.stack([block_of[forms.indices], forms.row_of]), axis=1)
    members = _groups(pairs[1], pairs[0], count)
    found = []
    for block in np.unique(pairs[0]):
        variables, own = columns[block], own_rows[block]
        bounds = (np.zeros(len(variables)), ceiling[variables])
        local = (row_bounds[0][own], row_bounds[1][own])
        parts = forms.take(members[block]).within(variables)
        equations = rows.take(own).within(variables)
        eyes = np.flatnonzero(np.isin(unknown[variables], watched))
        found.append(Block(unknown[variables], parts, members[block], equations, local, bounds, eyes))
    return found


def _groups(items: Ints, keys: Ints, count: int) -> list[Ints]:
    """The items of each key 0..count-1."""
    order = np.argsort(keys, kind="stable")
    return np.split(items[order], np.searchsorted(keys[order], np.arange(1, count)))


def _ceiling(rows: Rows, upper: Floats, most: float) -> Floats:
    """A bound on each variable from the rows that hold only positive coefficients."""
    ceiling = np.full(rows.columns, most)
    positive = np.bincount(rows.row_of, weights=rows.data <= 0, minlength=len(rows)) == 0
    usable = positive[rows.row_of] & np.isfinite(upper[rows.row_of])
    np.minimum.at(
        ceiling, rows.indices[usable], np.maximum(upper[rows.row_of[usable]] / rows.data[usable], 0.0)
    )
    return ceiling
