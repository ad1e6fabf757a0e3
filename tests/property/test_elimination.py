"""What linear algebra alone gives away: the modular elimination against rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.disclosure.elimination import determined
from iesiz.disclosure.sparse import Rows

Matrix = list[list[int]]


def rows_of(matrix: Matrix, columns: int) -> Rows:
    table = np.array(matrix, dtype=float).reshape(len(matrix), columns)
    row, column = np.nonzero(table)
    sizes = np.bincount(row, minlength=len(matrix))
    return Rows(np.concatenate(([0], np.cumsum(sizes))), column, table[row, column], columns)


def rank(matrix: Matrix) -> int:
    """By fractions, dense, column after column."""
    rows, found = [[Fraction(value) for value in row] for row in matrix], 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((row for row in rows[found:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        for place in range(found + 1, len(rows)):
            factor = rows[place][column] / pivot[column]
            rows[place] = [a - factor * b for a, b in zip(rows[place], pivot, strict=True)]
        found += 1
    return found


@st.composite
def systems(draw: st.DrawFn) -> tuple[Matrix, Matrix, int]:
    columns = draw(st.integers(1, 6))
    row = st.lists(st.sampled_from([0, 0, 0, 1, 1, -1, 20]), min_size=columns, max_size=columns)
    return draw(st.lists(row, max_size=6)), draw(st.lists(row.filter(any), min_size=1, max_size=4)), columns


@given(systems())
def test_it_agrees_with_fractions(system: tuple[Matrix, Matrix, int]) -> None:
    known, forms, columns = system
    found = determined(rows_of(known, columns), rows_of(forms, columns))
    assert found.tolist() == [rank(known) == rank([*known, form]) for form in forms]


def test_a_last_part_follows_from_its_total() -> None:
    known, forms = [[1, 1, 1], [1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0, 1, 1]]
    assert determined(rows_of(known, 3), rows_of(forms, 3)).tolist() == [True, True]
    assert determined(rows_of(known[:2], 3), rows_of(forms, 3)).tolist() == [False, True]


def test_coefficients_are_whole() -> None:
    halves = Rows(np.array([0, 2]), np.array([0, 1]), np.array([0.5, 1.0]), 2)
    with pytest.raises(ValueError, match="whole"):
        determined(halves, rows_of([[1, 0]], 2))
