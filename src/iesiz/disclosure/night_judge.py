"""The judge of a night: the attacker's intervals held against the exact counts and the rules.

In: intervals, published and exact tables, the rules. Out: a frozen `NightVerdict`; only without findings may
the night be published.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iesiz.disclosure.binder import Key
from iesiz.disclosure.binding import Binding, bind
from iesiz.disclosure.derived import tellable
from iesiz.disclosure.earlier import Earlier, constants, told_of
from iesiz.disclosure.night_attack import CellInterval, Insider, attack
from iesiz.disclosure.night_rules import Demands, Rules, demands, keys_of
from iesiz.disclosure.opened import horizon_of, left_by, touched
from iesiz.disclosure.parts import cut
from iesiz.disclosure.rules import TOLERANCE, Needs
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.tables import Cells, Standing


@dataclass(frozen=True)
class NightFinding:
    """What bars the release: a number, and the reason without its value."""

    table: str
    key: Key
    measure: str
    reason: str


@dataclass(frozen=True)
class NightVerdict:
    """The audit's summary, for the release record.

    Attributes:
        findings: what bars the release, in order.
        audited: withheld cells, drop-outs that the rules protect among them.
        narrowest: the smallest interval of a withheld count, infinite if none is withheld or bounded.
        insiders: how many single contributors were tried.
        seconds: time taken by attack and judgement, 0 if not measured.
    """

    findings: tuple[NightFinding, ...]
    audited: int
    narrowest: float
    insiders: int
    seconds: float = 0.0


def insiders_of(binding: Binding, asked: Demands) -> tuple[Insider, ...]:
    """The single contributor of each cell that has one, with what he knows."""
    found = []
    for told in asked.insiders:
        first = binding.numbers[told[0]]
        own = ((binding.numbers[v].measure, float(asked.values[v]) * binding.numbers[v].unit) for v in told)
        found.append(Insider(first.table, first.key, tuple(own)))
    return tuple(found)


def judge_night(
    intervals: Sequence[CellInterval],
    published: Sequence[Cells],
    exact: Sequence[Cells],
    rules: Rules,
    history: Sequence[Earlier] = (),
) -> NightVerdict:
    """Compare what the attacker got with what is so.

    Args:
        intervals: of `attack` on exactly these published tables and earlier releases.
        published: the tables as they will be published.
        exact: the exact tables with their `rule` columns, in any order.
        rules: key, period, thresholds, plan.
        history: earlier releases that link to these tables.

    Raises:
        PrivacyRefusal: the tables differ from each other or from the plan.
    """
    binding, asked = _asked(exact, rules, history)
    everything = [*published, *(one.published for one in history)]
    left = _possible(binding, asked, exact, history)
    follows = (asked.needs.length > 0) & (left.length == 0)
    to_judge = (
        _to_judge(binding, asked, everything, follows) if history else _told_something(binding, published)
    )
    asked = replace(asked, needs=left)
    numbers = {(n.table, n.key, n.measure): place for place, n in enumerate(binding.numbers)}
    placed = [(one, numbers[one.table, one.key, one.measure]) for one in intervals]
    judged = [(one, place) for one, place in placed if to_judge[place]]
    hidden = np.zeros(len(binding.numbers), dtype=np.bool_)
    hidden[[place for one, place in placed if one.told is None]] = True
    findings = [
        *_shown(binding, asked, everything),
        *_derived(published, exact, rules),
        *_narrow(binding, asked, judged),
        *_not_attacked(binding, everything, hidden | ~to_judge),
    ]
    needed = hidden & to_judge & (asked.needs.length > 0)
    audited = len(np.unique(binding.system.owner[: len(hidden)][needed]))
    counts = (one.width for one, place in judged if one.told is None and asked.needs.whole[place])
    return NightVerdict(tuple(findings), audited, min(counts, default=math.inf), len(asked.insiders))


def _narrow(
    binding: Binding, asked: Demands, judged: Sequence[tuple[CellInterval, int]]
) -> list[NightFinding]:
    """Intervals that bar the release, each given with the place of its number."""
    reasons = ((one, _reason(binding, asked, one, place)) for one, place in judged)
    return [NightFinding(one.table, one.key, one.measure, reason) for one, reason in reasons if reason]


def _asked(exact: Sequence[Cells], rules: Rules, history: Sequence[Earlier]) -> tuple[Binding, Demands]:
    everything = [*exact, *(one.counts for one in history)]
    binding = bind(rules.plan, everything)
    return binding, demands(binding, everything, rules)


def _told_something(binding: Binding, published: Sequence[Cells]) -> Bools:
    """Numbers of components of which anything is published; of the others nobody is told anything."""
    shown = ~np.isnan(binding.values(published))
    found = np.zeros(len(shown), dtype=np.bool_)
    for part in cut(binding.system):
        found[part.forms] = bool(shown[part.forms].any())
    return found


def _to_judge(binding: Binding, asked: Demands, published: Sequence[Cells], follows: Bools) -> Bools:
    """Numbers that what is new can tell something of; what follows from earlier releases tells nothing."""
    known = constants(binding, published)
    shown = ~np.isnan(constants(binding, [one for one in published if one.standing is Standing.NEW]))
    shown[: len(follows)] &= ~follows
    near = touched(binding.system.limits, known, shown)
    return (near & ~np.isnan(asked.values))[: len(follows)]


def _possible(binding: Binding, asked: Demands, exact: Sequence[Cells], history: Sequence[Earlier]) -> Needs:
    """The needs, none beyond what earlier releases have left."""
    if not history:
        return asked.needs
    known = constants(binding, [one.published for one in history])
    horizon = horizon_of(binding.system.limits, known, asked.values)
    near = told_of(binding, exact, known)
    return left_by(binding.system, known, horizon, asked.needs, asked.values, near)


def _reason(binding: Binding, asked: Demands, one: CellInterval, place: int) -> str:
    """Why an interval bars the release, or nothing."""
    unit, needs = binding.numbers[place].unit, asked.needs
    if needs.length[place] == 0:
        return ""
    value, lo, hi = float(asked.values[place]), one.lo / unit, one.hi / unit
    slack = TOLERANCE * max(1.0, value)
    if not lo - slack <= value <= hi + slack:
        return "the interval misses the value: what was attacked is not what was counted"
    if one.told is not None:
        guarded = asked.sensitive[binding.system.owner[place]]
        return "a single contributor finds it" if guarded and hi - lo < needs.width[place] - slack else ""
    if one.solved:
        return "it follows from what is published"
    at = np.array([place])
    fits = needs.met(np.array([value]), np.array([lo]), np.array([hi]), at)
    return "" if fits[0] else "its interval is too narrow"


def _shown(binding: Binding, asked: Demands, published: Sequence[Cells]) -> list[NightFinding]:
    """Published numbers that a rule withholds, or that are not what was counted."""
    seen = binding.values(published)
    shown = ~np.isnan(seen)
    barred: Bools = shown & asked.sensitive[binding.system.owner]
    exact: Floats = asked.values[: len(seen)]
    false: Bools = shown & ~barred & (np.abs(np.where(shown, seen, exact) - exact) > TOLERANCE)
    return [
        NightFinding(*_name(binding, int(place)), reason)
        for mask, reason in ((barred, "a rule withholds it"), (false, "it is not what was counted"))
        for place in np.flatnonzero(mask)
    ]


def _derived(published: Sequence[Cells], exact: Sequence[Cells], rules: Rules) -> list[NightFinding]:
    """Derived numbers in a withheld cell, or that tell of too few, or that are not what was counted."""
    found, counted = [], {cells.spec.name: cells for cells in exact}
    for cells in published:
        whole = counted[cells.spec.name]
        true = dict(zip(keys_of(whole), whole.table.to_pylist(), strict=True))
        told = {name: dict(zip(true, mask, strict=True)) for name, mask in tellable(whole, rules).items()}
        for key, row in zip(keys_of(cells), cells.table.to_pylist(), strict=True):
            for name in (one for one in told if row[one] is not None):
                if row[cells.spec.contributors] is None or not told[name][key]:
                    found.append(NightFinding(cells.spec.name, key, name, "it tells of too few"))
                elif row[name] != true[key][name]:
                    found.append(NightFinding(cells.spec.name, key, name, "it is not what was counted"))
    return found


def _not_attacked(binding: Binding, published: Sequence[Cells], hidden: Bools) -> list[NightFinding]:
    missed = np.flatnonzero(np.isnan(binding.values(published)) & ~hidden)
    return [NightFinding(*_name(binding, int(place)), "nobody attacked it") for place in missed]


def _name(binding: Binding, place: int) -> tuple[str, Key, str]:
    number = binding.numbers[place]
    return number.table, number.key, number.measure


def audit_night(
    published: Sequence[Cells], exact: Sequence[Cells], rules: Rules, history: Sequence[Earlier] = ()
) -> NightVerdict:
    """Attack, with each single contributor's own numbers known as well, and judge.

    Raises:
        PrivacyRefusal: the tables contradict each other or the plan, or the solver proved no optimum.
    """
    start = time.perf_counter()
    binding, asked = _asked(exact, rules, history)
    everything = [*published, *(one.published for one in history)]
    known = constants(binding, [one.published for one in history])
    horizon = horizon_of(binding.system.limits, known, asked.values)
    insiders = insiders_of(binding, asked)
    intervals = attack(everything, rules.plan, rules.thresholds, insiders, horizon)
    verdict = judge_night(intervals, published, exact, rules, history)
    return replace(verdict, seconds=time.perf_counter() - start)
