"""Microdata of a closed quarter and month: released once, by the first scheme, each person in one of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import microdata_work, pipeline
from iesiz.datasets import load_datasets
from iesiz.deidentify.age_bands import LABELS
from iesiz.deidentify.persons import _SPELLINGS as SPELLINGS
from iesiz.deidentify.regions import region
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.periods import Grain, Period
from iesiz.publish import verify_store
from iesiz.restricted import forget_gone, note_cohort, read_cohort
from iesiz.settings import load_settings
from iesiz.status import status_of
from iesiz.tables import load_tables
from tests.nights import Network, log
from tests.quarters import COLUMNS, LAST, deliver, noted, people, quarter, records_of, release_path

QUARTER = Period(Grain.QUARTER, dt.date(2025, 1, 1))
NEXT_QUARTER = Period(Grain.QUARTER, dt.date(2025, 4, 1))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network whose first quarter was closed; not to be changed."""
    made = quarter(tmp_path_factory.mktemp("quarter"), people(3000))
    assert made.night(LAST).exit_code == 0
    return made


def test_a_quarter_is_released_once_after_it_has_closed(closed: Network) -> None:
    before = release_path(closed).read_bytes()
    assert pipeline.close_microdata(closed.settings, QUARTER).verdict == "open"
    counts = closed.night(LAST)
    assert [one.verdict for one in counts.periods if one.period == QUARTER] == []
    assert release_path(closed).read_bytes() == before
    assert verify_store(closed.settings) == ()
    assert "microdata/registrations" in {one.table for one in status_of(closed.settings).tables}


def test_records_hold_the_declared_columns_and_every_class_is_large(closed: Network) -> None:
    table = records_of(closed)
    assert tuple(table.column_names) == COLUMNS
    sizes = table.group_by(COLUMNS[:5]).aggregate([([], "count_all")])["count_all"].to_pylist()
    assert min(sizes) >= 10
    [facts] = [one for one in noted(closed) if one["table"] == "microdata/registrations"]
    assert facts["risks"]["k"] == min(sizes)
    assert 3000 * 0.95 <= len(table) <= 3000
    assert facts["attributes"]["l"] >= 3
    assert facts["attributes"]["t"] <= 0.3


def test_a_changed_release_is_found(closed: Network, tmp_path: Path) -> None:
    path = release_path(closed)
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"x")
        assert verify_store(closed.settings) == (
            "microdata/registrations/quarter=2025-Q1/part-0.parquet: not the file that was published",
        )
        path.with_name("other.parquet").write_bytes(b"")
        path.write_bytes(content)
        [finding] = verify_store(closed.settings)
        assert finding.endswith("there, and never published")
    finally:
        path.write_bytes(content)
        path.with_name("other.parquet").unlink()


def test_a_small_quarter_is_withheld_and_not_tried_again(tmp_path: Path) -> None:
    net = quarter(tmp_path, people(9))
    counts = net.night(LAST)
    assert {one.verdict for one in counts.periods if one.period == QUARTER} == {"withheld"}
    assert counts.exit_code == 0
    deliver(net, people(3000))
    net.night(LAST)
    assert not release_path(net).exists()
    assert verify_store(net.settings) == ()


def test_a_quarter_waits_for_the_registrations(tmp_path: Path) -> None:
    net = quarter(tmp_path, people(3000))
    (tmp_path / "registrations.csv").unlink()
    net.night(LAST)
    assert not release_path(net).exists()
    assert QUARTER not in pipeline.microdata_to_close(net.settings, pipeline.discover(net.settings, LAST))


def test_nobody_is_in_two_cohorts(closed: Network) -> None:
    settings = closed.settings
    everybody = read_cohort(settings, QUARTER, ["sex"])
    assert everybody is not None
    assert len(everybody) == 3000
    later = Period(Grain.QUARTER, dt.date(2025, 1, 1))
    note_cohort(settings, later)
    forget_gone(settings)
    moved = people(3000)
    for one in moved[:40]:
        one["registered_at"] = "2025-05-05T12:00:00+05:00"
    deliver(closed, moved)
    pipeline.deidentify_registrations(settings)
    assert read_cohort(settings, NEXT_QUARTER, ["sex"]) is None
    deliver(closed, people(3000))
    pipeline.deidentify_registrations(settings)


