"""The catalog: rows as published, a meaning on every column, how far tables reach, whole nights only."""

from __future__ import annotations

import datetime as dt
import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import iesiz
from iesiz import pipeline
from iesiz.catalog.freshness import DayFacts, day_rows, freshness_rows
from iesiz.catalog.own import own_tables
from iesiz.errors import OutsideError
from iesiz.periods import Grain
from iesiz.publish import release
from iesiz.reader import Reader
from iesiz.tables import load_tables
from tests.nights import DAY, NEXT, Network, log, network
from tests.published import made_store

SPECS = load_tables()


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Network:
    made = network(tmp_path_factory.mktemp("catalog") / "net")
    made.write("logs/mall/web/a.log", log(DAY) + log(NEXT))
    made.night(DAY, NEXT)
    return made


@pytest.fixture
def db(net: Network) -> Iterator[Reader]:
    with iesiz.open(net.store) as reader:
        yield reader


def test_rows_are_those_of_the_parquet_files(net: Network, db: Reader) -> None:
    for spec in SPECS:
        folder = net.store / "published" / "tables" / spec.name
        expected = [
            {"day": dt.date.fromisoformat(path.parent.name.removeprefix("day=")), **row}
            for path in sorted(folder.rglob("*.parquet"))
            for row in pq.ParquetFile(path).read().to_pylist()
        ]
        found = db.execute(f"from {spec.name}").to_arrow_table().to_pylist()
        assert found == expected


def test_every_table_and_column_has_a_comment(db: Reader) -> None:
    tables = db.sql("select table_name, comment from duckdb_tables()").fetchall()
    columns = db.sql(
        "select table_name, column_name, comment from duckdb_columns() where not internal"
    ).fetchall()
    assert len(tables) == len(SPECS) + len(own_tables())
    assert [row for row in tables + columns if not row[-1]] == []


def test_every_macro_is_explained(db: Reader) -> None:
    macros = db.sql("select function_name, comment from duckdb_functions() where not internal").fetchall()
    assert {name for name, _ in macros} == {"share", "rolling_7_days", "week_over_week", "visible_only"}
    assert all(comment for _, comment in macros)


def test_every_column_stands_in_the_codebook_with_meaning_unit_and_clause(db: Reader) -> None:
    told = db.sql("select table_name, column_name from codebook order by all").fetchall()
    names = [spec.name for spec in SPECS]
    there = db.sql(
        "select table_name, column_name from duckdb_columns() "
        "where table_name in (select unnest($names)) order by all",
        names=names,
    ).fetchall()
    assert told == there
    empty = (
        "select count(*) from codebook where '' in (meaning, unit, type, role, purpose, clause, protection)"
    )
    assert db.sql(empty).fetchall() == [(0,)]


def test_releases_are_those_of_the_public_ledger(net: Network, db: Reader) -> None:
    lines = (net.store / "published" / "ledger.jsonl").read_text("utf-8").splitlines()
    expected = {(one["table"], one["period"], one["sha256"]) for one in map(json.loads, lines)}
    assert set(db.sql("select table_name, period, sha256 from releases").fetchall()) == expected


def test_frames_have_types_and_withheld_cells_are_missing(db: Reader) -> None:
    frame = db.table("daily_visits_by_device")
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        "day": "datetime64[ms]",
        "site": "str",
        "device": "str",
        "visitor_count": "Int64",
        "visit_count": "Int64",
        "status": "str",
    }
    withheld = frame[frame["status"] == "suppressed"]
    assert len(withheld) > 0
    assert withheld[["visitor_count", "visit_count"]].isna().all(axis=None)
    assert frame[frame["status"] == "published"].notna().all(axis=None)


def test_a_store_opens_by_its_folder_its_zone_or_its_catalog(net: Network) -> None:
    for place in (net.store, net.store / "published", net.settings.catalog, str(net.store)):
        with iesiz.open(place) as reader:
            assert "days" in reader.tables


def test_views_give_the_same_rows_to_an_engine_without_the_catalog(net: Network, db: Reader) -> None:
    code = (
        "import duckdb, json; c = duckdb.connect(); c.execute(open('views.sql').read());"
        "print(json.dumps({n: c.execute(f'from {n}').fetchall() for (n,) in c.execute("
        "'select view_name from duckdb_views() where not internal').fetchall()}, default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=net.store / "published", capture_output=True, check=True
    )
    views = json.loads(done.stdout)
    assert (
        {"daily_visitors_by_site", "hourly_requests_by_status"} <= set(views) <= {one.name for one in SPECS}
    )
    for name in views:
        rows = json.loads(json.dumps(db.execute(f"from {name}").fetchall(), default=str))
        assert sorted(views[name], key=str) == sorted(rows, key=str)


DAYS = [dt.date(2026, 11, 2) + dt.timedelta(days=step) for step in range(9)]


