"""How far an attacker's interval must reach, for each planned number, if its cell is withheld.

In: the rule of each measure and the exact values. Out: frozen `Needs`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.sparse import Bools, Floats

TOLERANCE = 1e-6  # what the solver may leave open


@dataclass(frozen=True, eq=False)
class Needs:
    """Requirements on the interval [lo, hi] of each form, exact value v; arrays of shape (forms,).

    Attributes:
        width: `hi - lo` at least this.
        up: `hi - v` at least this (upper protection level).
        down: `v - lo` at least this (lower protection level).
        whole: the number is known to be whole, so that [2.1, 2.9] and [2.5, 3.4] give it away.
    """

    width: Floats
    up: Floats
    down: Floats
    whole: Bools

    def __post_init__(self) -> None:
        """Check the shapes and the signs.

        Raises:
            ValueError: a requirement is negative, not finite, or missing.
        """
        for need in (self.width, self.up, self.down):
            if need.shape != self.whole.shape or not np.all(np.isfinite(need)) or np.any(need < 0):
                raise ValueError("a requirement is a finite number of at least 0 for each form")

    @property
    def length(self) -> Floats:
        """How far a form has to move in all, shape (forms,); at least 1 for whole numbers."""
        found: Floats = np.maximum.reduce([self.width, self.up, self.down, self.whole.astype(np.float64)])
        return found

    def relaxed(self, forms: Bools) -> Needs:
        """The same needs, but only the width for some of the forms."""
        return Needs(self.width, np.where(forms, 0.0, self.up), np.where(forms, 0.0, self.down), self.whole)

    def met(self, values: Floats, lo: Floats, hi: Floats, forms: np.ndarray) -> Bools:
        """Which of the intervals satisfy their requirement.

        Args:
            values, lo, hi: exact value and ends, shape (n,).
            forms: the forms they belong to, shape (n,).
        """
        slack = TOLERANCE * np.maximum(1.0, np.abs(values))
        wide = hi - lo >= self.width[forms] - slack
        reach = (hi - values >= self.up[forms] - slack) & (values - lo >= self.down[forms] - slack)
        several = np.floor(hi + slack) > np.ceil(lo - slack)
        fits: Bools = wide & reach & (several | ~self.whole[forms])
        return fits


def widths(values: Floats, width: Floats | float, whole: bool = True) -> Needs:
    """The same kind of need for all forms: an interval of a given width around nothing in particular."""
    none = np.zeros(len(values))
    return Needs(
        np.broadcast_to(np.asarray(width, float), values.shape).copy(),
        none,
        none,
        np.full(len(values), whole),
    )


def join(first: Needs, second: Needs) -> Needs:
    """The needs of two measures, one after the other."""
    return Needs(
        np.concatenate([first.width, second.width]),
        np.concatenate([first.up, second.up]),
        np.concatenate([first.down, second.down]),
        np.concatenate([first.whole, second.whole]),
    )
