"""One statistic at a time: its query, its checks, and the complete grid of its cells."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pyarrow as pa

from iesiz.aggregate.day import day_session
from iesiz.aggregate.labels import Label, admitted_labels, common_labels
from iesiz.aggregate.longer import PeriodInput, period_session
from iesiz.aggregate.session import DayInput, Left, left_by, register_admitted, relation
from iesiz.engine import engine_errors
from iesiz.errors import CheckFailed
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import ADMITTED, SITES, TYPES, Column
from iesiz.tables import MEMBERS, Cells, TableSpec
from iesiz.vocabulary import OTHER, Role

Row = Mapping[str, Any]
Given = DayInput | PeriodInput
Few = Mapping[str, Set[tuple[str, str]]]
Asked = dict[str, list[dict[str, Any]]]
KEPT_BESIDE = 1 << 18  # visitors; what a day with more of them leaves takes some 100 bytes for each


def aggregate_day(
    given: DayInput,
    specs: Sequence[TableSpec],
    thresholds: Thresholds,
    threads: int,
    keep: Callable[[Left], None] | None = None,
) -> tuple[Cells, ...]:
    """Compute the exact cells of every daily table whose source the day has.

    Args:
        given: what the day is made of.
        specs: the tables.
        thresholds: how many visitors a label needs.
        threads: of the engine.
        keep: given what the day leaves for longer periods, in a thread beside the tables' queries, or once
            their memory is free where that is much; it has ended when this returns.

    Raises:
        CheckFailed: a check marked ``stop`` found rows, or a query failed.
        OutsideError: memory did not suffice, or a part could not be read.
    """
    place, beside = engine_errors(f"day {given.day}"), ThreadPoolExecutor(1)
    with place, beside:
        with day_session(given, threads) as connection:
            lost = _rows(connection, relation("lost"), {})[0]
            is_small = connection.table("visitors").shape[0] <= KEPT_BESIDE
            kept = [beside.submit(_keep, connection.cursor(), keep)] if keep is not None and is_small else []
            chosen, asked = _chosen(given, specs), Asked()
            cells = tuple(_cells(connection, given, spec, thresholds, lost, asked) for spec in chosen)
            left = left_by(connection) if keep is not None and not kept else None
            for one in kept:
                one.result()  # Its connection closes with this one.
        if keep is not None and left is not None:
            keep(left)
        return cells


def _keep(own: duckdb.DuckDBPyConnection, keep: Callable[[Left], None]) -> None:
    """Let what a day leaves be kept, asked for on a connection of its own, beside the tables' queries."""
    with own:
        left = left_by(own)
    keep(left)


def aggregate_period(
    given: PeriodInput, specs: Sequence[TableSpec], thresholds: Thresholds, threads: int
) -> tuple[Cells, ...]:
    """Compute the exact cells of every table of a longer period whose source it has.

    Raises:
        CheckFailed: a check marked ``stop`` found rows, or a query failed.
        OutsideError: memory did not suffice, or what the days left could not be read.
    """
    with engine_errors(f"{given.period.grain} {given.period}"), period_session(given, threads) as connection:
        return tuple(_cells(connection, given, spec, thresholds, {}, {}) for spec in _chosen(given, specs))


def _chosen(given: Given, specs: Sequence[TableSpec]) -> list[TableSpec]:
    return [spec for spec in specs if spec.grain == given.period.grain and spec.source in given.sources]


def _cells(
    connection: duckdb.DuckDBPyConnection,
    given: Given,
    spec: TableSpec,
    thresholds: Thresholds,
    lost: Row,
    asked: Asked,
) -> Cells:
    common, admitted = _shown(connection, given, spec, thresholds, asked)
    if given.shown is not None:
        admitted = given.shown.instead_of(spec.name, admitted)
    register_admitted(connection, admitted)
    found = _rows(connection, spec.query, {**given.dates, "bands": list(spec.bands)})
    schema = pa.schema([(one.name, TYPES[one.type]) for one in spec.columns])
    grid = _grid(_sites(connection, given, spec), spec, admitted, _few(connection, given, spec))
    table = pa.Table.from_pylist(_complete(spec, grid, found), schema)
    is_of_log = spec.source == "access_log"
    said = _check(connection, spec, table)
    lost_here = dict(lost) if is_of_log else {}
    own = frozenset[Label]() if spec.labels_of else frozenset(common)
    return Cells(spec, table, said, lost_here, own, given.period, given.days)


