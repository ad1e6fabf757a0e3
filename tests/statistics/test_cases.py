"""Each table's query on a few rows whose cells were worked out by hand: ``cases/<table>.toml``.

A case has rows of requests (what a row leaves out is in ``PLAIN``), perhaps of registrations, and the
cells that are not zero; ``cells`` is the size of the whole grid, ``k`` the threshold of labels.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.aggregate import DayInput, PeriodInput, Told, aggregate_day, aggregate_period
from iesiz.deidentify.registrations import ELSEWHERE
from iesiz.periods import Grain, Period
from iesiz.policy import load_registry
from iesiz.restricted import counts_path, freeze_registrations
from iesiz.rule_settings import Thresholds
from iesiz.site_settings import Site, Step
from iesiz.tables import TableSpec, load_tables
from iesiz.vocabulary import Role
from tests.unit.small_world import settings_in

Row = Mapping[str, Any]

KEY = bytes(range(32))
CASES = Path(__file__).parent / "cases"
DAY = dt.date(2026, 11, 3)
MIDNIGHT = 1_793_646_000  # 2026-11-03T00:00:00+05:00
WAY = [("landing", "/join"), ("form", "/register"), ("done", "/done")]
SITES = (
    Site(name="mall", hosts=["mall.example"], languages=["kk", "ru", "en"]),
    Site(name="club", hosts=["club.example"], funnel=[Step(step=step, route=route) for step, route in WAY]),
)
PLAIN = {
    "site": "mall",
    "method": "GET",
    "route": "/",
    "resource": "page",
    "status_code": 200,
    "bytes": 100,
    "referrer": "none",
    "referrer_source": "",
    "device": "desktop",
    "system": "other",
    "browser": "other",
    "is_robot": False,
}
RECORD = pa.schema(
    [
        ("visitor", pa.binary()),
        ("network", pa.binary()),
        ("second", pa.int64()),
        ("hour", pa.int8()),
        ("status_code", pa.int16()),
        ("bytes", pa.int64()),
        ("is_robot", pa.bool_()),
        ("duration", pa.int64()),
        *((name, pa.string()) for name in ("method", "route", "resource", "referrer", "referrer_source")),
        *((name, pa.string()) for name in ("device", "system", "browser", "language", "preferred")),
    ]
)
FIELDS = [
    name for name, one in load_registry("registration").fields.items() if one.treatment not in ELSEWHERE
]
PERSON = pa.schema(
    [
        ("person", pa.binary()),
        ("registered_day", pa.date32()),
        *((name, pa.string()) for name in ("left_out", "site", *FIELDS)),
    ]
)


def record(row: Row) -> dict[str, Any]:
    clock = dt.time.fromisoformat(row["at"])
    second = MIDNIGHT + clock.hour * 3600 + clock.minute * 60 + clock.second
    visitor = row["visitor"].encode()
    return {**PLAIN, **row, "visitor": visitor, "network": visitor, "second": second, "hour": clock.hour}


def day_of(folder: Path, case: Row) -> DayInput:
    """Write a case's rows as the restricted zone holds them, each site's in two parts."""
    records = [record(row) for row in case["requests"]]
    parts: dict[str, Sequence[Path]] = {}
    for site in sorted({row["site"] for row in records}):
        place = folder / f"site={site}" / f"day={DAY}"
        place.mkdir(parents=True)
        own = [row for row in records if row["site"] == site]
        parts[site] = [place / "web-1.parquet", place / "web-2.parquet"]
        for number, path in enumerate(parts[site]):
            pq.write_table(pa.Table.from_pylist(own[number::2], RECORD), path)
    mirror_of(case, folder / "mirror.parquet")
    return DayInput(
        DAY, SITES, parts, folder / "mirror.parquet", ("club",), sampling_key=KEY, threshold_key=KEY
    )


def mirror_of(case: Row, path: Path) -> None:
    """Write a case's registrations as the mirror holds them."""
    plain = {"left_out": "", "site": "club", **dict.fromkeys(FIELDS, "not_given")}
    rows = [
        {
            **plain,
            **row,
            "person": row["person"].encode(),
            "registered_day": dt.date.fromisoformat(row["day"]),
        }
        for row in case.get("registrations", [])
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, PERSON), path)


def longer_of(folder: Path, grain: Grain, case: Row) -> PeriodInput:
    """What the days of a case's period left: each one's counts frozen, and the mirror after the last."""
    settings, mirror = settings_in(_made(folder)), folder / "mirror.parquet"
    mirror_of(case, mirror)
    days = sorted({dt.date.fromisoformat(row["day"]) for row in case.get("registrations", [])})
    for day in days:
        freeze_registrations(settings, day, mirror)
    frozen = tuple(counts_path(settings, day) for day in days)
    period = Period.of(grain, DAY)
    seen = seen_of(folder, case)
    seen_days = {day for by_day in seen.values() for day in by_day}
    inside = frozenset(day for day in {*days, *seen_days} if day in period)
    return PeriodInput(
        period, SITES, ("club",), frozen, inside, mirror, seen, told_of(case), threshold_key=KEY
    )


