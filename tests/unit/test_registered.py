"""What the days leave of registrations: longer periods are the sums of days as they were published."""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.disclosure.binding import bind
from iesiz.disclosure.plan import plan_of
from iesiz.periods import Grain, Period
from iesiz.restricted import counts_path
from iesiz.table_parts import SITES
from iesiz.tables import Cells, load_tables
from tests.nights import Network, log, network, site

MONDAY = dt.date(2025, 3, 3)
SUNDAY = MONDAY + dt.timedelta(days=6)
HEADER = "registration_id,registered_at,site,sex,birth_date,channel"
AGES, CHANNELS = "weekly_registrations_by_age_and_sex", "monthly_registrations_by_channel"


def rows(day: dt.date, people: range, sex: str = "f") -> str:
    return "".join(f"{one},{day}T12:00:00,mall,{sex},1990-01-01,web\n" for one in people)


def deliver(net: Network, content: str) -> None:
    net.write("registrations.csv", f"{HEADER}\n{content}".encode())


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Forty women registered on Monday, which has been published; never written to."""
    made = network(
        tmp_path_factory.mktemp("begun") / "network",
        site("mall", "web"),
        '[registration]\nsites = ["mall"]\npaths = ["registrations.csv"]\n',
    )
    for day in (MONDAY, SUNDAY):
        made.write(f"logs/mall/web/{day}.log", log(day, range(1, 3)))
    deliver(made, rows(MONDAY, range(40)))
    made.night(MONDAY)
    return made


@pytest.fixture
def net(begun: Network, tmp_path: Path) -> Network:
    return begun.copy_to(tmp_path / "network")


def exact(net: Network, period: Period, table: str) -> dict[tuple[str, ...], int]:
    path = net.store / "restricted" / "exact" / f"{period.grain}={period}" / f"{table}.parquet"
    cells = [cell for cell in pq.ParquetFile(path).read().to_pylist() if cell["registration_count"]]
    labels = ("age", "sex", "channel")
    return {
        tuple(cell[name] for name in labels if name in cell): cell["registration_count"] for cell in cells
    }


def test_a_day_leaves_counts_and_no_pseudonym(net: Network) -> None:
    table = pq.ParquetFile(counts_path(net.settings, MONDAY)).read()
    assert set(table.column_names) == {
        *("day", "cut", "site", "birth_date", "sex", "channel", "field", "answer", "registration_count")
    }
    found = {
        (row["cut"], row["field"], row["answer"]): row["registration_count"] for row in table.to_pylist()
    }
    assert found["age_and_sex", None, None] == found["channel", None, None] == 40
    assert found["field", "birth_date", "given"] == found["field", "email", "not_given"] == 40
    assert counts_path(net.settings, MONDAY).stat().st_mode & 0o077 == 0


def test_what_changes_after_a_day_was_published_does_not_reach_its_week(net: Network) -> None:
    # One has gone, one is another sex now, one came late; Sunday's are as they are when Sunday closes.
    changed = rows(MONDAY, range(1, 39)) + rows(MONDAY, range(39, 40), "m") + rows(MONDAY, range(90, 91), "m")
    deliver(net, changed + rows(SUNDAY, range(50, 80)))
    counts = net.night(SUNDAY)
    assert counts.registrations is not None
    assert (counts.registrations.removed, dict(counts.registrations.late)) == (1, {str(MONDAY): 1})
    assert [one.period.name for one in counts.periods] == ["2025-W10"]
    week = Period.of(Grain.WEEK, MONDAY)
    assert exact(net, week, AGES) == {("35-39", "female"): 40 + 30}


def test_members_of_a_month_are_those_that_the_source_still_has(net: Network) -> None:
    last = dt.date(2025, 3, 31)
    net.write(f"logs/mall/web/{last}.log", log(last, range(1, 3)))
    deliver(
        net, rows(MONDAY, range(1, 40)) + rows(last, range(50, 80)) + rows(dt.date(2025, 4, 1), range(80, 99))
    )
    net.night(SUNDAY, last)
    month = Period.of(Grain.MONTH, MONDAY)
    path = net.store / "restricted" / "exact" / f"month={month}" / "monthly_members_by_region_and_age.parquet"
    cells = [cell for cell in pq.ParquetFile(path).read().to_pylist() if cell["member_count"]]
    assert [(one["region"], one["age"], one["member_count"]) for one in cells] == [("not_given", "35-39", 69)]
    assert exact(net, month, CHANNELS) == {("web",): 40 + 30}


def test_a_day_is_frozen_once(net: Network) -> None:
    before = counts_path(net.settings, MONDAY).read_bytes()
    deliver(net, rows(MONDAY, range(3)))
    net.night(MONDAY)
    assert pipeline.close_day(net.settings, MONDAY).verdict == "already published"
    assert counts_path(net.settings, MONDAY).read_bytes() == before


def test_each_field_of_the_completeness_adds_up_to_the_channels() -> None:
    """What is published whole of one field would else tell what is withheld of another."""
    specs = {spec.name: spec for spec in load_tables()}
    plan = plan_of(list(specs.values()), 1)
    grids = []
    for name in ("monthly_completeness_by_field", CHANNELS):
        *dimensions, count = specs[name].columns
        domains = [["mall"] if one.values == SITES else list(one.values) for one in dimensions]
        keys = list(product(*domains))
        columns = {one.name: [key[at] for key in keys] for at, one in enumerate(dimensions)}
        table = pa.table({**columns, count.name: pa.array([1] * len(keys), pa.int64())})
        grids.append(Cells(specs[name], table, period=Period.of(Grain.MONTH, MONDAY)))
    bound = bind(plan, grids)
    fields = len(
        next(one.values for one in specs["monthly_completeness_by_field"].columns if one.name == "field")
    )
    assert (
        [one for one in bound.says if "and" in one].count(f"monthly_completeness_by_field and {CHANNELS}")
        == fields
        == 9
    )
