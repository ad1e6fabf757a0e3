"""Many numbers are widened by a few solutions, and no number gets more or less room by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from iesiz.disclosure import search, spread
from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.mover import Mover
from iesiz.disclosure.protect import protect
from iesiz.disclosure.rules import widths
from iesiz.disclosure.sparse import Floats, Rows
from iesiz.disclosure.system import Limits, LinearSystem, system_of
from iesiz.disclosure.tables import Dimension, all_margins, codes_of, cross
from iesiz.disclosure.task import Task
from tests.property.test_disclosure_brute_force import possible, tasks
from tests.solutions import counted_solutions

NEED = 3.0


@st.composite
def published(draw: st.DrawFn) -> tuple[list[list[int]], list[float]]:
    """Sums of withheld numbers, and what they add up to; the first is of all of them."""
    count = draw(st.integers(3, 8))
    truth = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    coefficients = st.lists(st.integers(0, 1), min_size=count, max_size=count).filter(any)
    sums = [[1] * count, *draw(st.lists(coefficients, min_size=1, max_size=4))]
    return sums, [float(np.dot(one, truth)) for one in sums]


def attacker(sums: list[list[int]], totals: list[float]) -> Attacker:
    """Somebody who knows the sums."""
    count, dense = len(sums[0]), np.array(sums, dtype=np.float64)
    starts = np.concatenate([[0], np.cumsum((dense != 0).sum(axis=1))])
    rows = Rows(starts, np.nonzero(dense)[1], dense[dense != 0], count)
    each = np.arange(count)
    forms = Rows(np.arange(count + 1), each, np.ones(count), count)
    limits = Limits(rows, np.array(totals), np.array(totals))
    axes = np.zeros((count, 0), dtype=np.int64)
    return Attacker(View(LinearSystem(forms, each, count, each, limits, axes), np.full(count, np.nan)))


def ends(sums: list[list[int]], totals: list[float]) -> tuple[Floats, Floats]:
    """The interval of each number, by a solver of the tests' own."""
    signs = np.stack([np.eye(len(sums[0])), -np.eye(len(sums[0]))])
    solved = [[linprog(goal, A_eq=sums, b_eq=totals).fun for goal in goals] for goals in signs]
    return np.array(solved[0]), -np.array(solved[1])


@settings(max_examples=60, deadline=None)
@given(published())
def test_what_is_shown_at_once_is_possible_and_what_is_not_wide_is_proven(
    made: tuple[list[list[int]], list[float]],
) -> None:
    low, high = ends(*made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "MANY", 1)
        seen = attacker(*made).intervals(np.full(len(low), NEED))
    assert np.all(seen.lo >= low - 1e-6)
    assert np.all(seen.hi <= high + 1e-6)
    assert np.all((seen.width >= NEED - 1e-6) == (high - low >= NEED - 1e-6))
    narrow = seen.width < NEED - 1e-6
    np.testing.assert_allclose(seen.width[narrow], (high - low)[narrow], atol=1e-6)


def test_few_solutions_show_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: one by one there is at least one for each."""
    solved = counted_solutions(monkeypatch)
    made = [[1] * 60], [600.0]
    assert attacker(*made).intervals(np.full(60, NEED)).width.min() >= NEED
    assert len(solved) < 10
    solved.clear()
    monkeypatch.setattr(spread, "MANY", 1000)
    attacker(*made).intervals(np.full(60, NEED))
    assert len(solved) >= 60


@settings(max_examples=30, deadline=None)
@given(tasks())
def test_cells_are_safe_from_insiders_served_at_once(task: Task) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "MANY", 1)
        result = protect(task)
    hidden = np.flatnonzero(task.system.owned(result.withheld))
    if not len(hidden) or len(np.flatnonzero(result.withheld)) == task.system.cells:
        return
    low, high = possible(task, result.withheld)
    assert np.all(high[hidden] - low[hidden] >= 1)


def test_few_solutions_serve_an_insider(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of small numbers, each of many single contributors an insider; control: one by one."""
    dimensions = tuple(Dimension(name, tuple(f"{name}{i}" for i in range(12))) for name in ("a", "b"))
    table = cross(dimensions, all_margins(("a", "b")))
    system = system_of(table.incidence, codes_of(dimensions))
    inner = np.random.default_rng(1).integers(0, 4, system.variables).astype(float)
    values = system.forms.dot(inner)
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    nothing = np.zeros(system.cells, dtype=np.bool_)
    task = Task(system, inner, values < 60, nothing, widths(values, 10.0), alone)
    solved = counted_solutions(monkeypatch)
    assert protect(task).verdict.findings == ()
    few = len(solved)
    solved.clear()
    monkeypatch.setattr(search, "MANY", 1000)
    monkeypatch.setattr(Mover, "spread", None)
    assert protect(task).verdict.findings == ()
    assert 3 * few < 2 * len(solved), (few, len(solved))
