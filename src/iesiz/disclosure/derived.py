"""Which quantiles may be told: they are neither counts nor sums, so they have a rule of their own.

In: exact cells with their `rule` columns. Out: masks. A quantile is told as the band of values in which it
falls. That says that somebody's value lies in the band, and that at most so many values lie beyond it. So the
band needs as many contributors as a cell of its own, from as many networks; and as many events must be able
to lie beyond as an attacker's interval has to be wide. It must not look at a value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from iesiz.disclosure.night_rules import NETWORKS, Rules, column, keys_of
from iesiz.disclosure.plan import width_needed
from iesiz.disclosure.sparse import Bools
from iesiz.tables import Cells
from iesiz.vocabulary import Role


def tellable(cells: Cells, rules: Rules) -> Mapping[str, Bools]:
    """For each derived column which rows may tell it, shape (rows,), if their cell is published at all.

    Raises:
        PrivacyRefusal: a number that decides is negative or missing.
    """
    spec, keys = cells.spec, keys_of(cells)
    found: dict[str, Bools] = {}
    for one in spec.of_role(Role.DERIVED):
        # The column's name makes the secret part of this threshold one of its own.
        limits = np.array([rules.threshold(spec, (*key, one.name)) for key in keys], dtype=np.float64)
        in_band = column(cells, f"{one.name}_contributors") >= limits
        networks = column(cells, f"{one.name}_networks") >= NETWORKS
        room = column(cells, f"{one.name}_beyond") >= width_needed(spec, one.of, rules.thresholds)
        found[one.name] = in_band & networks & room
    return found
