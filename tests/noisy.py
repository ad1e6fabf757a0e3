"""Networks whose tables have noise: settings, exact cells without a night, and what was drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from iesiz.choices import linked_to
from iesiz.periods import Grain, Period
from iesiz.settings import Settings
from iesiz.tables import Cells, load_tables
from tests.nights import DAY, Network, network, site

VISITORS, PAGES = "daily_visitors_by_site", "daily_pageviews_by_page"
SPECS = {spec.name: spec for spec in load_tables()}
LINKED = tuple(sorted(linked_to(VISITORS, list(SPECS.values())) - {VISITORS}))
DAILY = tuple(name for name in LINKED if SPECS[name].grain == Grain.DAY)
TODAY = Period(Grain.DAY, DAY)


def budget(month: str = "0.465", year: str = "5.49") -> str:
    """The section of the budget."""
    return f'[dp]\nmonth = "{month}"\nyear = "{year}"\n'


def with_noise(
    table: str = VISITORS, loss: str = 'rho = "0.015"', bounds: str = "cells = 1, visitor_count = 1"
) -> str:
    """The section of a table with noise."""
    bounds = f"unit = 'visitor_day'\nbounds = {{ {bounds} }}\n{loss}\n"
    return f"[tables.{table}]\nmechanism = 'dp'\n{bounds}"


def unpublished(*names: str) -> str:
    """Sections of tables that are not published."""
    return "".join(f"[tables.{name}]\nmechanism = 'none'\n" for name in names)


def others(*kept: str) -> str:
    """All that is linked to visitors is not published, the microdata of visits neither."""
    return unpublished(*(name for name in (*LINKED, "visits") if name not in kept))


def noisy_network(base: Path, *more: str) -> Network:
    """One site with noise in its visitors, and nothing beside it."""
    return network(base, site("mall", "web"), *(more or (budget(), with_noise(), others())))


def exact(count: int, table: str = VISITORS, rows: list[dict[str, Any]] | None = None) -> Cells:
    """Exact cells of a table: of one site with so many visitors."""
    spec = SPECS[table]
    held = rows or [{"site": "mall", "visitor_count": count, "pageview_count": 2 * count}]
    columns = {one.name: [row.get(one.name, 0) for row in held] for one in spec.columns}
    return Cells(spec, pa.table(columns), ("a check said something",), {"requests": 3}, period=TODAY)


def ledger(settings: Settings) -> list[Mapping[str, Any]]:
    """Lines of the budget's ledger."""
    path = settings.restricted / "dp" / "ledger.jsonl"
    return [json.loads(one) for one in path.read_text("utf-8").splitlines()] if path.exists() else []


def kinds(settings: Settings) -> list[str]:
    """Kinds of the entries of the budget's ledger."""
    return [str(one["kind"]) for one in ledger(settings)]
