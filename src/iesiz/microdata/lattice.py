"""All generalisation schemes of a file, their order, and what is already known of each.

A scheme is a vector of levels, one a quasi-identifier; one scheme generalises another if no level is lower.
In: the heights of the hierarchies. Out: vectors by number, and tags that spread to everything above or below.
Must not know what the tags are about, nor any data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError
from iesiz.microdata.classes import Vector

UNKNOWN, MET, FAILED = 0, 1, 2
# Tags and vectors of this many schemes fit into about 1 GiB.
MOST_SCHEMES = 20_000_000


@dataclass(frozen=True)
class Lattice:
    """The product of the hierarchies' levels. Scheme numbers count in lexicographic order of the vectors.

    Attributes:
        heights: levels of each quasi-identifier.
    """

    heights: Vector

    def __post_init__(self) -> None:
        """Refuse an empty lattice and one too large to be searched."""
        if not self.heights or min(self.heights) < 1:
            raise ValueError("a lattice needs at least one column with at least one level")
        if len(self) > MOST_SCHEMES:
            raise SettingsError(
                f"{len(self)} generalisation schemes are more than the {MOST_SCHEMES} that can be searched; "
                "leave out columns or levels"
            )

    def __len__(self) -> int:
        """Return the number of schemes."""
        return math.prod(self.heights)

    def vectors(self) -> npt.NDArray[np.int64]:
        """Return all vectors, shape (schemes, quasi-identifiers), by scheme number."""
        return np.stack(np.unravel_index(np.arange(len(self)), self.heights), axis=1)

    def vector(self, number: int) -> Vector:
        """Return the vector of a scheme."""
        return tuple(int(level) for level in np.unravel_index(number, self.heights))

    def number(self, vector: Vector) -> int:
        """Return the number of a vector."""
        return int(np.ravel_multi_index(vector, self.heights))

    def successors(self, vector: Vector) -> list[Vector]:
        """Return the vectors one level up in one column."""
        return [
            (*vector[:column], level + 1, *vector[column + 1 :])
            for column, level in enumerate(vector)
            if level + 1 < self.heights[column]
        ]


@dataclass(frozen=True)
class Tags:
    """What is known of each scheme, spread as far as it reaches (predictive tagging).

    Attributes:
        state: whether a monotone condition is MET, FAILED or UNKNOWN; shape `lattice.heights`.
        is_dominated: whether a scheme cannot be better than the best one known.
    """

    lattice: Lattice
    state: npt.NDArray[np.int8] = field(init=False)
    is_dominated: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing known."""
        object.__setattr__(self, "state", np.zeros(self.lattice.heights, dtype=np.int8))
        object.__setattr__(self, "is_dominated", np.zeros(self.lattice.heights, dtype=bool))

    def met(self, vector: Vector) -> None:
        """Record that a scheme, hence everything above it, meets the condition."""
        self.state[_above(vector)] = MET

    def failed(self, vector: Vector) -> None:
        """Record that a scheme, hence everything below it, fails the condition."""
        self.state[tuple(slice(0, level + 1) for level in vector)] = FAILED

    def dominated_above(self, vector: Vector) -> None:
        """Record that neither a scheme, now that it is looked at, nor anything above it can beat the best."""
        self.is_dominated[_above(vector)] = True


def _above(vector: Vector) -> tuple[slice, ...]:
    return tuple(slice(level, None) for level in vector)
