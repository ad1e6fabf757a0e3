"""Quantiles of durations are told of enough visitors only, and hang together with the counts beside them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iesiz.disclosure import NightVerdict, Plan, Rules, audit_night, plan_of, protect_night
from iesiz.errors import PrivacyRefusal
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells
from tests.nights import DAY, HEAD, Network, line, network
from tests.privacy.exact_night import SPECS, cells_of

LATENCY, PAGES, SITE = "daily_latency_by_page", "daily_pageviews_by_page", "daily_visitors_by_site"
QUANTILES = ("p50_ms", "p75_ms", "p90_ms", "p95_ms", "p99_ms")
# A page that every quantile may be told of: 3,000 pageviews of 1,000 visitors, 100 of them in each band.
PLAIN = {"visitor_count": 1_000, "pageview_count": 3_000}
PLAIN |= {f"{name}_{part}": 100 for name in QUANTILES for part in ("contributors", "networks")}
PLAIN |= {"p50_ms": 50, "p75_ms": 100, "p90_ms": 250, "p95_ms": 500, "p99_ms": 1_000}
PLAIN |= {"p50_ms_beyond": 1_500, "p75_ms_beyond": 750, "p90_ms_beyond": 300, "p95_ms_beyond": 150}
PLAIN |= {"p99_ms_beyond": 30}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(list(SPECS.values()), 1)


def rules(plan: Plan) -> Rules:
    return Rules(bytes(range(32)), DAY.isoformat(), Thresholds(), plan)


def night(**changes: int) -> list[Cells]:
    """Two pages and what is linked to them; changes are of the first page."""
    rows = [
        {"site": "mall", "page": "/a", **PLAIN, **changes},
        {"site": "mall", "page": "/b", **PLAIN},
        {"site": "mall", "page": "other", **PLAIN},
    ]
    counts = [
        {name: row[name] for name in ("site", "page", "visitor_count", "pageview_count")} for row in rows
    ]
    views = sum(int(row["pageview_count"]) for row in rows)
    whole = {"site": "mall", "visitor_count": 2_000, "visit_count": 2_500, "pageview_count": views}
    return [cells_of(SPECS[SITE], [whole]), cells_of(SPECS[PAGES], counts), cells_of(SPECS[LATENCY], rows)]


def told(exact: list[Cells], plan: Plan) -> dict[str, Any]:
    """The first page's row as it is published; the auditor finds nothing."""
    asked = rules(plan)
    made = protect_night(exact, asked.key, asked.period, asked.thresholds, asked.plan)
    assert audit_night(made.cells, exact, asked).findings == ()
    return made.cells[-1].table.to_pylist()[0]


def test_all_quantiles_are_told_of_a_busy_page(plan: Plan) -> None:
    row = told(night(), plan)
    assert [row[name] for name in QUANTILES] == [50, 100, 250, 500, 1_000]
    assert not [name for name in row if name.endswith(("_contributors", "_networks", "_beyond"))]


@pytest.mark.parametrize("name", QUANTILES)
@pytest.mark.parametrize(
    ("part", "few", "enough"),
    [("contributors", 9, 14), ("networks", 2, 3), ("beyond", 19, 20)],
)
def test_a_quantile_that_would_tell_of_too_few_is_null(
    plan: Plan, name: str, part: str, few: int, enough: int
) -> None:
    kept = told(night(**{f"{name}_{part}": enough}), plan)
    assert kept[name] == PLAIN[name]
    row = told(night(**{f"{name}_{part}": few}), plan)
    assert row[name] is None
    assert {one: row[one] for one in QUANTILES if one != name} == {
        one: PLAIN[one] for one in QUANTILES if one != name
    }


def test_the_threshold_of_a_quantile_has_a_secret_part_of_its_own(plan: Plan) -> None:
    asked, spec = rules(plan), SPECS[LATENCY]
    limits = {name: asked.threshold(spec, ("mall", "/a", name)) for name in QUANTILES}
    assert set(limits.values()) <= set(range(10, 15))
    assert len(set(limits.values())) > 1
    for name, limit in limits.items():
        assert told(night(**{f"{name}_contributors": limit}), plan)[name] is not None
        assert told(night(**{f"{name}_contributors": limit - 1}), plan)[name] is None


def test_a_withheld_cell_has_no_quantile_and_its_counts_are_withheld_in_both_tables(plan: Plan) -> None:
    exact, asked = night(visitor_count=4, pageview_count=9), rules(plan)
    made = protect_night(exact, asked.key, asked.period, asked.thresholds, asked.plan)
    assert audit_night(made.cells, exact, asked).findings == ()
    _, pages, latency = (cells.table.to_pylist() for cells in made.cells)
    assert [row["status"] for row in pages] == [row["status"] for row in latency]
    for row in latency:
        if row["status"] == "suppressed":
            assert not [
                name for name in ("visitor_count", "pageview_count", *QUANTILES) if row[name] is not None
            ]
    assert latency[0]["status"] == "suppressed"


