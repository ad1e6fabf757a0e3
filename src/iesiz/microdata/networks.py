"""Classes of visits whose visitors may all come from too few networks, as a guard of the search.

In: how many networks the visits of a combination came from. Out: classes to suppress besides. Must not count
a network twice: of the combinations in a class, and of their days, the one with the most is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.microdata.classes import Classes, Microdata, Vector
from iesiz.microdata.models import Mask
from iesiz.microdata.records import Counts
from iesiz.microdata.search import Guard


@dataclass(frozen=True)
class NetworksGuard:
    """Suppresses classes that are not known to come from enough networks, then asks the next guard.

    Attributes:
        data: the visits.
        networks: of each visit, from how many networks those of its day came that share all its features;
            shape (records,).
        least: networks that a class needs.
        then: the next guard.
    """

    data: Microdata
    networks: Counts
    least: int
    then: Guard

    def __call__(self, vector: Vector, classes: Classes, failing: Mask) -> Mask:
        """Return the classes to suppress, those that fail among them."""
        owner, size = self.data.owners(self.data.finest, vector)
        most = np.zeros(size, np.int64)
        np.maximum.at(most, owner[self.data.combination_of], self.networks)
        few = most[owner[classes.representative]] < self.least
        return self.then(vector, classes, failing | few)