def series(values: list[int | None], days: list[dt.date] = DAYS) -> str:
    rows = ", ".join(
        f"('a', date '{day}', {'null' if value is None else value})"
        for day, value in zip(days, values, strict=True)
    )
    return f"(values {rows}) as t(site, day, n)"


@pytest.mark.parametrize(
    ("values", "days", "rolling", "weekly"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 2, 1], DAYS, [None] * 6 + [28, 29, 28], [None] * 7 + [1.0, -0.5]),
        # one withheld day takes seven sums with it, and the comparison a week later
        ([1, None, 3, 4, 5, 6, 7, 2, 1], DAYS, [None] * 8 + [28], [None] * 7 + [1.0, None]),
        # a day that is absent is no zero
        ([1, 3, 4, 5, 6, 7, 2, 1], DAYS[:1] + DAYS[2:], [None] * 7 + [28], [None] * 6 + [1.0, None]),
        ([0, 2, 3, 4, 5, 6, 7, 2, None], DAYS, [None] * 6 + [27, 29, None], [None] * 9),
    ],
)
def test_macros_know_withheld_and_absent_days(
    db: Reader,
    values: list[int | None],
    days: list[dt.date],
    rolling: list[int | None],
    weekly: list[float | None],
) -> None:
    query = "select rolling_7_days(n, site, day), week_over_week(n, site, day) from {} order by day"
    rows = db.sql(query.format(series(values, days))).fetchall()
    assert [one for one, _ in rows] == rolling
    assert [other for _, other in rows] == weekly


def test_a_share_of_nothing_or_of_a_withheld_number_is_missing(db: Reader) -> None:
    asked = "select share(1, 4), share(0, 4), share(null, 4), share(1, null), share(1, 0)"
    assert db.sql(asked).fetchall() == [(0.25, 0.0, None, None, None)]


def test_visible_only_leaves_withheld_cells_out(db: Reader) -> None:
    counted = "select status, count(*) from {} group by all"
    cells = dict(db.sql(counted.format("hourly_requests_by_status")).fetchall())
    assert set(cells) == {"published", "suppressed"}
    visible = db.sql(counted.format("visible_only('hourly_requests_by_status')")).fetchall()
    assert visible == [("published", cells["published"])]


def test_days_say_what_is_missing_and_why() -> None:
    facts = [
        DayFacts(DAYS[0], True),
        DayFacts(DAYS[1], True, ("astana",), late_lines=True),
        DayFacts(DAYS[2], False),
        DayFacts(DAYS[4], False, is_expired=True),
    ]
    rows = day_rows(facts, DAYS[4])
    assert [row["state"] for row in rows] == ["published", "published", "late", "missing", "expired"]
    assert "never will be" in str(rows[4]["why"])
    assert rows[1]["sites_missing"] == "astana"
    assert rows[1]["why"] == "published without astana; lines came after publication and are left out"
    assert [row["has_late_lines"] for row in rows] == [False, True, False, False, False]


def test_freshness_counts_missing_periods_from_the_first_one() -> None:
    spec = SPECS[0]
    facts = [DayFacts(day, True) for day in (DAYS[0], DAYS[1], DAYS[3])]
    (row,) = freshness_rows([spec], {spec.name: [str(one.day) for one in facts]}, facts, DAYS[4])
    assert (row["state"], row["missing_count"], row["due_period"]) == ("behind", 2, str(DAYS[4]))
    (row,) = freshness_rows([spec], {spec.name: [str(DAYS[4])]}, facts, DAYS[4])
    assert (row["state"], row["missing_count"]) == ("fresh", 0)
    (row,) = freshness_rows([spec], {}, facts, DAYS[4])
    assert (row["state"], row["last_period"]) == ("empty", None)


@pytest.mark.parametrize(
    ("grain", "name", "periods"),
    [
        (Grain.WEEK, "weekly", ["2026-W44", "2026-W45", "2026-W46"]),
        (Grain.MONTH, "monthly", ["2026-10", "2026-11"]),
        (Grain.QUARTER, "quarterly", ["2026-Q4"]),
    ],
)
def test_tables_of_longer_periods_stand_in_it_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grain: Grain, name: str, periods: list[str]
) -> None:
    (daily,) = [spec for spec in SPECS if spec.name == "daily_registrations_by_region"]
    longer = replace(daily, name=f"{name}_registrations_by_region", grain=grain)
    monkeypatch.setattr(pipeline, "load_tables", lambda: (*SPECS, longer))
    settings = made_store(tmp_path / "net", dt.date(2026, 10, 28), 14, specs=(daily, longer))
    with iesiz.open(settings.store_path) as reader:
        frame = reader.table(longer.name)
        assert list(frame.columns)[:2] == [str(grain), "site"]
        assert frame[str(grain)].unique().tolist() == periods
        facts = reader.execute("select * from freshness where table_name = ?", [longer.name])
        row = facts.to_arrow_table().to_pylist()[0]
        assert (row["grain"], row["first_period"], row["last_period"]) == (grain, periods[0], periods[-1])
    pipeline.build_dashboard(settings)
    page = (settings.published / "dashboard" / "registrations.html").read_text("utf-8")
    assert longer.name in page
    assert longer.name in (settings.published / "codebook.md").read_text("utf-8")


