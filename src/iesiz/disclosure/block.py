"""One connected component of what an attacker does not know, with a warm model of its own.

In: equations and inequalities over the component's variables, and the targets' parts in it.
Out: the range of each part, found by solving or seen on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from iesiz.disclosure.lp import Model, Optimum
from iesiz.disclosure.sparse import Bools, Floats, Ints, Rows

POOL = 1500  # points kept to answer for insiders without solving
SAME = 1e-9
LEAST = 0.5  # beyond the solver's tolerance: a part that is 0 in all tables never looks like so much


@dataclass(eq=False)
class Block:
    """The component's model and what is known of each part so far.

    Attributes:
        variables: numbers of the component's variables in the whole system.
        parts: the targets restricted to the component, shape (parts, variables).
        targets: which target each part belongs to, shape (parts,).
        rows, row_bounds, bounds: the linear program.
        watched: variables (numbers within the component) that an insider may know.
        lo, hi: ends of each part seen in some feasible point.
        low, high: whether that end is a proven optimum.
    """

    variables: Ints
    parts: Rows
    targets: Ints
    rows: Rows
    row_bounds: tuple[Floats, Floats]
    bounds: tuple[Floats, Floats]
    watched: Ints
    model: Model = field(init=False)
    lo: Floats = field(init=False)
    hi: Floats = field(init=False)
    low: Bools = field(init=False)
    high: Bools = field(init=False)

    def __post_init__(self) -> None:
        """Build the model."""
        self.model = Model(self.rows, self.row_bounds, self.bounds)
        self._told: dict[int, float] = {}
        self._pool: list[tuple[Floats, Floats]] = []
        self._restart(np.full(len(self.parts), np.inf), np.full(len(self.parts), -np.inf))

    def _restart(self, lo: Floats, hi: Floats) -> None:
        self.lo, self.hi = lo, hi
        self.low, self.high = np.zeros((2, len(self.parts)), dtype=np.bool_)

    def push(self, part: int, up: bool) -> Optimum:
        """Solve for one end of one part; the point found widens what is known of all others."""
        self.model.aim(self.parts.row(part), self.parts.coefficients(part))
        best = self.look(up)
        (self.hi if up else self.lo)[part] = best.value
        (self.high if up else self.low)[part] = True
        return best

    def look(self, up: bool) -> Optimum:
        """Solve for what the model aims at; the point found widens what is known of all parts."""
        best = self.model.solve(maximise=up)
        seen = self.parts.dot(best.point)
        fresh = bool(np.any(seen < self.lo) or np.any(seen > self.hi))
        if fresh and not self._told and len(self.watched) and len(self._pool) < POOL:
            self._pool.append((seen, best.point[self.watched]))
        self.lo, self.hi = np.minimum(self.lo, seen), np.maximum(self.hi, seen)
        return best

    @property
    def is_cone(self) -> bool:
        """Whether nothing is published in the component: each multiple of a possible table is possible."""
        ends = np.concatenate([*self.row_bounds, self.bounds[0]])
        return not ends[np.isfinite(ends)].any() and bool(np.all(self.parts.data > 0))

    def scale(self) -> None:
        """Prove the ends of the parts of a cone at once: a part is 0 in all tables, or anything from 0 on.

        Each solution shows parts that are not 0; what none shows is left to `push`. Nothing is done where an
        insider may know something: what he knows ends the cone, and `push` keeps points for him.
        """
        if len(self.watched) or not self.is_cone:
            return
        rest = ~(self.low & self.high)
        while rest.any():
            wanted = self.parts.take(np.flatnonzero(rest))
            costs: Floats = np.bincount(wanted.indices, wanted.data, len(self.variables)).astype(np.float64)
            self.model.aim(np.flatnonzero(costs), costs[costs > 0])
            found = rest & (self.parts.dot(self.model.solve(maximise=True).point) > LEAST)
            self.lo[found], self.low[found] = 0.0, True
            self.hi[found], self.high[found] = self.parts.dot(self.bounds[1])[found], True
            if not found.any():
                break
            rest &= ~found

    def learn(self, facts: dict[int, float]) -> None:
        """Fix variables (numbers within the component) for a while.

        What was seen before is kept as far as it allows for the facts.
        """
        self._before = (self.lo, self.hi, self.low, self.high)
        self._told = facts
        for variable, value in facts.items():
            self.model.bound(variable, value, value)
        self._restart(*self._section(facts))

    def unlearn(self) -> None:
        """Let the variables move again."""
        for variable in self._told:
            self.model.bound(variable, self.bounds[0][variable], self.bounds[1][variable])
        self._told = {}
        self.lo, self.hi, self.low, self.high = self._before

    def _section(self, facts: dict[int, float]) -> tuple[Floats, Floats]:
        """Ends over mixtures of two points where a variable has its value (possible tables are convex)."""
        nothing = np.full(len(self.parts), np.inf), np.full(len(self.parts), -np.inf)
        if len(facts) != 1 or not self._pool:
            return nothing
        variable, value = next(iter(facts.items()))
        at = np.array([known for _, known in self._pool])[:, np.searchsorted(self.watched, variable)]
        seen = np.array([parts for parts, _ in self._pool])
        if not at.min() <= value <= at.max():
            return nothing
        partner = np.where(at < value, at.argmax(), at.argmin())
        gap = at[partner] - at
        share = np.divide(value - at, gap, out=np.zeros_like(at), where=np.abs(gap) > SAME)
        mixed = seen + share[:, None] * (seen[partner] - seen)
        mixed = mixed[np.abs(at + share * gap - value) <= SAME]
        return mixed.min(axis=0, initial=np.inf), mixed.max(axis=0, initial=-np.inf)
