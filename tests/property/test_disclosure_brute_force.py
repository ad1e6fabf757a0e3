"""For random small tables an attacker who lists every possible table never pins a withheld cell."""

from __future__ import annotations

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
MOST = 7  # values of a variable that the brute-force attacker tries: 0 to 6, one more than is drawn


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    sizes = draw(st.sampled_from([(2, 2), (2, 3), (3, 2), (2, 2, 2)]))
    names = tuple("abc"[: len(sizes)])
    dimensions = tuple(
        Dimension(n, tuple(f"{n}{i}" for i in range(s))) for n, s in zip(names, sizes, strict=True)
    )
    table = cross(dimensions, all_margins(names))
    system = system_of(table.incidence, codes_of(dimensions))
    inner = np.array(
        draw(st.lists(st.integers(0, 5), min_size=system.variables, max_size=system.variables)), float
    )
    values = system.forms.dot(inner)
    zeros = draw(st.booleans())
    sensitive = (values < K) & (zeros | (values > 0))
    exact = draw(st.booleans())
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    return Task(
        system, inner, sensitive, np.zeros(system.cells, bool), widths(values, 1.0 if exact else K), alone
    )


def possible(task: Task, withheld: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of each form over all tables of whole numbers that fit what is published."""
    forms, shown = task.system.forms, np.flatnonzero(~task.system.owned(withheld))
    members = np.array([np.isin(np.arange(task.system.variables), forms.row(form)) for form in shown])
    members, values = members.reshape(len(shown), task.system.variables), task.values[shown]
    tables = np.zeros((1, 0), dtype=np.int8)
    for variable in range(task.system.variables):
        tables = np.concatenate([np.insert(tables, variable, value, axis=1) for value in range(MOST)])
        complete = ~members[:, variable + 1 :].any(axis=1)
        for form in np.flatnonzero(members[:, variable]):
            at = tables[:, members[form, : variable + 1]].sum(axis=1)
            tables = tables[at == values[form] if complete[form] else at <= values[form]]
    every = (tables[:, forms.row(form)].sum(axis=1) for form in range(len(forms)))
    ends = np.array([(one.min(), one.max()) for one in every])
    return ends[:, 0], ends[:, 1]


@settings(max_examples=40, deadline=None)
@given(tasks())
def test_no_withheld_cell_is_pinned(task: Task) -> None:
    result = protect(task)
    assert np.all(result.withheld[task.sensitive])
    hidden = np.flatnonzero(task.system.owned(result.withheld))
    if not len(hidden) or len(np.flatnonzero(result.withheld)) == task.system.cells:
        return
    low, high = possible(task, result.withheld)
    assert np.all(high[hidden] - low[hidden] >= 1)


@settings(max_examples=40, deadline=None)
@given(tasks())
def test_bounds_hold_every_possible_table(task: Task) -> None:
    """The linear programs never promise less uncertainty than whole numbers leave."""
    withheld = task.sensitive
    seen = Attacker(View(task.system, task.published(withheld))).intervals()
    low, high = possible(task, withheld)
    assert np.all(low[seen.forms] >= seen.lo - 1e-6)
    assert np.all(high[seen.forms] <= seen.hi + 1e-6)
