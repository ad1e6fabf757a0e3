"""``iesiz query`` in all its forms, with words where rows say nothing; ``codebook`` and ``dashboard``."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from iesiz.cli import app
from iesiz.errors import OutsideError, SettingsError
from iesiz.settings import Settings
from tests.published import made_store

CELLS = """
select site, device, visit_count, status from daily_visits_by_device where day = '2026-11-02' order by all
"""
VISITORS = "daily_visits_by_device"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made_store(tmp_path_factory.mktemp("query") / "net", dt.date(2026, 11, 1), 4)


def run(settings: Settings, *arguments: str) -> Result:
    where = ["--settings", str(settings.base / "iesiz.toml")]
    done = CliRunner().invoke(app, [*arguments, *where])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def cells(settings: Settings) -> pd.DataFrame:
    """The same cells, read by pandas from the Parquet file."""
    path = settings.published / "tables" / VISITORS / "day=2026-11-02" / "part-0.parquet"
    frame = pd.read_parquet(path).sort_values(["site", "device"], ignore_index=True)
    assert (frame["status"] == "suppressed").any()
    return frame[["site", "device", "visit_count", "status"]]


def test_a_table_says_withheld_where_a_number_is_missing(settings: Settings, cells: pd.DataFrame) -> None:
    done = run(settings, "query", CELLS)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["site", "device", "visit_count", "status"]
    numbers = ["withheld" if pd.isna(one) else str(int(one)) for one in cells["visit_count"]]
    assert [line[2] for line in lines[1:]] == numbers
    hidden = numbers.count("withheld")
    assert done.stderr.startswith(f"{hidden} of {len(numbers)} rows have numbers that are withheld")


def test_csv_json_and_parquet_hold_the_same_rows(
    settings: Settings, cells: pd.DataFrame, tmp_path: Path
) -> None:
    expected = cells.astype({"visit_count": "Int64"})
    for form in ("csv", "parquet"):
        path = tmp_path / f"out.{form}"
        assert run(settings, "query", CELLS, "-o", str(path)).stdout == ""
        frame = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
        pd.testing.assert_frame_equal(frame.astype({"visit_count": "Int64"}), expected, check_dtype=False)
    assert run(settings, "query", CELLS, "--format", "csv").stdout == (tmp_path / "out.csv").read_text()
    printed = json.loads(run(settings, "query", CELLS, "--json").stdout)
    assert printed["columns"] == list(cells.columns)
    frame = pd.DataFrame(printed["rows"], columns=printed["columns"]).astype({"visit_count": "Int64"})
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
    assert len(printed["notes"]) == 1


def test_an_empty_answer_says_what_is_there(settings: Settings) -> None:
    done = run(settings, "query", f"select * from {VISITORS} where day = '2030-01-01'")
    assert done.stderr.splitlines()[0] == "No row matches."
    assert f"{VISITORS} holds 48 cells of 2026-11-01 to 2026-11-04" in done.stderr


def test_a_sum_over_withheld_cells_is_said_to_be_a_lower_bound(settings: Settings) -> None:
    done = run(settings, "query", f"select sum(visit_count) from {VISITORS}")
    assert "48 cells of daily_visits_by_device are withheld" in done.stderr
    assert "at least" in done.stderr


def test_rows_that_speak_for_themselves_get_no_note(settings: Settings) -> None:
    assert run(settings, "query", f"from visible_only('{VISITORS}')").stderr == ""
    assert run(settings, "query", "select 1 as one").stderr == ""
    assert run(settings, "query", "from days").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "select 1", "--format", "parquet"), "-o FILE"),
        (("query", "select 1", "-o", "out.txt"), "name it .csv, .json or .parquet"),
        (("query", "select nothing from nowhere"), "refused"),
        (("query", "select * from read_text('iesiz.toml')"), "refused"),
    ],
)
def test_wrong_use_is_refused_in_words(settings: Settings, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        run(settings, *arguments)


def test_a_file_that_cannot_be_written_may_be_tried_again(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="cannot be written"):
        run(settings, "query", "select 1", "-o", str(tmp_path / "absent" / "out.csv"))


def test_the_codebook_is_printed_or_written(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "codebook").stdout == (settings.published / "codebook.md").read_text("utf-8")
    run(settings, "codebook", "--format", "html", "-o", str(tmp_path / "book.html"))
    assert (tmp_path / "book.html").read_bytes() == (settings.published / "codebook.html").read_bytes()


def test_the_dashboard_is_written_where_asked(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "dashboard", "-o", str(tmp_path)).stdout.strip() == str(tmp_path / "index.html")
    assert {one.name for one in tmp_path.iterdir()} >= {"index.html", "protection.html"}
