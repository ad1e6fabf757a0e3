"""Site x page x day with all margins at four sparsity levels: threshold alone fails, the engine does not."""

from __future__ import annotations

import numpy as np
import pytest

from iesiz.disclosure.attacker import Attacker, Intervals, View
from iesiz.disclosure.protect import protect
from iesiz.disclosure.rules import widths
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import Dimension, all_margins, codes_of, cross
from iesiz.disclosure.task import Task

K = 10
SMALL = {"site": 3, "page": 6, "day": 4}
FULL = {"site": 3, "page": 12, "day": 7}


def simulated(mean: float, sizes: dict[str, int] = FULL) -> Task:
    dimensions = tuple(Dimension(n, tuple(f"{n}{i}" for i in range(s))) for n, s in sizes.items())
    table = cross(dimensions, all_margins(tuple(sizes)))
    system = system_of(table.incidence, codes_of(dimensions))
    random = np.random.default_rng(7)
    inner = random.poisson(mean * random.lognormal(0.0, 0.6, system.variables)).astype(float)
    values = system.forms.dot(inner)
    sensitive = (values > 0) & (values < K)
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    return Task(system, inner, sensitive, np.zeros(system.cells, np.bool_), widths(values, K), alone)


def attack(task: Task, withheld: np.ndarray) -> Intervals:
    return Attacker(View(task.system, task.published(withheld))).intervals()


@pytest.mark.parametrize(("mean", "sizes"), [(6.0, SMALL), (15.0, FULL), (30.0, FULL), (60.0, FULL)])
def test_nothing_is_recovered(mean: float, sizes: dict[str, int]) -> None:
    nothing_is_recovered(simulated(mean, sizes))


@pytest.mark.slow
def test_nothing_is_recovered_where_most_cells_are_small() -> None:
    nothing_is_recovered(simulated(6.0, FULL))


def nothing_is_recovered(task: Task) -> None:
    assert task.sensitive.any()
    result = protect(task)
    seen = attack(task, result.withheld)
    assert np.all(result.withheld[task.sensitive])
    assert int(np.sum(seen.width < 1e-6)) == 0
    assert int(np.sum(seen.width < K - 1e-6)) == 0


def test_control_the_attack_succeeds_on_threshold_only_output() -> None:
    task = simulated(60.0)
    seen = attack(task, task.sensitive)
    assert np.mean(seen.width < 1e-6) > 0.9
    exact = seen.width < 1e-6
    assert np.allclose(seen.lo[exact], task.values[seen.forms[exact]])


def test_one_contributors_own_value_does_not_open_another_cell() -> None:
    task = simulated(15.0)
    result = protect(task)
    attacker = Attacker(View(task.system, task.published(result.withheld)), task.insiders)
    for told in task.insiders[:10]:
        with attacker.knowing({told[0]: float(task.inner[told[0]])}):
            for target in np.flatnonzero(task.guarded[attacker.targets]):
                form = attacker.targets[target]
                if not np.isin(task.system.forms.row(int(form)), told).all():
                    attacker.settle(int(target), np.inf)
                    assert attacker.width(int(target)) >= K - 1e-6


def test_control_without_insiders_in_the_task_somebody_narrows_a_cell() -> None:
    """Two people alone in two cells of one row: each would know the other's value."""
    table = cross((Dimension("a", ("1", "2", "3")),), all_margins(("a",)))
    system = system_of(table.incidence)
    inner = np.array([1.0, 1.0, 40.0])
    values = system.forms.dot(inner)
    sensitive = (values > 0) & (values < 2)
    nothing = np.zeros(system.cells, np.bool_)
    without = Task(system, inner, sensitive, nothing, widths(values, 2.0))
    with_insiders = Task(system, inner, sensitive, nothing, widths(values, 2.0), ((0,), (1,)))
    assert protect(without).verdict.cells == 2
    assert protect(with_insiders).verdict.cells == 3


def test_the_same_input_gives_the_same_pattern() -> None:
    first, second = (protect(simulated(15.0)).withheld for _ in range(2))
    assert np.array_equal(first, second)
