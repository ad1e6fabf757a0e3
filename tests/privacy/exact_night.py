"""The sample's nights as exact cells, and small nights made by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from iesiz import publishing
from iesiz.disclosure.plan import Plan, StepRoute, plan_of
from iesiz.night import run_night
from iesiz.settings import Settings, load_settings
from iesiz.table_parts import TYPES
from iesiz.tables import Cells, TableSpec, load_tables

SPECS = {spec.name: spec for spec in load_tables()}


def exact_nights(sample: Path, store: Path, days: Sequence[dt.date]) -> list[tuple[Cells, ...]]:
    """The exact cells of the sample's days, caught on their way to disclosure control."""
    caught: list[tuple[Cells, ...]] = []
    aggregate = publishing.aggregate_day

    def catching(*arguments: Any, **named: Any) -> tuple[Cells, ...]:
        caught.append(aggregate(*arguments, **named))
        return caught[-1]

    settings = load_settings(sample / "iesiz.toml")
    settings = settings.model_copy(update={"store": settings.store.model_copy(update={"path": str(store)})})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "aggregate_day", catching)
        run_night(settings, tuple(days), lambda *_: None)
    return caught


def plan_with(settings: Settings) -> Plan:
    """The package's plan with the ways that the settings declare."""
    steps = [StepRoute(one.name, step.step, step.route) for one in settings.sites for step in one.funnel]
    return plan_of(list(SPECS.values()), len(settings.sites), steps)


def threshold_only(cells: Cells, k: int = 10) -> Cells:
    """What a plain threshold would publish."""
    counted = cells.spec.counted
    rows = [
        {**row, "status": "published"}
        if row[cells.spec.contributors] >= k
        else {**row, **dict.fromkeys(counted), "status": "suppressed"}
        for row in cells.table.to_pylist()
    ]
    return Cells(cells.spec, pa.Table.from_pylist(rows))


def cells_of(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> Cells:
    """Exact cells by hand; a number that a row leaves out is 0, networks are plenty."""
    plenty = {column.name: 100 if column.name == "network_count" else 0 for column in spec.columns}
    schema = pa.schema([(one.name, TYPES[one.type]) for one in spec.columns])
    return Cells(spec, pa.Table.from_pylist([{**plenty, **row} for row in rows], schema))