def audited(exact: list[Cells], plan: Plan, **changes: int | None) -> NightVerdict:
    """The verdict on a night whose first page was changed after its protection."""
    asked = rules(plan)
    made = protect_night(exact, asked.key, asked.period, asked.thresholds, asked.plan)
    *others, latency = made.cells
    first, *rest = latency.table.to_pylist()
    table = type(latency.table).from_pylist([{**first, **changes}, *rest], latency.table.schema)
    return audit_night([*others, replace(latency, table=table)], exact, asked)


@pytest.mark.parametrize(
    ("changes", "told", "reason"),
    [
        ({"p99_ms_contributors": 9}, 1_000, "it tells of too few"),
        ({"p99_ms_beyond": 19}, 1_000, "it tells of too few"),
        ({"visitor_count": 4, "pageview_count": 9}, 1_000, "it tells of too few"),
        ({}, 2_500, "it is not what was counted"),
    ],
)
def test_control_the_auditor_finds_a_quantile_that_should_not_be_told(
    plan: Plan, changes: dict[str, int], told: int, reason: str
) -> None:
    verdict = audited(night(**changes), plan, p99_ms=told)
    assert [(one.table, one.key, one.measure, one.reason) for one in verdict.findings] == [
        (LATENCY, ("mall", "/a"), "p99_ms", reason)
    ]


def test_control_the_auditor_refuses_counts_that_the_other_table_withholds(plan: Plan) -> None:
    exact, asked = night(visitor_count=4, pageview_count=9), rules(plan)
    made = protect_night(exact, asked.key, asked.period, asked.thresholds, asked.plan)
    site, pages, latency = made.cells
    counts = ("visitor_count", "pageview_count")
    rows = [
        {**row, **{name: whole[name] for name in counts}}
        for row, whole in zip(latency.table.to_pylist(), exact[-1].table.to_pylist(), strict=True)
    ]
    table = type(latency.table).from_pylist(rows, latency.table.schema)
    with pytest.raises(PrivacyRefusal, match=f"{LATENCY} does not hold the numbers of {PAGES}"):
        audit_night([site, pages, replace(latency, table=table)], exact, asked)


def test_edges_of_bands_stand_in_the_codebook() -> None:
    for spec in SPECS.values():
        for column in spec.columns:
            if column.role == "derived":
                assert ", ".join(map(str, spec.bands)) in column.meaning


SETTINGS = HEAD + (
    '[[sites]]\nname = "mall"\nhosts = ["mall.example"]\n[[sites.logs]]\nstream = "web"\npaths = ["logs/*"]\n'
    'format = \'%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D\'\n'
)


@pytest.fixture
def timed(tmp_path: Path) -> Network:
    net = network(tmp_path / "network")
    net.write("iesiz.toml", SETTINGS.encode())
    return net


def published(net: Network, day: dt.date) -> list[tuple[Any, ...]]:
    path = net.store / "published" / "tables" / LATENCY / f"day={day}" / "part-0.parquet"
    return duckdb.sql(f"select page, pageview_count, p50_ms, p75_ms, p99_ms, status from '{path}'").fetchall()


def test_a_log_that_tells_durations_comes_out_with_quantiles(timed: Network) -> None:
    lines = [line(DAY, one, "/ru/shops", one).replace(b'"\n', b'" 30000\n') for one in range(1, 101)]
    lines += [line(DAY, one, "/ru/news", one).replace(b'"\n', b'" -\n') for one in range(1, 101)]
    lines += [line(DAY, one, f"/ru/{one}-rare", one).replace(b'"\n', b'" -\n') for one in range(1, 101)]
    timed.write("logs/access.log", b"".join(lines))
    timed.night(DAY)
    assert published(timed, DAY) == [
        ("/ru/news", 100, None, None, None, "published"),
        ("/ru/shops", 100, 50, 50, None, "published"),
        ("other", 100, None, None, None, "published"),
    ]
    catalog = duckdb.connect(str(timed.store / "published" / "catalog.duckdb"), read_only=True)
    asked = f"select role, unit from codebook where table_name = '{LATENCY}' and column_name = 'p95_ms'"
    assert catalog.sql(asked).fetchall() == [("derived", "ms")]
    catalog.close()


def test_a_site_whose_log_tells_no_duration_is_not_there(tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", b"".join(line(DAY, one) for one in range(1, 40)))
    net.night(DAY)
    assert published(net, DAY) == []