def _shown(
    connection: duckdb.DuckDBPyConnection,
    given: Given,
    spec: TableSpec,
    thresholds: Thresholds,
    asked: Asked,
) -> tuple[set[Label], list[Label]]:
    """Labels that enough contributors share, and those that the table shows; all, where noise chooses.

    Tables that share their labels ask for candidates once.
    """
    if spec.labels and spec.labels not in asked:
        asked[spec.labels] = _rows(connection, spec.labels, {})
    candidates = asked.get(spec.labels, [])
    if spec.name in given.open_labels:
        everything = {(row["site"], row["label"]) for row in candidates if row["label"] != OTHER}
        return set(), admitted_labels(spec, given.with_data, {}, everything)
    common = common_labels(spec, candidates, thresholds, given.threshold_key, given.period.start)
    admitted = admitted_labels(spec, given.with_data, given.labels, common) if spec.labels else []
    return common, admitted


def _rows(connection: duckdb.DuckDBPyConnection, query: str, known: Row) -> list[dict[str, Any]]:
    parameters = {name: value for name, value in known.items() if f"${name}" in query}
    result = connection.execute(query, parameters)
    names = [one[0] for one in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _few(connection: duckdb.DuckDBPyConnection, given: Given, spec: TableSpec) -> Few:
    """Of nested steps, languages and numbers of days only those that a site has: others are no zeros."""
    if any(one.least for one in spec.columns):
        return _enough_days(given, spec)
    if spec.nested:
        return {spec.nested: {(site.name, one.step) for site in given.with_data for one in site.funnel}}
    if not spec.needs:
        return {}
    having = connection.table(spec.needs)
    shared = [name for name in spec.dimensions[1:] if name in having.columns]
    return {name: set(having.project(f"site::varchar, {name}::varchar").fetchall()) for name in shared}


def _enough_days(given: Given, spec: TableSpec) -> Few:
    """Values that say on how many days somebody was seen: a site can have those for which it had enough."""
    return {
        column.name: {
            (site.name, str(value))
            for site in given.with_data
            for value, least in zip(column.values, column.least, strict=True)
            if least <= given.days_of(site.name)
        }
        for column in spec.columns
        if column.least
    }


def _grid(
    sites: Sequence[str], spec: TableSpec, admitted: Sequence[Label], few: Few
) -> list[tuple[Any, ...]]:
    """Every combination of the dimensions' values: sites with data first, then what each site may have."""
    keys: list[tuple[Any, ...]] = []
    for site in sites:
        domains = {c.name: _domain(c, site, admitted) for c in spec.columns if c.name in spec.dimensions}
        for name, known in few.items():
            domains[name] = [one for one in domains[name] if (site, one) in known]
        keys.extend(itertools.product(*domains.values()))
    return sorted(keys)


def _sites(connection: duckdb.DuckDBPyConnection, given: Given, spec: TableSpec) -> list[str]:
    if spec.source in ("registration", MEMBERS):
        return list(given.registering)
    with_data = [site.name for site in given.with_data]
    if not spec.needs:
        return with_data
    having = {site for (site,) in connection.table(spec.needs).project("site").distinct().fetchall()}
    return [name for name in with_data if name in having]


def _domain(column: Column, site: str, admitted: Sequence[Label]) -> list[Any]:
    if column.values == SITES:
        return [site]
    if column.values == ADMITTED:
        return [label for name, label in admitted if name == site] + [OTHER]
    return list(column.values)


def _complete(spec: TableSpec, grid: list[tuple[Any, ...]], found: Sequence[Row]) -> list[dict[str, Any]]:
    """The grid with what was found; nothing found is a zero, and has no quantile.

    Raises:
        CheckFailed: the query gave a cell outside the grid, or the same cell twice.
    """
    by_key = {tuple(row[name] for name in spec.dimensions): row for row in found}
    if len(by_key) != len(found) or not set(by_key) <= set(grid):
        raise CheckFailed(
            f"Table {spec.name}: its query gives a cell twice or outside its dimensions' values."
        )
    zeros: dict[str, Any] = {one.name: 0 for one in spec.columns if one.role != Role.DIMENSION}
    zeros |= {one.name: None for one in spec.of_role(Role.DERIVED)}
    return [
        {**dict(zip(spec.dimensions, key, strict=True)), **zeros, **dict(by_key.get(key, {}))} for key in grid
    ]


def _check(connection: duckdb.DuckDBPyConnection, spec: TableSpec, table: pa.Table) -> tuple[str, ...]:
    """What the checks marked ``warn`` have to say.

    Raises:
        CheckFailed: one marked ``stop`` found rows.
    """
    connection.register("cells", table)
    said = []
    for number, check in enumerate(spec.checks, 1):
        offending = len(connection.execute(check.query).fetchall())
        if offending and check.action == "stop":
            raise CheckFailed(
                f"Table {spec.name}: check {number} found {offending} rows; nothing is published. "
                "Look at its checks.sql, then at the day's input."
            )
        if offending:
            said.append(f"{spec.name}: check {number} found {offending} rows")
    return tuple(said)
