"""The attacker of a night: what somebody with a solver gets out of the tables as published.

In: published tables, the plan, and what a single contributor knows of his own cell. Out: frozen intervals.
Must not see an exact count but the insider's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.binder import Key, Number
from iesiz.disclosure.binding import Binding, bind
from iesiz.disclosure.components import SLACK
from iesiz.disclosure.earlier import constants, told_of
from iesiz.disclosure.elimination import determined
from iesiz.disclosure.opened import Horizon, no_horizon, opened
from iesiz.disclosure.parts import Part
from iesiz.disclosure.plan import Plan, width_needed
from iesiz.disclosure.sparse import Floats, stack
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, Standing


@dataclass(frozen=True)
class Insider:
    """The one contributor of a cell, who knows its numbers.

    Attributes:
        values: his own numbers, by column.
    """

    table: str
    key: Key
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class CellInterval:
    """What is known of one withheld number, in its own unit.

    Attributes:
        table, key, measure: which number; a drop-out's key names both steps.
        lo, hi: ends of the interval, infinite where nothing bounds it.
        solved: whether linear algebra alone gives the number.
        told: who found it, or None for everybody.
    """

    table: str
    key: Key
    measure: str
    lo: float
    hi: float
    solved: bool = False
    told: Insider | None = None

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.hi - self.lo


def attack(
    published: Sequence[Cells],
    plan: Plan,
    thresholds: Thresholds,
    insiders: Sequence[Insider] = (),
    horizon: Horizon | None = None,
) -> tuple[CellInterval, ...]:
    """The interval of every withheld number for everybody, and the too narrow ones that each insider finds.

    Of earlier releases only the numbers that the new one can tell something of.

    Args:
        published: the tables as they will be published, null where withheld, and earlier releases.
        plan: public.
        thresholds: public; they say below which width an insider's interval is worth telling.
        insiders: what single contributors know besides, tried one at a time.
        horizon: what is not looked at any more, and what everybody is taken to know of it.

    Raises:
        PrivacyRefusal: the tables differ from the plan or contradict each other, or no optimum was proven.
    """
    binding = bind(plan, published)
    front = _front(binding, published, horizon or no_horizon(binding.system))
    numbers = [binding.numbers[form] for form in front.forms]
    view = View(front.system, binding.values(published)[front.forms])
    places = {(n.table, n.key, n.measure): place for place, n in enumerate(numbers)}
    known_to = [(one, _facts(numbers, places, one)) for one in insiders]
    near = [one for one, known in known_to if known]
    facts = [known for _, known in known_to if known]
    attacker = Attacker(view, tuple(tuple(one) for one in facts))
    seen = attacker.intervals()
    solved = _solved(view)
    found = [
        _interval(numbers[form], float(lo), float(hi), bool(solved[form]))
        for form, lo, hi in zip(seen.forms, seen.lo, seen.hi, strict=True)
    ]
    needs = _widths(numbers, plan, thresholds)[seen.forms]
    for insider, known in zip(near, facts, strict=True):
        found += _inside(numbers, attacker, insider, known, needs)
    return tuple(found)


def _front(binding: Binding, published: Sequence[Cells], horizon: Horizon) -> Part:
    """What the new release stands beside; what was published earlier is a constant."""
    earlier = [cells for cells in published if cells.standing is not Standing.NEW]
    known = constants(binding, earlier)
    if not earlier:
        return opened(binding.system, known, horizon)
    new = [cells for cells in published if cells.standing is Standing.NEW]
    return opened(binding.system, known, horizon, ~told_of(binding, new, known))


def _inside(
    numbers: Sequence[Number], attacker: Attacker, insider: Insider, known: dict[int, float], needs: Floats
) -> list[CellInterval]:
    """Other people's numbers that an insider bounds more closely than the rules allow."""
    with attacker.knowing(known) as reached:
        for target in reached:
            attacker.settle(int(target), float(needs[target]))
        seen = attacker.seen()
        narrow = [t for t in reached if seen.width[t] < needs[t] - SLACK and int(seen.forms[t]) not in known]
        return [
            _interval(numbers[seen.forms[t]], float(seen.lo[t]), float(seen.hi[t]), False, insider)
            for t in narrow
        ]


def _interval(
    number: Number, lo: float, hi: float, solved: bool, told: Insider | None = None
) -> CellInterval:
    ends = lo * number.unit, hi * number.unit
    return CellInterval(number.table, number.key, number.measure, *ends, solved, told)


def _facts(
    numbers: Sequence[Number], places: dict[tuple[str, Key, str], int], insider: Insider
) -> dict[int, float]:
    """What an insider knows of the numbers that are looked at; the others have no part in these."""
    own = ((places.get((insider.table, insider.key, measure)), value) for measure, value in insider.values)
    return {place: value / numbers[place].unit for place, value in own if place is not None}


def _widths(numbers: Sequence[Number], plan: Plan, thresholds: Thresholds) -> Floats:
    specs = {number.table: plan.spec(number.table) for number in numbers}
    found = ((specs[n.table], n.measure) for n in numbers)
    widths = (width_needed(spec, measure, thresholds) if spec else 0 for spec, measure in found)
    return np.fromiter(widths, dtype=np.float64, count=len(numbers))


def _solved(view: View) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Numbers that follow from the published ones by the equations alone, exactly."""
    limits = view.system.limits
    equations = limits.rows.take(np.flatnonzero(limits.lower == limits.upper))
    return determined(
        stack([view.system.forms.take(np.flatnonzero(view.published)), equations]), view.system.forms
    )
