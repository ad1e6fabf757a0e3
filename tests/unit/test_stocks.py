"""Stocks: what is published of a cell differs from what was published before by none, or by enough."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from iesiz.archive import with_changes
from iesiz.disclosure import CHANGE, Rules, plan_of
from iesiz.disclosure.night_rules import sensitive_rows
from iesiz.periods import Grain, Period
from iesiz.publish import commit_period, stage_period
from iesiz.rule_settings import Thresholds
from iesiz.settings import Settings
from iesiz.storage import prepare_store
from iesiz.table_parts import TYPES
from iesiz.tables import Cells
from iesiz.vocabulary import PUBLISHED, SUPPRESSED
from tests.privacy.exact_night import SPECS
from tests.unit.small_world import settings_in

SPEC = SPECS["monthly_members_by_region_and_age"]
RULES = Rules(bytes(range(32)), "2026-11", Thresholds(), plan_of(list(SPECS.values())))
CELL = {"site": "mall", "region": "abai", "age": "25-29"}


def publish(settings: Settings, month: int, count: int | None) -> None:
    status = SUPPRESSED if count is None else PUBLISHED
    schema = pa.schema([*((one.name, TYPES[one.type]) for one in SPEC.published), ("status", "string")])
    cells = Cells(SPEC, pa.Table.from_pylist([{**CELL, "member_count": count, "status": status}], schema))
    period = Period(Grain.MONTH, dt.date(2026, month, 1))
    commit_period(settings, period, stage_period(settings, period, [cells], "mega-coco-1", ()), {})


@pytest.mark.parametrize(
    ("earlier", "now", "change", "withheld"),
    [
        ((), 100, 100, False),
        ((100,), 100, 0, False),
        ((100,), 119, 19, True),  # 119 - 100 would be nineteen people, fewer than the table's 20
        ((100,), 99, 1, True),
        ((100,), 120, 20, False),
        ((100, None), 119, 19, True),  # the month between told nothing
        ((100, None, None), 125, 25, False),
        ((100, 130), 131, 1, True),
    ],
)
def test_a_stock_is_held_against_what_was_last_published(
    tmp_path: Path, earlier: tuple[int | None, ...], now: int, change: int, withheld: bool
) -> None:
    settings = settings_in(tmp_path)
    prepare_store(settings)
    for month, count in enumerate(earlier, 1):
        publish(settings, month, count)
    schema = pa.schema([(one.name, TYPES[one.type]) for one in SPEC.columns])
    exact = Cells(SPEC, pa.Table.from_pylist([{**CELL, "member_count": now, CHANGE: 0}], schema))
    [cells] = with_changes(settings, [exact])
    assert cells.table[CHANGE].to_pylist() == [change]
    assert sensitive_rows(cells, RULES).tolist() == [withheld]
