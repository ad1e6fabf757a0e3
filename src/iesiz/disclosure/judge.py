"""Hold the attacker's intervals against the exact counts and the rules.

In: the task with its exact values, and an attacker. Out: a frozen `Verdict`; no finding means releasable.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.attacker import Attacker, Intervals, View
from iesiz.disclosure.rules import TOLERANCE
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.task import NOBODY, Task
from iesiz.disclosure.witness import Shift, Witnesses, holds
from iesiz.errors import PrivacyRefusal

NARROWEST = 200  # how many intervals are solved to the end in search of the narrowest


@dataclass(frozen=True)
class Finding:
    """One number that is not uncertain enough, for everybody or for an insider.

    Attributes:
        form: number of the form.
        told: the variables that the insider knows, empty for everybody.
    """

    form: int
    told: tuple[int, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The audit's summary.

    Attributes:
        findings: what bars the release, in order.
        cells: withheld planned cells audited.
        narrowest: length of the smallest interval that anybody gets, infinite if nothing is withheld; in
            large systems a proven lower bound of it.
        insiders: how many single contributors' own values were tried.
        seconds: time taken.
    """

    findings: tuple[Finding, ...]
    cells: int
    narrowest: float
    insiders: int
    seconds: float


def judge(task: Task, withheld: Bools, shifts: Sequence[Shift] = ()) -> Verdict:
    """Attack what would be published and compare.

    Everybody's intervals are solved for. An insider's are solved for where no table shows them wide enough.

    Args:
        task: the exact values and the rules.
        withheld: cells withheld, shape (cells,).
        shifts: tables said to look the same; each is checked here before it counts.

    Raises:
        PrivacyRefusal: the solver proved no optimum.
    """
    start = time.perf_counter()
    attacker = Attacker(View(task.system, task.published(withheld)), task.insiders)
    findings, narrowest = _everybody(task, attacker)
    tried = 0
    if not findings:
        witnesses = Witnesses(task, [one for one in shifts if holds(task, withheld, one)])
        for told in task.insiders:
            doubtful = _doubtful(task, witnesses, attacker.targets[attacker.reach(told)], told)
            tried += bool(len(attacker.reach(told)))
            findings += _insider(task, attacker, told, doubtful) if len(doubtful) else []
    cells = int(task.system.weight[withheld].sum())
    return Verdict(tuple(findings), cells, narrowest, tried, time.perf_counter() - start)


def _everybody(task: Task, attacker: Attacker) -> tuple[list[Finding], float]:
    """Findings without any knowledge, and the narrowest interval, solved until no other can be narrower."""
    forms = attacker.targets
    needs = np.where(task.needs.up[forms] + task.needs.down[forms] > 0, np.inf, _lengths(task)[forms])
    seen = attacker.intervals(needs)
    for _ in range(NARROWEST):
        target = int(np.argmin(seen.width)) if len(forms) else 0
        if not len(forms) or seen.exact[target]:
            break
        attacker.settle(target, np.inf)
        seen = attacker.seen()
    narrowest = float(seen.width.min(initial=np.inf))
    unmet = task.unmet(NOBODY, forms, *_hull(task, seen))
    return [Finding(int(form)) for form in unmet], narrowest


def _doubtful(task: Task, witnesses: Witnesses, reached: Ints, told: tuple[int, ...]) -> Ints:
    """Forms in an insider's reach that no witness shows to be safe from him."""
    forms = task.concerns(told, reached)
    lo, hi = witnesses.lo[forms], witnesses.hi[forms]
    narrower = np.isin(forms, witnesses.affected(told))
    lo[narrower], hi[narrower] = witnesses.ends(forms[narrower], told)
    return task.unmet(told, forms, lo, hi)


def _insider(task: Task, attacker: Attacker, told: tuple[int, ...], forms: Ints) -> list[Finding]:
    """Findings with one contributor's own values known."""
    lengths = _lengths(task)
    with attacker.knowing({variable: float(task.inner[variable]) for variable in told}):
        targets = np.searchsorted(attacker.targets, forms)
        for target, form in zip(targets, forms, strict=True):
            two_sided = task.needs.up[form] + task.needs.down[form] > 0
            attacker.settle(int(target), np.inf if two_sided else lengths[form])
        lo, hi = _hull(task, attacker.seen())
        unmet = task.unmet(told, forms, lo[targets], hi[targets])
    return [Finding(int(form), told) for form in unmet]


def _hull(task: Task, seen: Intervals) -> tuple[Floats, Floats]:
    """The intervals widened to the true value, which is possible too.

    Raises:
        PrivacyRefusal: a proven interval misses the true value, so what was attacked is not what was counted.
    """
    values = task.values[seen.forms]
    slack = TOLERANCE * np.maximum(1.0, np.abs(values))
    if np.any(seen.exact & ((values < seen.lo - slack) | (values > seen.hi + slack))):
        raise PrivacyRefusal("an interval misses its true value: the published values do not fit the counts")
    return np.minimum(seen.lo, values), np.maximum(seen.hi, values)


def _lengths(task: Task) -> Floats:
    """What must be seen of each interval before solving stops; any length of 2 holds two whole numbers."""
    return np.where(task.needs.whole, np.maximum(task.needs.width, 2.0), task.needs.width)
