"""Compressed sparse rows over numpy arrays: the few operations that the disclosure rooms need.

Must not know what a row means.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rows:
    """A sparse matrix by rows: row r holds columns `indices[indptr[r]:indptr[r + 1]]`.

    Attributes:
        indptr: starts of the rows, shape (rows + 1,).
        indices: column numbers, ascending within a row, shape (entries,).
        data: coefficients, shape (entries,).
        columns: number of columns.
    """

    indptr: Ints
    indices: Ints
    data: Floats
    columns: int

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: the arrays do not fit together.
        """
        if self.indptr[0] != 0 or self.indptr[-1] != len(self.indices) or len(self.indices) != len(self.data):
            raise ValueError("row starts, columns and coefficients do not fit together")
        if len(self.indices) and not (self.indices.min() >= 0 and self.indices.max() < self.columns):
            raise ValueError(f"a column number lies outside 0..{self.columns - 1}")

    @cached_property
    def row_of(self) -> Ints:
        """The row of each entry, shape (entries,)."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.sizes)

    @cached_property
    def sizes(self) -> Ints:
        """Entries in each row, shape (rows,)."""
        return np.diff(self.indptr)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, number: int) -> Ints:
        """Columns of one row."""
        return self.indices[self.indptr[number] : self.indptr[number + 1]]

    def coefficients(self, number: int) -> Floats:
        """Coefficients of one row, in the order of `row`."""
        return self.data[self.indptr[number] : self.indptr[number + 1]]

    def dot(self, vector: NDArray[np.generic]) -> Floats:
        """Product with a vector of shape (columns,); shape (rows,)."""
        weights = self.data * np.asarray(vector, dtype=np.float64)[self.indices]
        return np.bincount(self.row_of, weights=weights, minlength=len(self)).astype(np.float64)

    def any(self, mask: Bools) -> Bools:
        """Which rows hold a column of the mask, shape (rows,)."""
        return np.bincount(self.row_of, weights=mask[self.indices], minlength=len(self)) > 0

    def scaled(self, factor: float) -> Rows:
        """Every coefficient times a factor."""
        return Rows(self.indptr, self.indices, self.data * factor, self.columns)

    def take(self, rows: NDArray[np.generic]) -> Rows:
        """The rows with these numbers, in this order."""
        chosen = np.asarray(rows, dtype=np.int64)
        sizes = self.sizes[chosen]
        indptr = np.concatenate(([0], np.cumsum(sizes)))
        entries = np.repeat(self.indptr[chosen] - indptr[:-1], sizes) + np.arange(indptr[-1])
        return Rows(indptr, self.indices[entries], self.data[entries], self.columns)

    def within(self, columns: NDArray[np.generic]) -> Rows:
        """The same rows over some of the columns only, renumbered in the given order."""
        chosen = np.asarray(columns, dtype=np.int64)
        number = np.full(self.columns, -1, dtype=np.int64)
        number[chosen] = np.arange(len(chosen))
        renumbered = number[self.indices]
        kept = renumbered >= 0
        sizes = np.bincount(self.row_of[kept], minlength=len(self))
        indptr = np.concatenate(([0], np.cumsum(sizes)))
        return Rows(indptr, renumbered[kept], self.data[kept], len(chosen))


def from_lists(rows: list[list[int]], columns: int) -> Rows:
    """0/1 rows from lists of column numbers."""
    sizes = np.array([len(row) for row in rows], dtype=np.int64)
    indices = np.array([column for row in rows for column in sorted(row)], dtype=np.int64)
    return Rows(np.concatenate(([0], np.cumsum(sizes))), indices, np.ones(len(indices)), columns)


def stack(parts: list[Rows], side_by_side: bool = False) -> Rows:
    """Rows below one another; `side_by_side` gives each part columns of its own."""
    shifts = np.cumsum([0] + [part.columns if side_by_side else 0 for part in parts])
    starts = np.cumsum([0] + [len(part.indices) for part in parts])
    pointers = [part.indptr[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    indices = [part.indices + shift for part, shift in zip(parts, shifts[:-1], strict=True)]
    columns = int(shifts[-1]) if side_by_side else parts[0].columns
    indptr = np.concatenate([*pointers, starts[-1:]]).astype(np.int64)
    data = np.concatenate([part.data for part in parts])
    return Rows(indptr, np.concatenate(indices), data, columns)


def empty(rows: int, columns: int) -> Rows:
    """Rows without entries."""
    return Rows(np.zeros(rows + 1, np.int64), np.zeros(0, np.int64), np.zeros(0), columns)


def beside(parts: list[Rows]) -> Rows:
    """The same rows with the parts' columns one after another."""
    shifts = np.cumsum([0] + [part.columns for part in parts])
    row = np.concatenate([part.row_of for part in parts])
    column = np.concatenate([part.indices + shift for part, shift in zip(parts, shifts[:-1], strict=True)])
    order = np.lexsort((column, row))
    sizes = np.bincount(row, minlength=len(parts[0]))
    data = np.concatenate([part.data for part in parts])[order]
    return Rows(np.concatenate(([0], np.cumsum(sizes))), column[order], data, int(shifts[-1]))
