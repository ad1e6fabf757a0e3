"""Sensitive cells to a safe pattern: search, attack, judge, repair, until the judge is content.

In: a task. Out: a frozen `Protected`, or a refusal. Must not let anything through that the judge
did not pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.judge import Verdict, judge
from iesiz.disclosure.optimum import cheapest
from iesiz.disclosure.search import Search
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.disclosure.task import Task
from iesiz.errors import PrivacyRefusal

REPAIRS = 50
POLISHED = 600  # systems with more withheld cells are not searched for cells to give back
MOVES = 1500  # moves spent on the search for cells to give back, some milliseconds each
SMALL = 60_000  # forms times sensitive forms times variables, up to which whole patterns are searched


@dataclass(frozen=True, eq=False)
class Protected:
    """A pattern that the judge passed.

    Attributes:
        withheld: cells withheld, shape (cells,).
        verdict: the audit of exactly this pattern.
        repairs: how often the judge sent it back.
        seconds: time taken in all.
    """

    withheld: Bools
    verdict: Verdict
    repairs: int
    seconds: float

    def __post_init__(self) -> None:
        """Check that it is releasable.

        Raises:
            PrivacyRefusal: the verdict has findings.
        """
        if self.verdict.findings:
            raise PrivacyRefusal(f"{len(self.verdict.findings)} withheld numbers are not protected")


def protect(task: Task, cost: Floats | None = None, moves: int = MOVES) -> Protected:
    """Choose what to withhold and prove it.

    Args:
        task: what to protect.
        cost: what withholding each cell costs, shape (cells,); see `prices` if left out.
        moves: spent on the search for cells to give back.

    Raises:
        PrivacyRefusal: no pattern passed the judge within the cap, or the solver proved no optimum.
    """
    start, cost = time.perf_counter(), prices(task) if cost is None else cost
    search = Search(task, cost)
    search.run()
    while int(search.withheld.sum()) <= POLISHED and search.improve(moves):
        pass
    found = [search]
    pattern = cheapest(task, cost, search.cost) if _small(task) else None
    if pattern is not None:
        found.append(Search(task, cost))
        found[-1].resume(pattern.withheld, pattern.tables)
    passed = [_passed(one, start) for one in found]
    return min(passed, key=lambda one: float(cost[one.withheld].sum()))


def _passed(search: Search, start: float) -> Protected:
    """Let the judge send the pattern back until he is content.

    Raises:
        PrivacyRefusal: the cap is reached, or a cell that is published already would have to be withheld.
    """
    for repair in range(REPAIRS):
        if np.any(search.withheld & search.task.fixed):
            raise PrivacyRefusal("nothing but cells that are published already could protect a number")
        verdict = judge(search.task, search.withheld, search.witnesses.shifts)
        if not verdict.findings:
            return Protected(search.withheld, verdict, repair, time.perf_counter() - start)
        for told in {finding.told: None for finding in verdict.findings}:
            form = next(finding.form for finding in verdict.findings if finding.told == told)
            one = np.array([form])
            if len(search.task.unmet(told, one, *search.witnesses.ends(one, told))):
                search.widen(form, told)
    raise PrivacyRefusal(
        f"no safe pattern after {REPAIRS} repairs; publish a coarser table (fewer dimensions or wider groups)"
    )


def prices(task: Task) -> Floats:
    """What withholding a cell costs: one for each planned cell that it stands for, and some for its size."""
    size = np.zeros(task.system.cells)
    np.maximum.at(size, task.system.owner, np.log1p(task.values))
    price = task.system.weight * (1 + 0.01 * size / max(float(size.max()), 1.0))
    return np.where(task.fixed, 1e6, price)


def _small(task: Task) -> bool:
    sensitive = int(task.guarded.sum())
    return 0 < sensitive * len(task.system.forms) * task.system.variables <= SMALL
