"""For random small tables an attacker who lists every possible table never pins a withheld cell."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.protect import protect
from iesiz.disclosure.rules import widths
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import Dimension, all_margins, codes_of, cross
from iesiz.disclosure.task import Task

K = 3


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    sizes = draw(st.sampled_from([(2, 2), (2, 3), (3, 2), (2, 2, 2)]))
    names = tuple("abc"[: len(sizes)])
    dimensions = tuple(Dimension(n, tuple(f"{n}{i}" for i in range(s))) for n, s in zip(names, sizes, strict=True))
    table = cross(dimensions, all_margins(names))
    system = system_of(table.incidence, codes_of(dimensions))
    inner = np.array(draw(st.lists(st.integers(0, 5), min_size=system.variables, max_size=system.variables)), float)
    values = system.forms.dot(inner)
    zeros = draw(st.booleans())
    sensitive = (values < K) & (zeros | (values > 0))
    exact = draw(st.booleans())
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    return Task(system, inner, sensitive, np.zeros(system.cells, bool), widths(values, 1.0 if exact else K), alone)


def possible(task: Task, withheld: np.ndarray) -> np.ndarray:
    """Every table of whole numbers that fits what is published, within reach of the truth."""
    forms, published = task.system.forms, ~task.system.owned(withheld)
    known = [forms.row(f)[0] for f in np.flatnonzero(published) if forms.sizes[f] == 1]
    free = [v for v in range(task.system.variables) if v not in known]
    found = []
    for choice in product(range(7), repeat=len(free)):
        inner = task.inner.copy()
        inner[free] = choice
        values = forms.dot(inner)
        if np.array_equal(values[published], task.values[published]):
            found.append(values)
    return np.array(found)


@settings(max_examples=40, deadline=None)
@given(tasks())
def test_no_withheld_cell_is_pinned(task: Task) -> None:
    result = protect(task)
    assert np.all(result.withheld[task.sensitive])
    hidden = np.flatnonzero(task.system.owned(result.withheld))
    if not len(hidden) or len(np.flatnonzero(result.withheld)) == task.system.cells:
        return
    everything = possible(task, result.withheld)
    assert np.all(np.ptp(everything[:, hidden], axis=0) >= 1)


@settings(max_examples=40, deadline=None)
@given(tasks())
def test_bounds_hold_every_possible_table(task: Task) -> None:
    """The linear programs never promise less uncertainty than whole numbers leave."""
    withheld = task.sensitive
    seen = Attacker(View(task.system, task.published(withheld))).intervals()
    everything = possible(task, withheld)[:, seen.forms]
    assert np.all(everything.min(axis=0, initial=np.inf) >= seen.lo - 1e-6)
    assert np.all(everything.max(axis=0, initial=-np.inf) <= seen.hi + 1e-6)
