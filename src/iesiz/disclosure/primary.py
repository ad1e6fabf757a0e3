"""Which cells are sensitive by themselves.

In: counts, contributors and contributions per planned cell. Out: masks and protection levels.
Formulas: Handbook on Statistical Disclosure Control, 2nd edition, sections 4.2 and 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.sparse import Bools, Floats
from iesiz.errors import PrivacyRefusal

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Shares:
    """A magnitude by cell: total and the two largest contributors' parts, arrays of shape (cells,)."""

    total: Floats
    first: Floats
    second: Floats


def not_negative(values: Floats) -> None:
    """Refuse what the rules do not cover.

    Raises:
        PrivacyRefusal: a value is negative or not a number.
    """
    if not np.all(np.asarray(values) >= 0):
        raise PrivacyRefusal(
            "a value is negative or not a number; the disclosure rules need values of at least 0"
        )


def below_threshold(
    counts: Floats, threshold: Floats | float, *, zeros: bool, networks: Floats | None = None, least: int = 3
) -> Bools:
    """Cells with too few contributors, or contributors from too few networks.

    Args:
        counts: distinct contributors of each cell.
        threshold: k, or a threshold for each cell.
        zeros: whether an empty cell is sensitive too.
        networks: distinct networks of each cell, if known.
        least: networks needed.

    Raises:
        PrivacyRefusal: a count is negative.
    """
    not_negative(counts)
    few = counts < threshold
    if networks is not None:
        not_negative(networks)
        few = few | (networks < least)
    return few if zeros else few & (counts > 0)


def upper_protection(shares: Shares, p: float) -> Floats:
    """Distance that an upper estimate must keep: `p/100 x1 - (X - x1 - x2)`; sensitive if positive.

    Raises:
        PrivacyRefusal: a contribution is negative.
    """
    for part in (shares.total, shares.first, shares.second):
        not_negative(part)
    return p / 100 * shares.first - (shares.total - shares.first - shares.second)


def p_percent(shares: Shares, p: float) -> Bools:
    """Cells where the second largest contributor could estimate the largest within p per cent.

    Raises:
        PrivacyRefusal: a contribution is negative.
    """
    return upper_protection(shares, p) > ROUNDING * np.maximum(1.0, shares.total)


def dominated(total: Floats, largest: Floats, k: float) -> Bools:
    """(n, k) dominance: the n largest contributors, summed, hold more than k per cent.

    Raises:
        PrivacyRefusal: a contribution is negative.
    """
    not_negative(total)
    not_negative(largest)
    return largest > k / 100 * total


def dominance_protection(total: Floats, largest: Floats, k: float) -> Floats:
    """Upper protection level under (n, k) dominance: `100/k (x1 + .. + xn) - X`."""
    return 100 / k * largest - total


def p_of_dominance(k: float) -> float:
    """The p of the p % rule that is as strict as (2, k) dominance: `100 (100 - k) / k`."""
    return 100 * (100 - k) / k


def group_disclosed(parts: Floats, margins: Floats, c: float = 1) -> Bools:
    """Cells of a sensitive split that hold all but c members of their margin: `0 < m and m - j <= c`.

    Args:
        parts: j, the cell.
        margins: m, the margin of each cell, same shape.

    Raises:
        PrivacyRefusal: a count is negative.
    """
    not_negative(parts)
    not_negative(margins)
    return (parts > 0) & (margins - parts <= c)
