"""Of a visitor's visits one is drawn for microdata: by the key alone, and only among those that count."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.aggregate.visit_kernel import draw_one

PRIME = 2**32 - 5
VISITS = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.lists(st.booleans(), min_size=1, max_size=8)))


def expected(draw: int, keep: list[bool]) -> list[bool]:
    """The visit of the least draw times number, the first of equals; none if none counts."""
    counted = [at for at, counts in enumerate(keep) if counts]
    chosen = min(counted, key=lambda at: draw * (at + 1) % PRIME, default=-1)
    return [at == chosen for at in range(len(keep))]


@settings(deadline=None)
@given(VISITS)
def test_the_key_draws_one_of_the_visits_that_count(visitors: list[tuple[int, list[bool]]]) -> None:
    whose = np.repeat(np.arange(len(visitors), dtype=np.int32), [len(keep) for _, keep in visitors])
    number = np.array([at for _, keep in visitors for at in range(1, len(keep) + 1)], np.int32)
    draws = np.array([draw for draw, _ in visitors], np.uint64)
    keep = np.array([one for _, keep in visitors for one in keep], np.bool_)
    drawn = np.ones(len(keep), np.bool_)
    draw_one(whose, number, draws, keep, drawn)
    assert drawn.tolist() == [one for draw, keep in visitors for one in expected(draw, keep)]
