"""Where nothing is published each multiple of a possible table is possible, and few solutions tell of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.block import Block
from iesiz.disclosure.sparse import Rows
from iesiz.disclosure.system import Limits, LinearSystem
from tests.solutions import counted_solutions

Row = tuple[list[int], bool]


@st.composite
def cones(draw: st.DrawFn) -> tuple[int, list[Row]]:
    """Numbers, and rows that add up to 0, or to 0 at most: links between sums, unions and bounds."""
    count = draw(st.integers(2, 6))
    coefficients = st.lists(st.integers(-3, 3), min_size=count, max_size=count)
    return count, draw(st.lists(st.tuples(coefficients, st.booleans()), min_size=1, max_size=5))


def attacker(count: int, rows: list[Row], shown: dict[int, float] | None = None) -> Attacker:
    """One number a form, of which some are published."""
    dense = np.array([row for row, _ in rows], dtype=np.float64)
    limits = Limits(
        Rows(
            np.concatenate([[0], np.cumsum((dense != 0).sum(axis=1))]),
            np.nonzero(dense)[1],
            dense[dense != 0],
            count,
        ),
        np.array([0.0 if is_equation else -np.inf for _, is_equation in rows]),
        np.zeros(len(rows)),
    )
    each = np.arange(count)
    forms = Rows(np.arange(count + 1), each, np.ones(count), count)
    axes = np.zeros((count, 0), dtype=np.int64)
    values = np.full(count, np.nan)
    for place, value in (shown or {}).items():
        values[place] = value
    return Attacker(View(LinearSystem(forms, each, count, each, limits, axes), values))


def can_be_more_than_nothing(count: int, rows: list[Row]) -> list[bool]:
    """By a solver of the tests' own, one number after the other, all of them 1 at most."""
    upper = [row for row, is_equation in rows if not is_equation]
    equal = [row for row, is_equation in rows if is_equation]
    return [
        -linprog(
            [-float(one == place) for one in range(count)],
            A_ub=upper or None,
            b_ub=np.zeros(len(upper)) if upper else None,
            A_eq=equal or None,
            b_eq=np.zeros(len(equal)) if equal else None,
            bounds=(0, 1),
        ).fun
        > 1e-6
        for place in range(count)
    ]


@settings(max_examples=60)
@given(cones())
def test_a_number_is_nothing_or_anything_from_nothing_on(made: tuple[int, list[Row]]) -> None:
    seen = attacker(*made).intervals()
    assert seen.exact.all()
    assert seen.lo.tolist() == [0.0] * made[0]
    assert (seen.hi > 0).tolist() == can_be_more_than_nothing(*made)


def test_few_solutions_tell_of_all_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: one by one there are two for each."""
    solved = counted_solutions(monkeypatch)
    sums = [([int(one in (at, at + 1)) - int(one == 20) for one in range(21)], False) for at in range(19)]
    assert np.isinf(attacker(21, sums).intervals().hi).all()
    assert len(solved) < 5
    monkeypatch.setattr(Block, "scale", lambda _: None)
    attacker(21, sums).intervals()
    assert len(solved) > 25


def test_a_published_number_ends_it() -> None:
    """Two parts of a published sum are no more than that sum."""
    seen = attacker(3, [([1, 1, -1], True)], {2: 12.0}).intervals()
    assert seen.hi.tolist() == [12.0, 12.0]
