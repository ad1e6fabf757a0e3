"""Withheld bands of days beside a published month: everybody knows how often a band's visitors were seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from iesiz.disclosure import Earlier, Rules, audit_night, marked, plan_of, protect_night
from iesiz.periods import Grain, Period
from iesiz.table_parts import TYPES
from iesiz.tables import Cells, Standing, TableSpec, load_tables
from tests.privacy.releases import KEY, THRESHOLDS

SPECS = {spec.name: spec for spec in load_tables()}
MONTH = replace(SPECS["monthly_visitors_by_site"], links=())
BANDS = SPECS["monthly_returning_visitors_by_site"]
UNTIED = replace(BANDS, links=(replace(BANDS.links[0], times={}),))
NOVEMBER = Period(Grain.MONTH, dt.date(2026, 11, 1))
SPANS = {"1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6+": (6, 30)}
K = THRESHOLDS.k
# Twelve came on three days and four on six, the fewest that their bands allow: no more can have come on six.
COUNTS, DAYS = {"1": 100, "2": 50, "3-5": 12, "6+": 4}, 100 + 2 * 50 + 3 * 12 + 6 * 4


def cells(spec: TableSpec, *rows: Mapping[str, object]) -> Cells:
    plenty = {one.name: 100 for one in spec.columns}
    schema = pa.schema([(one.name, TYPES[one.type]) for one in spec.columns])
    table = pa.Table.from_pylist([{**plenty, "site": "mall", **row} for row in rows], schema)
    return Cells(spec, table, period=NOVEMBER, days=frozenset(NOVEMBER.days))


def exact(bands: TableSpec) -> tuple[Cells, Cells]:
    total = {"visitor_count": sum(COUNTS.values()), "visitor_days": DAYS, "left_by_all_count": 0}
    rows = ({"days_seen": band, "visitor_count": count} for band, count in COUNTS.items())
    return cells(MONTH, total), cells(bands, *rows)


def possible(shown: Mapping[str, int | None]) -> Iterator[dict[str, int]]:
    """All bands that fit the published ones, the month's visitors and their days, tried one by one."""
    total = sum(COUNTS.values())
    ranges = {band: range(total + 1) if shown[band] is None else [shown[band] or 0] for band in SPANS}
    for one in ranges["1"]:
        for two in ranges["2"]:
            for three in ranges["3-5"]:
                found = dict(zip(SPANS, (one, two, three, total - one - two - three), strict=True))
                if found["6+"] not in ranges["6+"]:
                    continue
                least = sum(count * SPANS[band][0] for band, count in found.items())
                most = sum(count * SPANS[band][1] for band, count in found.items())
                if least <= DAYS <= most:
                    yield found


def narrowest(bands: TableSpec) -> int:
    """The smallest range of a withheld band, for whoever tries all that is possible."""
    month, counted = exact(bands)
    plan = plan_of((MONTH, bands))
    rules = Rules(KEY, NOVEMBER.name, THRESHOLDS, plan)
    known = [Earlier(*(replace(one, standing=Standing.KEPT) for one in (month, marked(month, rules))))]
    night = protect_night([counted], KEY, NOVEMBER.name, THRESHOLDS, plan, known)
    assert audit_night(night.cells, [counted], rules, known).findings == ()
    shown = {row["days_seen"]: row["visitor_count"] for row in night.cells[0].table.to_pylist()}
    assert shown["6+"] is None
    fits = list(possible(shown))
    assert COUNTS in fits
    withheld = [band for band, count in shown.items() if count is None]
    return min(max(one[band] for one in fits) - min(one[band] for one in fits) for band in withheld)


def test_a_withheld_band_stays_wide_beside_the_days_of_the_month() -> None:
    assert narrowest(BANDS) >= K


def test_control_without_the_days_that_bands_stand_for_it_is_narrow() -> None:
    assert narrowest(UNTIED) < K