def seen_of(folder: Path, case: Row) -> dict[str, dict[dt.date, Path]]:
    """Write the visitors that a case's days have left, a file a site and day."""
    found: dict[str, dict[dt.date, Path]] = {}
    for row in case.get("visitors", []):
        day, site = dt.date.fromisoformat(row["day"]), row.get("site", "mall")
        names = [one.encode().ljust(16) for one in row["seen"]]
        table = pa.table(
            {
                "site": [site] * len(names),
                "day": [day] * len(names),
                "visitor": pa.array(names, pa.binary(16)),
                "network": pa.array(range(len(names)), pa.int32()),
                "networks": pa.array([len(names)] * len(names), pa.int32()),
            }
        )
        path = found.setdefault(site, {})[day] = folder / f"{site}-{day}.parquet"
        pq.write_table(table, path)
    return found


def told_of(case: Row) -> list[Told]:
    """The parts of a case's period of which visitors are published."""
    return [
        Told(
            row.get("site", "mall"),
            row["part"],
            frozenset(dt.date.fromisoformat(day) for day in row["days"]),
            row["is_whole"],
        )
        for row in case.get("told", [])
    ]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cells_of(folder: Path, spec: TableSpec, case: Row) -> list[dict[str, Any]]:
    # Settings refuse a threshold so low; a case stays small by it.
    thresholds = Thresholds.model_construct(k=case.get("k", 10), k_sensitive=case.get("k", 20), spread=1)
    if spec.grain is Grain.DAY:
        (cells,) = aggregate_day(day_of(folder, case), [spec], thresholds, threads=2)
    else:
        (cells,) = aggregate_period(longer_of(folder, spec.grain, case), [spec], thresholds, threads=2)
    rows: list[dict[str, Any]] = cells.table.select([one.name for one in spec.published]).to_pylist()
    return rows


def dimensions(spec: TableSpec, row: Row) -> list[Any]:
    return [row[name] for name in spec.dimensions]


def case_of(spec: TableSpec) -> Row:
    return tomllib.loads((CASES / f"{spec.name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("spec", load_tables(), ids=lambda spec: spec.name)
def test_the_query_gives_the_cells_of_the_case(spec: TableSpec, tmp_path: Path) -> None:
    case = case_of(spec)
    cells = cells_of(tmp_path, spec, case)
    assert len(cells) == case["cells"]
    found = [cell for cell in cells if any(cell[name] for name in spec.counted)]
    nothing = {one.name: None for one in spec.of_role(Role.DERIVED)}
    order = sorted(({**nothing, **row} for row in case["expected"]), key=lambda row: dimensions(spec, row))
    assert found == order


@pytest.mark.parametrize("spec", load_tables(), ids=lambda spec: spec.name)
def test_the_order_of_the_rows_decides_nothing(spec: TableSpec, tmp_path: Path) -> None:
    case = case_of(spec)
    turned = {
        **case,
        "requests": case.get("requests", [])[::-1],
        "registrations": case.get("registrations", [])[::-1],
        "visitors": [{**row, "seen": row["seen"][::-1]} for row in case.get("visitors", [])[::-1]],
    }
    assert cells_of(tmp_path / "turned", spec, turned) == cells_of(tmp_path / "given", spec, case)


@pytest.mark.parametrize("spec", load_tables(), ids=lambda spec: spec.name)
def test_each_row_of_a_case_has_its_reason(spec: TableSpec) -> None:
    case = case_of(spec)
    kinds = ("requests", "registrations", "visitors", "told")
    assert all(row["because"] for kind in kinds for row in case.get(kind, []))


@pytest.mark.parametrize("name", ["weekly_visitors_by_site", "monthly_visitors_by_site"])
def test_what_published_parts_leave_over_is_that_of_the_case(name: str, tmp_path: Path) -> None:
    spec = next(one for one in load_tables() if one.name == name)
    case = case_of(spec)
    (cells,) = aggregate_period(longer_of(tmp_path, spec.grain, case), [spec], Thresholds(), threads=2)
    names = ["site", "network_count", "left_by_each_count", "left_by_all_count"]
    assert cells.table.select(names).to_pylist() == case["rules"]


def test_every_case_belongs_to_a_table() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == {spec.name for spec in load_tables()}


def test_a_visit_holds_all_requests_of_its_first_second(tmp_path: Path) -> None:
    # Pages load their assets within the second: of many equal seconds after a gap none may fall into the
    # visit before. Many visitors, since two sorts of equal keys may differ.
    visitors = [f"v{number}" for number in range(1_500)]
    clocks = ["09:00:00", *["12:00:00"] * 7]
    requests = [{"visitor": visitor, "at": clock} for clock in clocks for visitor in visitors]
    (spec,) = [spec for spec in load_tables() if spec.name == "daily_visitors_by_site"]
    assert cells_of(tmp_path, spec, {"requests": requests}) == [
        {
            "site": "mall",
            "visitor_count": 1_500,
            "visit_count": 3_000,
            "pageview_count": 12_000,
            "duration_seconds": 0,
        }
    ]


@pytest.mark.parametrize("name", ["24", "2026-11-03", "1e5", "true", "007"])
def test_a_site_may_have_any_name_that_settings_allow(tmp_path: Path, name: str) -> None:
    (spec,) = [spec for spec in load_tables() if spec.name == "daily_visitors_by_site"]
    given = day_of(tmp_path, {"requests": [{"at": "09:00:00", "visitor": "a", "site": name}]})
    site = Site(name=name, hosts=["h.example"])
    named = DayInput(DAY, (site,), given.parts, None, sampling_key=KEY, threshold_key=KEY)
    (cells,) = aggregate_day(named, [spec], Thresholds(), threads=1)
    assert cells.table["site"].to_pylist() == [name]
    assert cells.table["visitor_count"].to_pylist() == [1]
