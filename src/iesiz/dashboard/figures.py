"""The numbers of a panel or tile, summed by DuckDB, each with a state that says how far it can be trusted.

States: exact; noisy (numbers with noise: about so many); partial (a part of what is summed is withheld or
absent: at least so many); withheld; missing (not published). Names in the queries are those of tables and
columns of the package, never a reader's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from iesiz.dashboard.pages import SITE, Panel, Tile
from iesiz.periods import Grain
from iesiz.reader import Reader
from iesiz.tables import TableSpec

ABSENT = (None, "missing")
LONGEST = 400  # days in a line
WEEK = 7
STATE = (
    "case when count({measure}) = 0 then 'withheld' "
    "when count(*) filter (status = 'noisy') > 0 then 'noisy' "
    "when count({measure}) = count(*) and count(distinct {period}) = {periods} then 'exact' "
    "else 'partial' end as state"
)


@dataclass(frozen=True, slots=True)
class _Span:
    """What a panel tells of: its first and last period, and how many there should be."""

    first: Any
    last: Any
    periods: int


def panel_facts(reader: Reader, panel: Panel, spec: TableSpec | None) -> dict[str, Any]:
    """A panel as JSON values: its labels, the periods it tells of, its rows.

    Rows are (site, day, value, state) for days, (site, label, place, value, state) for bars and
    (site, day, hour, value, state) for a grid.
    """
    facts = {
        "title": panel.title,
        "unit": panel.unit,
        "by": panel.by or "day",
        "chart": panel.chart,
        "table": panel.table,
    }
    if spec is None or panel.measure not in {one.name for one in spec.published}:
        return {**facts, "rows": None}
    there = reader.connection.table(spec.name)
    span = _span(there, spec, panel.periods or LONGEST)
    if span is None:
        return {**facts, "rows": []}
    chosen = there.filter(" and ".join([f"{spec.grain} >= '{span.first}'", *_conditions(panel.where)]))
    makers = {"days": _days, "bars": _bars, "grid": _grid}
    rows = makers[panel.chart](chosen, panel, spec, span.periods)
    return {**facts, "first": str(span.first), "last": str(span.last), "rows": rows}


def _span(there: duckdb.DuckDBPyRelation, spec: TableSpec, most: int) -> _Span | None:
    """The last periods of a table, at most so many: days of the calendar, published or not."""
    found = there.project(str(spec.grain)).distinct().order(f"{spec.grain} desc").limit(most).fetchall()
    if not found:
        return None
    last, first = found[0][0], found[-1][0]
    if spec.grain is not Grain.DAY:
        return _Span(first, last, len(found))
    first = max(first, last - dt.timedelta(days=most - 1))
    return _Span(first, last, (last - first).days + 1)


def tile_facts(reader: Reader, tile: Tile, spec: TableSpec | None) -> dict[str, Any]:
    """The sum of a table's last seven days, and of the seven before, each with its state."""
    none = {"title": tile.title, "value": None, "state": "missing", "before": None, "before_state": "missing"}
    if spec is None:
        return none
    there = reader.connection.table(spec.name)
    last, sites = there.aggregate(f"max(day), count(distinct {SITE})").fetchall()[0]
    if last is None:
        return none
    value, state = _week(there, tile.measure, last, sites)
    before, before_state = _week(there, tile.measure, last - dt.timedelta(days=WEEK), sites)
    return {
        "title": tile.title,
        "last": str(last),
        "value": value,
        "state": state,
        "before": before,
        "before_state": before_state,
    }


def _week(there: duckdb.DuckDBPyRelation, measure: str, last: dt.date, sites: int) -> tuple[Any, str]:
    first = last - dt.timedelta(days=WEEK - 1)
    chosen = there.filter(f"day between '{first}' and '{last}'")
    rows = chosen.aggregate(
        f"sum({measure}), count({measure}), count(*), count(distinct row({SITE}, day)), "
        "count(*) filter (status = 'noisy')"
    ).fetchall()
    value, shown, cells, pieces, noisy = rows[0]
    state = "missing" if not cells else "withheld" if not shown else "noisy" if noisy else "partial"
    if noisy:
        return value, state
    return value, "exact" if shown == cells and pieces == WEEK * sites else state


def _conditions(where: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"{name} in ({', '.join(repr(one) for one in values)})" for name, values in where.items()]


def _sums(panel: Panel, spec: TableSpec, keys: str, periods: int) -> str:
    state = STATE.format(measure=panel.measure, period=spec.grain, periods=periods)
    return f"{keys}, sum({panel.measure}) as value, {state}"


def _days(chosen: duckdb.DuckDBPyRelation, panel: Panel, spec: TableSpec, _periods: int) -> list[Any]:
    found = _found(chosen, panel, spec, f"{SITE}, {spec.grain}")
    return [[site, str(day), *found.get((site, day), ABSENT)] for site, day in _whole(found)]


def _grid(chosen: duckdb.DuckDBPyRelation, panel: Panel, spec: TableSpec, _periods: int) -> list[Any]:
    found = _found(chosen, panel, spec, f"{SITE}, {spec.grain}, hour")
    return [
        [site, str(day), hour, *found.get((site, day, hour), ABSENT)]
        for site, day in _whole(found)
        for hour in range(24)
    ]


def _found(
    chosen: duckdb.DuckDBPyRelation, panel: Panel, spec: TableSpec, keys: str
) -> dict[tuple[Any, ...], tuple[Any, str]]:
    rows = chosen.aggregate(_sums(panel, spec, keys, 1)).fetchall()
    return {tuple(row[:-2]): row[-2:] for row in rows}


def _whole(found: Iterable[tuple[Any, ...]]) -> list[tuple[str, dt.date]]:
    """Every site with every day from the first to the last, published or not; nothing if there is no day."""
    sites, days = sorted({key[0] for key in found}), sorted({key[1] for key in found})
    if not days:
        return []
    each = [days[0] + dt.timedelta(days=step) for step in range((days[-1] - days[0]).days + 1)]
    return [(site, day) for site in sites for day in each]


def _bars(chosen: duckdb.DuckDBPyRelation, panel: Panel, spec: TableSpec, periods: int) -> list[Any]:
    rows = chosen.aggregate(_sums(panel, spec, f"{SITE}, {panel.by}::varchar as label", periods)).fetchall()
    values = next(one.values for one in spec.columns if one.name == panel.by)
    places = {str(value): place for place, value in enumerate(values)} if panel.first else {}
    ordered = sorted(
        rows, key=lambda row: (row[0], places.get(row[1], 0), -(row[2] or 0), row[2] is None, row[1])
    )
    made, counted = [], dict[str, int]()
    for site, label, value, state in ordered:
        place = counted[site] = counted.get(site, -1) + 1
        if not panel.top or place < panel.top:
            made.append([site, label, place, value, state])
    return made
