"""One part of the mirror, from what it was, what was read, and what the source still has.

In: records of one part. Out: its new records, and what came, went or does not agree. It must not write.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from iesiz.restricted.mirror_records import COUNTS, Stored

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Merged:
    """A part's new records and how they differ from the old.

    Attributes:
        removed: people that the source no longer has.
        came: people that are new, by day of registration (days since 1970).
        agrees: whether every person of the source is there as last changed.
    """

    records: Stored
    removed: int
    came: Counter[int] = field(default_factory=Counter)
    agrees: bool = True


def merge(held: Stored, read: Stored, alive: Stored | None) -> Merged:
    """Take of each person the newest record.

    Args:
        held: the part as it was, one record a person.
        read: what was read, any number of versions a person.
        alive: marks of all that the source has; None if all of it was read.
    """
    both = np.concatenate([held, read])
    is_held = np.arange(len(both)) < len(held)
    order = _in_order(both, is_held)
    both, is_held = both[order], is_held[order]
    first, last = _ends(both)
    newest, only_held, was_held = both[last], is_held[last], is_held[first]
    there, agrees = (~only_held, True) if alive is None else _compare(newest, alive)
    came = there & ~was_held & (newest["codes"][:, 0] == COUNTS)
    days, people = np.unique(newest["day"][came], return_counts=True)
    by_day = Counter(dict(zip(days.tolist(), people.tolist(), strict=True)))
    return Merged(newest[there], int((was_held & ~there).sum()), by_day, agrees)


def _in_order(both: Stored, is_held: Flags) -> npt.NDArray[np.intp]:
    """By person, then what was held, which is older than any row that was read, then by version and row."""
    order = np.argsort(both["high"])
    high = both["high"][order]
    if (high[1:] != high[:-1]).all():
        return order
    return np.lexsort((both["row"], both["version"], ~is_held, both["low"], both["high"]))


def _compare(newest: Stored, alive: Stored) -> tuple[Flags, bool]:
    """Which people the source still has, and whether all of its people are there as last changed."""
    alive = alive[np.lexsort((alive["row"], alive["version"], alive["low"], alive["high"]))]
    alive = alive[_ends(alive)[1]]
    high, low, state = (np.concatenate([newest[name], alive[name]]) for name in ("high", "low", "state"))
    order = np.lexsort((low, high))
    high, low, state = high[order], low[order], state[order]
    paired = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
    there = np.zeros(len(order), np.bool_)
    there[order[:-1][paired]] = there[order[1:][paired]] = True
    agrees = bool(there[len(newest) :].all() and (state[1:] == state[:-1])[paired].all())
    return there[: len(newest)], agrees


def _ends(ordered: Stored) -> tuple[Flags, Flags]:
    """Of records in order of people, whether each is its person's first, and last."""
    if not len(ordered):
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    high, low = ordered["high"], ordered["low"]
    changes = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return np.concatenate([[True], changes]), np.concatenate([changes, [True]])
