"""The differencing rule for a declared revision: what it changes is nobody, or enough people.

Opened by ``pipeline`` alone. In: exact cells before and after, what each visitor changes, what was published.
Out: exact cells with the number of people that each differs by, or a refusal that names tables and the rule,
never what they hold. It must not decide what is withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from iesiz.aggregate import Change, Changes
from iesiz.disclosure import LEAST_NETWORKS, REVISED_COUNT, P, Plan, keys_of, least, magnitudes
from iesiz.errors import PrivacyRefusal
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import PUBLISHED

Key = tuple[Any, ...]
NOTHING = Change(0, 0, 0, 0, 0, 0, 0)
FEW = 1  # a difference that any rule finds too small counts as one person


def refuse_other_days(held: Sequence[Cells], exact: Sequence[Cells], changes: Changes) -> None:
    """Refuse if the day can't be made again as it was, or if less would be counted in a cell than was.

    Args:
        held: exact cells of what is published.
        exact: exact cells with late lines.
        changes: what each table's numbers add up to, visitor by visitor, before and after.

    Raises:
        PrivacyRefusal: it is so.
    """
    new = {cells.spec.name: cells for cells in exact}
    for cells in held:
        spec, found = cells.spec, changes.get(cells.spec.name)
        if found is None:
            continue
        after = _numbers(new[spec.name])
        for place, before in _numbers(cells).items():
            one = found.get(place, NOTHING)
            if (one.before, one.after) != (before, after.get(place)):
                raise PrivacyRefusal(
                    f"{spec.name}: the published day can't be made again as it was (other settings, or "
                    "another version); nothing is changed."
                )
            if one.after < one.before:
                raise PrivacyRefusal(
                    f"{spec.name}: with the late lines less would be counted in a cell than was (bounds of a "
                    "visitor, or robots told by what they did); nothing is changed."
                )


def _numbers(cells: Cells) -> dict[tuple[Key, str], int]:
    rows = cells.table.to_pylist()
    return {
        (key, name): row[name]
        for key, row in zip(keys_of(cells), rows, strict=True)
        for name in cells.spec.counted
    }


def with_differences(
    exact: Sequence[Cells], held: Sequence[Cells], changes: Changes, thresholds: Thresholds
) -> tuple[Cells, ...]:
    """Exact cells with the fewest people by whom one of their numbers differs from what is published."""
    before = {cells.spec.name: frozenset(keys_of(cells)) for cells in held}
    return tuple(_with_difference(one, before[one.spec.name], changes, thresholds) for one in exact)


def _with_difference(cells: Cells, before: frozenset[Key], changes: Changes, thresholds: Thresholds) -> Cells:
    spec, found = cells.spec, changes.get(cells.spec.name, {})
    counts = [
        min(_people(spec, key, found, thresholds), default=0) if key in before else 0
        for key in keys_of(cells)
    ]
    column = pa.array(counts, pa.int64())
    return replace(cells, table=cells.table.append_column(REVISED_COUNT, column))


def _people(
    spec: TableSpec, key: Key, found: Mapping[tuple[Key, str], Change], thresholds: Thresholds
) -> Iterable[int]:
    """For each number that changes, by how many people; one if a rule finds them too few."""
    large, k = magnitudes(spec), least(spec, thresholds)
    for name in spec.counted:
        one = found.get((key, name), NOTHING)
        if one.people:
            is_few = one.people < k or one.networks < LEAST_NETWORKS
            is_one = name in large and one.total - one.first - one.second < P / 100 * one.first
            yield FEW if is_few or is_one else one.people


def refuse_small_differences(
    shown: Sequence[Cells], exact: Sequence[Cells], plan: Plan, thresholds: Thresholds
) -> None:
    """Refuse if a published number would differ from what takes its place by too few people.

    Raises:
        PrivacyRefusal: it would.
    """
    new = {cells.spec.name: cells for cells in exact}
    tables = sorted(
        {
            cells.spec.name
            for cells in shown
            if plan.original(cells.spec) is None
            for key, change in zip(
                keys_of(new[cells.spec.name]),
                new[cells.spec.name].table[REVISED_COUNT].to_pylist(),
                strict=True,
            )
            if 0 < change < least(cells.spec, thresholds) and key in _published(cells)
        }
    )
    if tables:
        raise PrivacyRefusal(
            f"Published numbers of {', '.join(tables)} would differ from the earlier ones by fewer people "
            "than the differencing rule asks for: revision minus original would tell of them."
        )


def refuse_withheld(shown: Sequence[Cells], protected: Sequence[Cells]) -> None:
    """Refuse if something that is published would have to be withheld now: it is out already.

    Raises:
        PrivacyRefusal: it would.
    """
    now = {cells.spec.name: _published(cells) for cells in protected}
    tables = [cells.spec.name for cells in shown if not _published(cells) <= now[cells.spec.name]]
    if tables:
        raise PrivacyRefusal(
            f"Numbers of {', '.join(sorted(tables))} are published that would have to be withheld now, so "
            "that what is withheld stays protected beside both. Nothing is changed."
        )


def _published(cells: Cells) -> frozenset[Key]:
    status = cells.table["status"].to_pylist()
    return frozenset(key for key, one in zip(keys_of(cells), status, strict=True) if one == PUBLISHED)
