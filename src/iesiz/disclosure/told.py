"""What somebody who has only the published tables can tell of each withheld number, without exact counts.

In: published tables and the plan. Out: ``ToldNumber`` for each number that matters. A drop-out between two
steps of a nested table is no row of it; it matters only where it may be a few people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iesiz.disclosure.night_attack import CellInterval, attack
from iesiz.disclosure.night_rules import keys_of
from iesiz.disclosure.plan import Plan, least, width_needed
from iesiz.settings import Thresholds
from iesiz.tables import Cells


@dataclass(frozen=True)
class ToldNumber:
    """A withheld number: how wide its interval is, whether it is known, or known too closely."""

    table: str
    width: float
    is_exact: bool
    is_narrow: bool


def told_numbers(published: Sequence[Cells], plan: Plan, thresholds: Thresholds) -> list[ToldNumber]:
    """Attack published tables and hold every interval against the width that the rules ask for.

    Raises:
        PrivacyRefusal: the tables contradict each other or the plan, or the solver proved no optimum.
    """
    rows = {(cells.spec.name, key) for cells in published for key in keys_of(cells)}
    found = attack(published, plan, thresholds)
    return [_told(one, plan, thresholds) for one in found if _matters(one, rows, plan, thresholds)]


def _matters(
    one: CellInterval, rows: set[tuple[str, tuple[object, ...]]], plan: Plan, thresholds: Thresholds
) -> bool:
    """A row always; a drop-out if it may be between one person and k - 1."""
    spec = plan.spec(one.table)
    return (one.table, one.key) in rows or (
        spec is not None and one.hi >= 1 and one.lo < least(spec, thresholds)
    )


def _told(one: CellInterval, plan: Plan, thresholds: Thresholds) -> ToldNumber:
    spec = plan.spec(one.table)
    needed = width_needed(spec, one.measure, thresholds) if spec else 0
    is_exact = one.solved or one.width < 1
    return ToldNumber(one.table, one.width, is_exact, is_exact or one.width < needed)
