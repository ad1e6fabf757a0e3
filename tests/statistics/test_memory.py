"""A day larger than the memory it may have: the same cells, and nothing left in the scratch folder."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.aggregate import DayInput, Left, aggregate_day
from iesiz.aggregate.pieces import Meaning, origin_of
from iesiz.aggregate.shares import shares_of
from iesiz.aggregate.words import words_of
from iesiz.errors import OutsideError
from iesiz.restricted import Records
from iesiz.rule_settings import Thresholds
from iesiz.tables import load_tables
from tests.nights import network
from tests.statistics.test_cases import DAY, KEY, MIDNIGHT, RECORD, SITES

ROWS, VISITORS = 250_000, 30_000
LITTLE = "48MiB"
LOG_TABLES = [spec for spec in load_tables() if spec.source == "access_log"]


def large_part(path: Path) -> Path:
    """Visitors all over the day, as the restricted zone holds them."""
    rng = np.random.default_rng(7)
    visitors = pa.array([number.to_bytes(16, "big") for number in range(VISITORS)], pa.binary())
    second = np.sort(rng.integers(0, 86_400, ROWS)) + MIDNIGHT
    routes = pa.array([f"/shop/{number}" for number in range(100)])

    def drawn(values: pa.Array) -> pa.Array:
        return values.take(pa.array(rng.integers(0, len(values), ROWS)))

    visitor = drawn(visitors)
    columns: dict[str, Any] = {name: pa.array(["GET"] * ROWS) for name in ("method",)}
    columns |= {"visitor": visitor, "network": visitor, "second": second, "route": drawn(routes)}
    columns |= {"hour": (second - MIDNIGHT) // 3600, "bytes": rng.integers(0, 10_000, ROWS)}
    columns |= {"resource": drawn(pa.array(["page", "asset"])), "status_code": [200] * ROWS}
    columns |= {"referrer": drawn(pa.array(["search", "none"])), "is_robot": [False] * ROWS}
    nothing = {"duration": pa.nulls(ROWS, pa.int64())}
    texts = {name: ["mobile"] * ROWS for name in RECORD.names if name not in columns and name not in nothing}
    pq.write_table(pa.table({**columns, **nothing, **texts}).select(RECORD.names).cast(RECORD), path)
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> DayInput:
    part = large_part(tmp_path_factory.mktemp("day") / "web-1.parquet")
    name = SITES[0].name
    return DayInput(DAY, SITES, {name: [part]}, None, sampling_key=KEY, threshold_key=KEY)


def cells(given: DayInput) -> list[list[dict[str, Any]]]:
    return [one.table.to_pylist() for one in aggregate_day(given, LOG_TABLES, Thresholds(), threads=2)]


def left(given: DayInput) -> tuple[list[dict[str, Any]], set[bytes]]:
    """What a day leaves beside its tables: features of visits, and its visitors."""
    kept = list[Left]()
    aggregate_day(given, LOG_TABLES, Thresholds(), 2, kept.append)
    return kept[0].visits.to_pylist(), set(kept[0].visitors["visitor"].to_pylist())


def test_a_day_larger_than_memory_has_the_same_cells(large: DayInput, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    small = replace(large, memory=LITTLE, share_rows=ROWS // 3, scratch=scratch)
    assert cells(small) == cells(large)
    assert left(small) == left(large)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_day_dealt_out_in_small_stretches_has_the_same_cells(
    large: DayInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iesiz.aggregate.shares.STRETCH", 20_000)
    grouped = tmp_path / "web-1.parquet"
    [paths] = large.parts.values()
    pq.write_table(pq.read_table(paths[0]), grouped, row_group_size=7_000)
    apart = replace(
        large, parts={SITES[0].name: [grouped]}, share_rows=ROWS // 5, scratch=tmp_path / "scratch"
    )
    assert cells(apart) == cells(large)


def test_the_share_of_the_busiest_visitor_is_loaded_last(large: DayInput, tmp_path: Path) -> None:
    [paths] = large.parts.values()
    held, busy = pq.read_table(paths[0]).slice(0, 40_000), tmp_path / "busy.parquet"
    one = pa.array([(1).to_bytes(16, "big")] * 30_000, pa.binary())
    visitor = pa.chunked_array([one, held["visitor"].combine_chunks()[30_000:].cast(pa.binary())])
    pq.write_table(held.set_column(held.schema.names.index("visitor"), "visitor", visitor), busy)
    words = words_of({"mall": [busy]}, 1, 1000, set)
    with shares_of([busy], Meaning(words, origin_of(DAY), 1), 1, 8_000, tmp_path / "scratch") as shares:
        rows = [len(shares.people(number).rows) for number in range(len(shares))]
    assert rows == sorted(rows)
    assert rows[-1] > 30_000 > 2 * rows[-2]


def test_what_many_visitors_leave_is_kept_once_the_engine_has_closed(
    large: DayInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[threading.Thread, Left]] = []

    def keep(left: Left) -> None:
        kept.append((threading.current_thread(), left))

    few = aggregate_day(large, LOG_TABLES, Thresholds(), 2, keep)
    monkeypatch.setattr("iesiz.aggregate.cells.KEPT_BESIDE", 1000)
    many = aggregate_day(large, LOG_TABLES, Thresholds(), 2, keep)
    assert [one.table for one in few] == [one.table for one in many]
    (beside, left), (after, left_later) = kept
    assert beside is not threading.main_thread() is after
    assert left_later.visits == left.visits
    names = (sorted(one.visitors["visitor"].to_pylist()) for one in (left_later, left))
    assert next(names) == next(names) != []


def test_without_a_scratch_folder_nothing_is_written_and_the_day_fails(large: DayInput) -> None:
    with pytest.raises(OutsideError, match="memory did not suffice"):
        cells(replace(large, memory=LITTLE))
    with pytest.raises(OutsideError, match="memory"):
        cells(replace(large, share_rows=ROWS // 3))


def test_what_a_crash_left_in_the_scratch_folder_is_deleted(tmp_path: Path) -> None:
    net = network(tmp_path)
    net.night()
    left = net.settings.scratch / "duckdb_temp_storage_DEFAULT-0.tmp"
    left.parent.mkdir()
    left.write_bytes(b"what memory could not hold")
    assert Records(net.settings).sweep(DAY) == 1
    assert not left.exists()
