"""What somebody who has only the published tables can tell of each withheld number, without exact counts.

In: published tables and the plan. Out: ``ToldNumber`` for each number that matters. A drop-out between two
steps of a nested table is no row of it; it matters only where it may be a few people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from iesiz.disclosure.binder import REVISED
from iesiz.disclosure.components import SLACK
from iesiz.disclosure.earlier import Earlier
from iesiz.disclosure.night_attack import CellInterval, attack
from iesiz.disclosure.night_rules import keys_of
from iesiz.disclosure.plan import Plan, least, width_needed
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells


@dataclass(frozen=True)
class ToldNumber:
    """A withheld number: its interval's width, whether the release told of it, and whether that was too much.

    Of a number that no release but earlier ones tells of, these were judged for what they told.
    """

    table: str
    width: float
    has_told: bool
    is_exact: bool
    is_narrow: bool


def told_numbers(
    published: Sequence[Cells], plan: Plan, thresholds: Thresholds, history: Sequence[Earlier] = ()
) -> list[ToldNumber]:
    """Attack published tables and hold every interval against the width that the rules ask for.

    Beside earlier releases a number is told too closely only by a release that told more of it than they did.

    Raises:
        PrivacyRefusal: the tables contradict each other or the plan, or the solver proved no optimum.
    """
    earlier = [one.published for one in history]
    everything = [*published, *earlier]
    rows = {(cells.label, key) for cells in everything for key in keys_of(cells)}
    before = _widths([*map(_withheld, published), *earlier], plan, thresholds) if history else {}
    found = attack(everything, plan, thresholds)
    return [
        _told(one, plan, thresholds, before.get((one.table, one.key, one.measure), math.inf))
        for one in found
        if _matters(one, rows, plan, thresholds)
    ]


def _widths(
    tables: Sequence[Cells], plan: Plan, thresholds: Thresholds
) -> dict[tuple[str, tuple[object, ...], str], float]:
    return {(one.table, one.key, one.measure): one.width for one in attack(tables, plan, thresholds)}


def _withheld(cells: Cells) -> Cells:
    """A table as if nothing of it were published."""
    table = cells.table
    for name in cells.spec.counted:
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.nulls(len(table), table.schema.field(name).type))
    return replace(cells, table=table)


def _matters(
    one: CellInterval, rows: set[tuple[str, tuple[object, ...]]], plan: Plan, thresholds: Thresholds
) -> bool:
    """A row always; a drop-out if it may be one person to k - 1, what a revision added if it must be."""
    spec = plan.spec(one.table)
    if (one.table, one.key) in rows or spec is None:
        return spec is not None
    end = one.hi if one.key[-1] == REVISED else one.lo
    return one.hi >= 1 and end < least(spec, thresholds)


def _told(one: CellInterval, plan: Plan, thresholds: Thresholds, before: float) -> ToldNumber:
    spec = plan.spec(one.table)
    needed = width_needed(spec, one.measure, thresholds) if spec else 0
    has_told = one.width < before - SLACK
    is_exact = has_told and (one.solved or one.width < 1)
    return ToldNumber(one.table, one.width, has_told, is_exact, has_told and (is_exact or one.width < needed))
