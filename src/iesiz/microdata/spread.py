"""How a sensitive attribute is spread within each class, measured in the ways the models ask for.

In: the cells of classes, and the distribution of the attribute over all records. Out: one number a class.
Must not decide: thresholds are the models' business.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.microdata.classes import Cells, Classes
from iesiz.microdata.records import Counts

Measure = npt.NDArray[np.float64]
# Classes times values that are laid out at once where a measure needs the values without a record too.
BLOCK = 4_000_000


def cells_of(classes: Classes) -> Cells:
    """Return the cells of classes that must have a sensitive attribute.

    Raises:
        ValueError: they have none.
    """
    if classes.cells is None:
        raise ValueError("these classes carry no sensitive attribute")
    return classes.cells


def distinct_values(classes: Classes) -> Counts:
    """Return the number of sensitive values in each class."""
    return np.bincount(cells_of(classes).owner, minlength=len(classes))


def entropy(classes: Classes) -> Measure:
    """Return the Shannon entropy of the sensitive attribute in each class, in bits.

    Machanavajjhala et al., l-Diversity: Privacy Beyond k-Anonymity, TKDD 1(1), 2007.
    """
    cells = cells_of(classes)
    weighted = np.bincount(cells.owner, weights=cells.count * np.log2(cells.count), minlength=len(classes))
    return np.asarray(np.log2(classes.counts) - weighted / classes.counts, dtype=np.float64)


def largest_and_tail(classes: Classes, rank: int) -> tuple[Counts, Counts]:
    """Return for each class its largest cell r1 and the sum of its cells from the given rank on.

    With m cells r1 >= r2 >= ... >= rm in a class, the sum is r_rank + ... + r_m (0 if m < rank): the two
    sides of recursive (c, l)-diversity, r1 < c (r_l + ... + r_m), of Machanavajjhala et al. 2007.
    """
    cells = cells_of(classes)
    order = np.lexsort((-cells.count, cells.owner))
    owner, count = cells.owner[order], cells.count[order]
    starts = np.searchsorted(owner, np.arange(len(classes)))
    position = np.arange(len(owner)) - starts[owner]
    in_tail = position >= rank - 1
    tail = np.bincount(owner[in_tail], weights=count[in_tail], minlength=len(classes))
    return count[starts], tail.astype(np.int64)


def equal_distance(classes: Classes, overall: Counts) -> Measure:
    """Return the earth mover's distance of each class from all records, all values equally far apart.

    Li et al., t-Closeness, ICDE 2007: half the sum of |p - q|; values absent from a class add their share q.
    """
    cells = cells_of(classes)
    whole = (overall / overall.sum())[cells.value]
    share = cells.count / classes.counts[cells.owner]
    apart = np.bincount(cells.owner, np.abs(share - whole) - whole, minlength=len(classes))
    return np.asarray(0.5 * (1.0 + apart), dtype=np.float64)


def ordered_distance(classes: Classes, overall: Counts) -> Measure:
    """Return the earth mover's distance of each class from all records, for values in an order.

    Li et al. 2007: the sum of the absolute cumulated differences over m - 1, m being the number of values.
    """
    cells = cells_of(classes)
    values = len(overall)
    if values == 1:
        return np.zeros(len(classes))
    whole = overall / overall.sum()
    distances = np.empty(len(classes))
    step = max(1, BLOCK // values)
    for start in range(0, len(classes), step):
        stop = min(start + step, len(classes))
        low, high = np.searchsorted(cells.owner, (start, stop))
        share = np.zeros((stop - start, values))
        share[cells.owner[low:high] - start, cells.value[low:high]] = cells.count[low:high]
        share /= classes.counts[start:stop, None]
        distances[start:stop] = np.abs(np.cumsum(share - whole, axis=1)).sum(axis=1) / (values - 1)
    return distances


def gain(classes: Classes, overall: Counts) -> Measure:
    """Return for each cell p / q: the share of its value in its class over that among all records."""
    cells = cells_of(classes)
    shares = cells.count / classes.counts[cells.owner]
    return np.asarray(shares * (overall.sum() / overall[cells.value]), dtype=np.float64)
