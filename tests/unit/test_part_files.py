"""A part on disk: what it says of itself, and what another reader finds in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.aggregate.words import WORDS, words_of
from iesiz.noted_words import MOST, noted_words
from iesiz.restricted import Records
from iesiz.restricted.forgotten import clean_part
from tests.nights import Network, network, site

DAY = dt.date(2026, 11, 3)
MAY_LACK = {"language", "preferred", "duration"}


def line(
    second: int, path: str, agent: str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0"
) -> str:
    clock = f"{12 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return (
        f'203.0.113.{second % 200} - - [03/Nov/2026:{clock} +0500] "GET {path} HTTP/1.1" 200 512 '
        f'"https://www.google.com/" "{agent}"\n'
    )


@pytest.fixture
def net(tmp_path: Path) -> Network:
    made = network(tmp_path, site("mall", "web"))
    made.plant_keys()
    return made


def part(net: Network, lines: list[str]) -> Path:
    """The part that some lines leave."""
    net.write("logs/mall/web/a.log", "".join(lines).encode())
    with pipeline.store_lock(net.settings):
        for file in pipeline.discover(net.settings, DAY).files:
            pipeline.deidentify_file(net.settings, file)
    [path] = Records(net.settings).parts(DAY)["mall"]
    return path


def read_by_duckdb(path: Path) -> dict[str, set[str]]:
    return {
        name: {word for (word,) in duckdb.sql(f"select distinct {name} from '{path}'").fetchall()}
        for name in WORDS
    }


def test_another_reader_finds_the_records_and_no_place_for_nulls_where_none_can_be(net: Network) -> None:
    path = part(net, [line(second, f"/ru/shops/{second % 7}") for second in range(500)])
    assert duckdb.sql(f"select count(*), count(visitor) from '{path}'").fetchone() == (500, 500)
    kinds = duckdb.sql(f"select name, repetition_type from parquet_schema('{path}') offset 1").fetchall()
    assert {name for name, kind in kinds if kind == "OPTIONAL"} == MAY_LACK


def test_a_part_notes_the_words_of_its_columns(net: Network) -> None:
    pages = ("/ru/shops", "/kk/news", "/ru/cinema")
    path = part(net, [line(second, pages[second % 3]) for second in range(100)])
    noted, found = noted_words(pq.read_metadata(path), WORDS), read_by_duckdb(path)
    assert noted.pop("referrer") == found.pop("referrer") | {"campaign"}  # what its dictionaries hold
    assert noted == found


def test_words_are_the_same_without_the_note(net: Network, tmp_path: Path) -> None:
    path = part(net, [line(second, f"/ru/{'abc'[second % 3]}/{second % 5}") for second in range(100)])
    bare = tmp_path / "bare.parquet"
    pq.write_table(pq.read_table(path), bare)
    assert noted_words(pq.read_metadata(bare), WORDS) == {}
    assert words_of({"mall": [bare]}, 2, 1000, set) == words_of({"mall": [path]}, 2, 1000, set)


def test_a_column_of_many_words_is_read(net: Network) -> None:
    def spelt(number: int) -> str:
        return "".join("abcdefghij"[int(digit)] for digit in str(number))

    path = part(net, [line(number, f"/ru/{spelt(number)}") for number in range(MOST + 100)])
    assert noted_words(pq.read_metadata(path), WORDS).keys() == set(WORDS) - {"route"}
    assert set(words_of({"mall": [path]}, 2, 10**6, set).of["route"]) == read_by_duckdb(path)["route"]


def test_once_somebody_is_forgotten_a_part_notes_nothing(net: Network) -> None:
    path = part(net, [*(line(second, "/ru/shops") for second in range(50)), line(199, "/ru/only-mine")])
    assert b"only-mine" in path.read_bytes()
    held = pq.read_table(path, columns=["visitor", "route"])
    rows = held.filter(pa.compute.equal(held["route"].cast(pa.string()), "/ru/only-mine"))
    assert clean_part(path, rows["visitor"].cast(pa.binary()).to_pylist()) == 1
    assert noted_words(pq.read_metadata(path), WORDS) == {}
    assert b"only-mine" not in path.read_bytes()