def test_the_first_scheme_is_kept_where_it_still_does(tmp_path: Path) -> None:
    first, second = people(3000), people(6000, dt.date(2025, 4, 1), 91, seed=8)
    net = quarter(tmp_path, [*first, *second])
    net.night(LAST)
    net.write("logs/mall/web/june.log", log(dt.date(2025, 6, 30), range(1, 3)))
    net.night(dt.date(2025, 6, 30))
    schemes = [one["scheme"] for one in noted(net) if one["table"] == "microdata/registrations"]
    assert len(schemes) == 2
    assert schemes[0] == schemes[1]


def test_what_was_staged_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = quarter(tmp_path, people(3000))
    whole = microdata_work.released

    def with_one_more(*given: object) -> pa.Table:
        table = whole(*given)  # type: ignore[arg-type]
        alone = {name: ["*"] for name in table.column_names}
        return pa.concat_tables([table, pa.table(alone, schema=table.schema)])

    monkeypatch.setattr(microdata_work, "released", with_one_more)
    counts = net.night(LAST)
    assert counts.exit_code == PrivacyRefusal.exit_code
    assert not release_path(net).exists()
    assert not list((net.store / "restricted" / "staging").iterdir())


def test_weaker_rules_need_a_review(tmp_path: Path) -> None:
    net = quarter(tmp_path, people(10))
    path = net.base / "iesiz.toml"
    plain = path.read_text()
    for weaker in (
        "k = 9",
        "l = 2",
        "t = 0.31",
        "suppression = 0.06",
        "visits_k = 19",
        "visits_suppression = 0.26",
    ):
        path.write_text(f"{plain}\n[microdata]\n{weaker}\n")
        with pytest.raises(SettingsError, match="review"):
            load_settings(path)
        review = 'review = { name = "Privacy officer", date = 2025-01-02 }'
        path.write_text(f"{plain}\n[microdata]\n{weaker}\n{review}\n")
        assert load_settings(path).microdata.review is not None


def test_a_review_stands_in_the_restricted_ledger_alone(tmp_path: Path) -> None:
    rules = '[microdata]\nk = 5\nreview = { name = "Privacy officer", date = 2025-01-02 }\n'
    net = quarter(tmp_path, people(800), rules)
    net.night(LAST)
    assert {one["review"] for one in noted(net)} == {"Privacy officer, 2025-01-02"}
    assert b"Privacy officer" not in (net.store / "published" / "ledger.jsonl").read_bytes()


def test_hierarchies_hold_every_value_of_their_columns() -> None:
    datasets = {one.name: one for one in load_datasets()}
    columns = {one.name: one.hierarchy for one in datasets["registrations"].columns if one.hierarchy}
    stated = {"not_given", "invalid"}
    assert set(columns["age"].labels[0]) == set(LABELS)
    assert set(columns["sex"].labels[0]) == set(SPELLINGS["sex"].values()) | stated
    assert set(columns["channel"].labels[0]) == set(SPELLINGS["channel"].values()) | stated
    specs = {spec.name: spec for spec in load_tables()}
    for table, column in (("daily_registrations_by_region", "region"), ("daily_visits_by_device", "device")):
        [dimension] = [one for one in specs[table].columns if one.name == column]
        [held] = [one.hierarchy for data in datasets.values() for one in data.columns if one.name == column]
        assert held is not None
        assert set(held.labels[0]) == set(dimension.values)
    assert region("abay") in columns["region"].labels[0]


def test_a_day_leaves_its_visits_counted_and_the_month_forgets_them(tmp_path: Path) -> None:
    net = quarter(tmp_path, people(10))
    net.night(dt.date(2025, 3, 30))
    night = net.settings
    net.write("logs/mall/web/more.log", log(dt.date(2025, 3, 28), range(1, 41)))
    net.night(dt.date(2025, 3, 28))
    [path] = (net.store / "restricted" / "visits").rglob("*.parquet")
    assert path.stat().st_mode & 0o777 == 0o600
    left = pq.ParquetFile(path).read()
    assert sum(left["visitor_count"].to_pylist()) == 40
    assert not {"visitor", "network", "second"} & set(left.column_names)
    net.night(LAST)
    assert not list((net.store / "restricted" / "visits").rglob("*.parquet"))
    assert night.base == net.base
