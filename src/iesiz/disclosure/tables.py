"""A table's planned cells: codes of each dimension with its groupings and total, crossed.

In: dimensions over the leaf codes of the finest cross-classification. Out: planned cells with their labels
and their 0/1 rows over the inner cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from iesiz.disclosure.sparse import Ints, Rows

TOTAL = "Total"


@dataclass(frozen=True)
class Dimension:
    """One dimension: leaf codes in order, and groupings that give a group for each leaf.

    Attributes:
        name: the column that holds the labels.
        leaves: labels of the leaf codes.
        groupings: for each grouping, the group's label of each leaf (as many as leaves).
    """

    name: str
    leaves: tuple[str, ...]
    groupings: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        """Check that labels mean one thing each.

        Raises:
            ValueError: a grouping does not cover the leaves, or a label has two meanings.
        """
        if len(set(self.leaves)) != len(self.leaves):
            raise ValueError(f"dimension {self.name}: a leaf code occurs twice")
        if any(len(grouping) != len(self.leaves) for grouping in self.groupings):
            raise ValueError(f"dimension {self.name}: a grouping must give a group for each leaf code")
        self.codes(total=True)

    def codes(self, total: bool) -> dict[str, tuple[int, ...]]:
        """Every code with the leaves that it covers: total first, groups, leaves.

        Raises:
            ValueError: one label would stand for two different sets of leaves.
        """
        found: dict[str, tuple[int, ...]] = {TOTAL: tuple(range(len(self.leaves)))} if total else {}
        for labels in (*self.groupings, self.leaves):
            members: dict[str, list[int]] = {}
            for leaf, label in enumerate(labels):
                members.setdefault(label, []).append(leaf)
            for label, covered in members.items():
                if found.setdefault(label, tuple(covered)) != tuple(covered):
                    raise ValueError(f"dimension {self.name}: a label stands for two different groups")
        return found


@dataclass(frozen=True, eq=False)
class Table:
    """Planned cells over the crossing of the dimensions' leaves (row-major inner cells).

    Attributes:
        dimensions: in the order of the columns.
        labels: one tuple of labels for each planned cell.
        incidence: 0/1 rows, shape (planned cells, inner cells).
    """

    dimensions: tuple[Dimension, ...]
    labels: tuple[tuple[str, ...], ...]
    incidence: Rows


def inner_count(dimensions: tuple[Dimension, ...]) -> int:
    """Number of inner cells of the crossing."""
    return int(np.prod([len(dimension.leaves) for dimension in dimensions], dtype=object))


def cross(dimensions: tuple[Dimension, ...], margins: frozenset[frozenset[str]]) -> Table:
    """Cross the codes, keeping the margins asked for.

    Args:
        dimensions: at least one.
        margins: each set names the dimensions that keep their detail; the others stand at their total.
            The full crossing (all names) is always planned.
    """
    names = frozenset(dimension.name for dimension in dimensions)
    kept = margins | {names}
    codes = [list(dimension.codes(total=True).items()) for dimension in dimensions]
    strides = _strides(dimensions)
    labels, rows = [], []
    for choice in product(*codes):
        detailed = frozenset(
            d.name for d, (label, _) in zip(dimensions, choice, strict=True) if label != TOTAL
        )
        if detailed in kept:
            labels.append(tuple(label for label, _ in choice))
            rows.append(_covered([covered for _, covered in choice], strides))
    sizes = np.array([len(row) for row in rows], dtype=np.int64)
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    incidence = Rows(indptr, np.concatenate(rows), np.ones(indptr[-1]), inner_count(dimensions))
    return Table(dimensions, tuple(labels), incidence)


def all_margins(names: tuple[str, ...]) -> frozenset[frozenset[str]]:
    """Every subset of the dimensions."""
    subsets: list[frozenset[str]] = [frozenset()]
    for name in names:
        subsets += [subset | {name} for subset in subsets]
    return frozenset(subsets)


def codes_of(dimensions: tuple[Dimension, ...]) -> Ints:
    """Code of each inner cell along each dimension, shape (inner cells, dimensions)."""
    sizes = [len(dimension.leaves) for dimension in dimensions]
    return np.stack(np.unravel_index(np.arange(inner_count(dimensions)), sizes), axis=1).astype(np.int64)


def _strides(dimensions: tuple[Dimension, ...]) -> list[int]:
    sizes = [len(dimension.leaves) for dimension in dimensions]
    return [int(np.prod(sizes[position + 1 :], dtype=np.int64)) for position in range(len(sizes))]


def _covered(leaves: list[tuple[int, ...]], strides: list[int]) -> Ints:
    """Inner cells of one planned cell, ascending."""
    cells = np.zeros(1, dtype=np.int64)
    for covered, stride in zip(leaves, strides, strict=True):
        cells = (cells[:, None] + np.array(covered, dtype=np.int64) * stride).ravel()
    return cells
