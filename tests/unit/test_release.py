"""A release is whole or absent, is finished by the next run, is made once, and says where it comes from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import ledger
from iesiz.errors import OutsideError, PrivacyRefusal
from iesiz.ledger import Ledger
from iesiz.periods import Grain, Period
from iesiz.publish import Release, commit_period, published_days, recover, release, stage_period, verify_store
from iesiz.settings import Settings
from iesiz.storage import prepare_store
from iesiz.tables import Cells, load_tables
from tests.unit.small_world import disk_full_at, settings_in

DAY = dt.date(2026, 11, 3)
INPUTS = ("ab" * 32, "cd" * 32)
STATUS = [
    ("club", 12, 15, 20, 600, "published"),
    ("astana", None, None, None, None, "suppressed"),  # rows come in any order
    ("almaty", 10, 11, 12, 13, "published"),
]
COLUMNS = ("site", "visitor_count", "visit_count", "pageview_count", "duration_seconds", "status")
VISITORS, REGIONS = "daily_visitors_by_site", "daily_registrations_by_region"


class Crashed(BaseException):
    """The end of a process in the middle of its work."""


def cells_of(name: str, rows: list[dict[str, object]]) -> Cells:
    (spec,) = [spec for spec in load_tables() if spec.name == name]
    types = {"string": pa.string(), "int": pa.int64()}
    schema = pa.schema([*((one.name, types[one.type]) for one in spec.published), ("status", pa.string())])
    return Cells(spec, pa.Table.from_pylist(rows, schema))


def protected() -> list[Cells]:
    visitors = [dict(zip(COLUMNS, row, strict=True)) for row in STATUS]
    regions = [{"site": "club", "region": "abai", "registration_count": None, "status": "suppressed"}]
    return [cells_of(VISITORS, visitors), cells_of(REGIONS, regions)]


def store(folder: Path) -> Settings:
    folder.mkdir()
    settings = settings_in(folder)
    prepare_store(settings)
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return store(tmp_path / "one")


def publish_day(
    settings: Settings,
    day: dt.date,
    protected: Sequence[Cells],
    edition: str,
    inputs: Sequence[str],
    facts: Mapping[str, Any],
) -> tuple[Release, ...]:
    period = Period(Grain.DAY, day)
    return commit_period(settings, period, stage_period(settings, period, protected, edition, inputs), facts)


def publish(settings: Settings) -> tuple[Release, ...]:
    return publish_day(
        settings, DAY, protected(), "mega-coco-1", INPUTS, {"missing": [], "closed": "2026-11-04"}
    )


def place_of(settings: Settings, table: str) -> Path:
    return settings.published / "tables" / table / "day=2026-11-03" / "part-0.parquet"


def content_of(settings: Settings) -> dict[str, bytes]:
    """All files of a store but the settings, by their place."""
    files = (path for path in settings.store_path.rglob("*") if path.is_file())
    return {str(path.relative_to(settings.store_path)): path.read_bytes() for path in files}


def test_a_release_is_in_its_place_and_in_both_ledgers(settings: Settings) -> None:
    releases = publish(settings)
    assert [(one.table, one.cells, one.suppressed) for one in releases] == [(VISITORS, 3, 1), (REGIONS, 1, 1)]
    for one in releases:
        content = (settings.published / one.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one.sha256
    assert published_days(settings) == {DAY}
    full = Ledger(settings.restricted / "ledger.jsonl").entries()
    assert [entry.kind for entry in full] == ["release", "release", "day"]
    assert full[0].facts["inputs"] == list(INPUTS)
    assert full[2].facts["closed"] == "2026-11-04"


def test_nothing_is_left_beside_a_release(settings: Settings) -> None:
    publish(settings)
    assert set(content_of(settings)) == {
        "iesiz-store",
        "restricted/ledger.jsonl",
        "published/ledger.jsonl",
        *(f"published/tables/{table}/day=2026-11-03/part-0.parquet" for table in (VISITORS, REGIONS)),
    }


def test_the_public_ledger_says_nothing_of_inputs_and_withheld_cells(settings: Settings) -> None:
    publish(settings)
    entries = Ledger(settings.published / "ledger.jsonl").entries()
    assert {frozenset(entry.facts) for entry in entries} == {
        frozenset({"table", "period", "revision", "edition", "sha256", "verdict"})
    }
    text = (settings.published / "ledger.jsonl").read_text()
    assert not any(word in text for word in (*INPUTS, "suppressed", "cells"))


def test_the_same_cells_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = store(tmp_path / "one"), store(tmp_path / "two")
    publish(one)
    visitors, regions = protected()
    turned = Cells(visitors.spec, visitors.table.take([2, 0, 1]))
    publish_day(two, DAY, [turned, regions], "mega-coco-1", INPUTS, {"missing": [], "closed": "2026-11-04"})
    assert content_of(one) == content_of(two)


def test_a_day_is_published_once(settings: Settings) -> None:
    publish(settings)
    before = content_of(settings)
    with pytest.raises(PrivacyRefusal, match="published before") as caught:
        publish(settings)
    assert caught.value.exit_code == 4
    assert content_of(settings) == before


def test_a_withheld_cell_is_null_with_its_status_and_rows_are_in_order(settings: Settings) -> None:
    publish(settings)
    rows = pq.ParquetFile(place_of(settings, VISITORS)).read().to_pylist()
    assert [tuple(row.values()) for row in rows] == sorted(STATUS, key=lambda row: row[0])


def test_another_reader_finds_the_origin_in_the_metadata(settings: Settings) -> None:
    publish(settings)
    with duckdb.connect() as connection:
        found = connection.execute(
            "select key, value from parquet_kv_metadata($path)", {"path": str(place_of(settings, VISITORS))}
        ).fetchall()
    assert {key.decode(): value.decode() for key, value in found} == {
        "iesiz.table": VISITORS,
        "iesiz.schema_version": "1",
        "iesiz.policy_edition": "mega-coco-1",
        "iesiz.purpose": "2E",
        "iesiz.release": f"{VISITORS}/day=2026-11-03/revision=0",
        "iesiz.lost_to_bounds": "{}",
        "iesiz.protection": "primary and complementary suppression, audited",
    }


def test_no_dictionary_can_hold_a_label_that_was_left_out(settings: Settings) -> None:
    publish(settings)
    for table in (VISITORS, REGIONS):
        with duckdb.connect() as connection:
            pages = connection.execute(
                "select path_in_schema, encodings, dictionary_page_offset from parquet_metadata($path)",
                {"path": str(place_of(settings, table))},
            ).fetchall()
        assert pages
        for name, encodings, dictionary in pages:
            assert "DICTIONARY" not in encodings, name
            assert dictionary is None, name


def test_a_label_of_a_table_is_not_in_the_file_when_it_is_not_in_a_row(settings: Settings) -> None:
    visitors, regions = protected()
    # A dictionary column that still knows a label which no row has, as a filter leaves behind.
    codes = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), pa.array(["club", "secret-site"]))
    table = regions.table.set_column(0, "site", codes.cast(pa.string()))
    publish_day(settings, DAY, [visitors, Cells(regions.spec, table)], "mega-coco-1", INPUTS, {})
    assert b"secret-site" not in b"".join(content_of(settings).values())


# What a crash can interrupt, and how often it is called in one release.
STEPS = [("write_partition", 2), ("write_bytes", 1), ("put_in_place", 2), ("append_line", 5)]
PLACES = [(step, number, late) for step, calls in STEPS for number in range(calls) for late in (False, True)]


def crash_at(patch: pytest.MonkeyPatch, step: str, number: int, late: bool) -> None:
    """End the process at the n-th call of a step, before it is done or right after it."""
    owner = ledger if step == "append_line" else release
    done: Callable[..., object] = getattr(owner, step)
    calls = iter(range(100))

    def interrupted(*given: object, **named: object) -> object:
        last = next(calls) == number
        if last and not late:
            raise Crashed
        result = done(*given, **named)
        if last:
            raise Crashed
        return result

    patch.setattr(owner, step, interrupted)


@pytest.mark.parametrize(("step", "number", "late"), PLACES)
def test_a_release_that_crashed_is_finished_or_made_again_to_the_same_store(
    tmp_path: Path, step: str, number: int, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean, crashed = store(tmp_path / "clean"), store(tmp_path / "crashed")
    publish(clean)
    with monkeypatch.context() as patch:
        crash_at(patch, step, number, late)
        with pytest.raises(Crashed):
            publish(crashed)
    begun = recover(crashed)
    # Before its journal stands a release has not begun, and no half of it is visible.
    assert begun == (step not in ("write_partition", "write_bytes") or (step, late) == ("write_bytes", True))
    if not begun:
        assert not list(crashed.published.rglob("*.parquet"))
        assert published_days(crashed) == frozenset()
        publish(crashed)
    assert content_of(crashed) == content_of(clean)
    assert not recover(crashed)


def test_a_crash_within_recovery_is_recovered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean, crashed = store(tmp_path / "clean"), store(tmp_path / "crashed")
    publish(clean)
    for step in ("put_in_place", "append_line", "append_line"):
        with monkeypatch.context() as patch:
            crash_at(patch, step, 1, late=False)
            with pytest.raises(Crashed):
                recover(crashed) if (crashed.restricted / "journal.json").exists() else publish(crashed)
    assert recover(crashed)
    assert content_of(crashed) == content_of(clean)


def test_a_staged_file_that_is_not_the_journals_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at(patch, "put_in_place", 0, late=False)
        with pytest.raises(Crashed):
            publish(settings)
    (settings.restricted / "staging" / f"{VISITORS}.parquet").write_bytes(b"something else")
    with pytest.raises(PrivacyRefusal, match="not the file that its release names"):
        recover(settings)
    assert not place_of(settings, VISITORS).exists()
    assert published_days(settings) == frozenset()


def test_a_full_disk_while_staging_leaves_nothing_and_may_be_tried_again(settings: Settings) -> None:
    before = content_of(settings)
    with disk_full_at(512), pytest.raises(OutsideError, match="try again"):
        publish(settings)
    recover(settings)
    assert content_of(settings) == before
    assert len(publish(settings)) == 2


def test_nothing_begun_is_nothing_to_recover(settings: Settings) -> None:
    assert not recover(settings)


def test_the_journal_is_of_the_restricted_zone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        crash_at(patch, "put_in_place", 0, late=False)
        with pytest.raises(Crashed):
            publish(settings)
    (journal,) = [name for name in content_of(settings) if name.endswith("journal.json")]
    assert journal.startswith("restricted/")
    assert json.loads(content_of(settings)[journal])["noted"]["day"] == "2026-11-03"


def test_a_sound_store_is_found_sound_and_each_change_is_named(settings: Settings) -> None:
    publish(settings)
    assert verify_store(settings) == ()
    place, stray = place_of(settings, VISITORS), settings.published / "tables" / "stray.parquet"
    content = place.read_bytes()
    place.write_bytes(content[:-1] + b"x")
    stray.write_bytes(b"")
    assert [one.split(": ")[1] for one in verify_store(settings)] == [
        "not the file that was published",
        "there, and never published",
    ]
    place.unlink()
    stray.unlink()
    assert [one.split(": ")[1] for one in verify_store(settings)] == ["published, and not there"]


@pytest.mark.parametrize("zone", ["restricted", "published"])
def test_records_lost_at_the_end_of_a_ledger_are_found_by_the_other(settings: Settings, zone: str) -> None:
    publish(settings)
    ledger = settings.store_path / zone / "ledger.jsonl"
    kept = [line for line in ledger.read_bytes().splitlines() if b'"kind": "day"' not in line][:-1]
    ledger.write_bytes(b"".join(line + b"\n" for line in kept))
    assert any("differ" in one for one in verify_store(settings))