READ = """
import sys, time, iesiz
from pathlib import Path
seen, done = set(), Path("done")
while not done.exists() or len(seen) < 2:
    with iesiz.open("store") as db:
        seen.add(db.sql("select (select count(distinct day) from daily_visitors_by_site),"
            "(select count(distinct day) from daily_pageviews_by_page),"
            "(select count(distinct period) from releases),"
            "(select count(*) from days where state = 'published')").fetchone())
    Path(sys.argv[1]).touch()
print(sorted(seen))
"""


def test_readers_in_other_processes_see_whole_nights_only(tmp_path: Path) -> None:
    net = network(tmp_path / "net")
    net.write("logs/mall/web/a.log", log(DAY) + log(NEXT))
    net.night(DAY)
    ready = [net.base / f"ready{number}" for number in range(2)]
    readers = [
        subprocess.Popen([sys.executable, "-c", READ, str(one)], cwd=net.base, stdout=subprocess.PIPE)
        for one in ready
    ]
    while not all(one.exists() for one in ready):
        assert all(one.poll() is None for one in readers)
    net.night(NEXT)
    for _ in range(5):
        pipeline.build_catalog(net.settings)
    (net.base / "done").touch()
    for one in readers:
        out, _ = one.communicate(timeout=60)
        assert out.decode().strip() == "[(1, 1, 1, 1), (2, 2, 2, 2)]"


def test_rows_are_taken_over_while_their_files_are_the_same(tmp_path: Path) -> None:
    net = network(tmp_path / "net")
    net.write("logs/mall/web/a.log", log(DAY) + log(NEXT))
    net.night(DAY)
    [one, *_] = sorted((net.store / "published" / "tables").glob("*/day=*/part-0.parquet"))
    before = rows_of(net)
    # What is in the old catalog under an unchanged SHA-256 is not read again: the file may be anything.
    whole = one.read_bytes()
    one.write_bytes(b"not Parquet")
    net.night(NEXT)
    one.write_bytes(whole)
    after = rows_of(net)
    assert all(set(before[name]) <= set(after[name]) for name in before)
    (net.store / "published" / "catalog.duckdb").write_bytes(b"no catalog at all")
    with pipeline.store_lock(net.settings):
        pipeline.build_catalog(net.settings)
    assert rows_of(net) == after


def rows_of(net: Network) -> dict[str, list[tuple[object, ...]]]:
    with iesiz.open(net.store) as reader:
        return {spec.name: sorted(reader.sql(f"from {spec.name}").fetchall(), key=str) for spec in SPECS}


def test_a_failure_leaves_the_old_catalog(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    before = net.settings.catalog.read_bytes()

    def fail(*_: object) -> None:
        raise duckdb.IOException("no space left")

    monkeypatch.setattr("iesiz.catalog.build._own_table", fail)
    with pytest.raises(OutsideError):
        pipeline.build_catalog(net.settings)
    assert net.settings.catalog.read_bytes() == before
    assert not [one for one in net.settings.published.iterdir() if "staged" in one.name]


def test_half_a_release_is_finished_or_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(tmp_path / "net")
    net.write("logs/mall/web/a.log", log(DAY) + log(NEXT))
    net.night(DAY)
    before, place, done = net.settings.catalog.read_bytes(), release.put_in_place, list[Path]()

    def fail_after_two(staged: Path, path: Path) -> None:
        if len(done) == 2:
            raise OSError(errno.ENOSPC, "full")
        place(staged, path)
        done.append(path)

    monkeypatch.setattr(release, "put_in_place", fail_after_two)
    night = net.night(NEXT)
    assert {one.work for one in night.failures} == {f"day {NEXT}", "catalog", "upkeep"}
    assert len(done) == 2
    assert net.settings.catalog.read_bytes() == before
    monkeypatch.setattr(release, "put_in_place", place)
    pipeline.build_catalog(net.settings)
    with iesiz.open(net.store) as reader:
        for spec in ("daily_visitors_by_site", "hourly_requests_by_status"):
            assert reader.sql(f"select count(distinct day) from {spec}").fetchall() == [(2,)]


def test_importing_iesiz_and_opening_a_store_loads_little(net: Network) -> None:
    code = (
        "import sys, iesiz; heavy = {'pandas', 'pyarrow', 'pydantic', 'numba', 'prefect', 'iesiz.pipeline'};"
        "assert not ({*heavy, 'duckdb'} & set(sys.modules)); db = iesiz.open('store');"
        "assert not (heavy & set(sys.modules)), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=net.base, check=True)
