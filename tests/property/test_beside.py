"""Numbers that may change places have one interval: asking one of them is asking all."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from iesiz.disclosure.beside import Widths
from iesiz.disclosure.sparse import from_lists
from iesiz.disclosure.system import Limits, LinearSystem

NEED = 40.0
CELLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=9)
"""For each cell the group that it is in, so that cells of one group stand in the same sums, and its value."""


@settings(max_examples=60, deadline=None)
@given(CELLS, st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=4))
def test_the_width_of_every_number_is_that_of_a_solver_without_this_shortcut(
    cells: list[tuple[int, int]], sums: list[set[int]]
) -> None:
    values = np.array([value for _, value in cells], dtype=np.float64)
    rows = [[place for place, (group, _) in enumerate(cells) if group in told] for told in sums]
    rows = [row for row in rows if row] or [list(range(len(cells)))]
    totals = np.array([values[row].sum() for row in rows])
    count = len(cells)
    own = np.arange(count, dtype=np.int64)
    system = LinearSystem(
        from_lists([[place] for place in range(count)], count),
        own,
        count,
        own,
        Limits(from_lists(rows, count), totals, totals),
        own[:, None],
    )
    widths = Widths(system, np.full(count, NEED))
    dense = np.zeros((len(rows), count))
    for number, row in enumerate(rows):
        dense[number, row] = 1.0
    for form in range(count):
        cost = np.eye(count)[form]
        low, high = (
            linprog(sign * cost, A_eq=dense, b_eq=totals, bounds=(0, 1000)).fun * sign for sign in (1, -1)
        )
        assert abs(widths.of(form) - min(high - low, NEED)) < 1e-6
