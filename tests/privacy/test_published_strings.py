"""Attacks on published strings as they lie there: dictionaries, and averaging over re-runs."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import hmac
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.night import run_night
from iesiz.settings import Settings, load_settings
from tests.nights import hashes

DAYS = (dt.date(2026, 11, 4), dt.date(2026, 11, 5))
WORD = re.compile(rb"[0-9A-Za-z+/=_-]{8,}")


def settings_with(sample: Path, store: Path) -> Settings:
    given = load_settings(sample / "iesiz.toml")
    return given.model_copy(update={"store": given.store.model_copy(update={"path": str(store)})})


@pytest.fixture(scope="module")
def store(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store into which two days of the sample were published."""
    folder = tmp_path_factory.mktemp("dictionary") / "store"
    counts = run_night(settings_with(sample, folder), DAYS, lambda *_: None)
    assert counts.failures == ()
    return folder


@pytest.fixture(scope="module")
def candidates(sample: Path) -> set[str]:
    """What an attacker would try: every phone, IIN, mail and address that can be in the data."""
    found: set[str] = set()
    with (sample / "registrations" / "registrations.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            digits = re.sub(r"\D", "", row["phone"])
            found |= {
                row["iin"],
                row["email"],
                row["phone"],
                f"+7{digits[-10:]}",
                digits,
                row["registration_id"],
            }
    for path in (sample / "logs").rglob("*.gz"):
        text = gzip.decompress(path.read_bytes()).decode("latin-1")
        found |= set(re.findall(r"^(?:\S+:\d+ )?(\S+) - ", text, re.M))
    return {one for one in found if len(one) >= 6}


def digests(text: str) -> Iterator[str]:
    """Unkeyed digests of a candidate, whole and cut to 16 and to 8 bytes, as hexadecimal."""
    data = text.encode()
    for name in ("sha256", "sha1", "md5"):
        yield hashlib.new(name, data).hexdigest()
    yield hmac.new(b"", data, "sha256").hexdigest()


def cracked(strings: Iterable[str], candidates: set[str]) -> set[str]:
    """Strings that are a candidate's digest, or the beginning of one."""
    table = {digest[:size] for one in candidates for digest in digests(one) for size in (16, 32, 40, 64)}
    return {text for text in strings if text.lower() in table}


def published_strings(store: Path) -> set[str]:
    """Every string of the published zone: of tables, catalog, ledger and raw bytes."""
    found: set[str] = set()
    for path in (store / "published").rglob("*"):
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
            found |= {str(value) for column in table.columns for value in column.to_pylist()}
        if path.is_file():
            found |= {word.decode() for word in WORD.findall(path.read_bytes())}
    with duckdb.connect(str(store / "published" / "catalog.duckdb"), read_only=True) as catalog:
        for (name,) in catalog.execute("select table_name from duckdb_tables()").fetchall():
            rows = catalog.execute(f'select * from "{name}"').fetchall()
            found |= {str(value) for row in rows for value in row}
    return found


def test_a_dictionary_finds_nobody_in_what_is_published(store: Path, candidates: set[str]) -> None:
    strings = published_strings(store)
    assert len(strings) > 500
    assert len(candidates) > 5_000
    assert cracked(strings, candidates) == set()
    assert strings & candidates == set()


def test_control_an_unkeyed_column_is_cracked(store: Path, candidates: set[str], tmp_path: Path) -> None:
    copy = tmp_path / "store"
    shutil.copytree(store / "published", copy / "published")
    victims = sorted(candidates)[:50]
    column = pa.table({"visitor": [hashlib.sha256(one.encode()).hexdigest()[:32] for one in victims]})
    pq.write_table(column, copy / "published" / "tables" / "unkeyed.parquet")
    assert len(cracked(published_strings(copy), candidates)) == 50


def test_pseudonyms_of_the_restricted_zone_fall_to_no_dictionary_either(
    store: Path, candidates: set[str]
) -> None:
    strings: set[str] = set()
    for path in (store / "restricted" / "requests").rglob("*.parquet"):
        for name in ("visitor", "network"):
            strings |= {value.hex() for value in pq.ParquetFile(path).read()[name].unique().to_pylist()}
    assert len(strings) > 1_000
    assert cracked(strings, candidates) == set()


def test_asking_again_and_again_gives_the_same_bytes_so_that_there_is_nothing_to_average(
    sample: Path, store: Path, tmp_path: Path
) -> None:
    """The days made anew from the same keys; and with other keys, which change the pattern."""
    tables = {name: one for name, one in hashes(store / "published").items() if name.startswith("tables/")}
    again = tmp_path / "again" / "store"
    again.mkdir(parents=True)
    shutil.copy(store / "iesiz-store", again / "iesiz-store")
    (again / "restricted").mkdir(mode=0o700)
    shutil.copytree(store / "restricted" / "keys", again / "restricted" / "keys")
    shutil.copy(store / "restricted" / "store-id", again / "restricted" / "store-id")
    run_night(settings_with(sample, again), DAYS, lambda *_: None)
    found = {name: one for name, one in hashes(again / "published").items() if name.startswith("tables/")}
    assert found == tables
    other = tmp_path / "other" / "store"
    run_night(settings_with(sample, other), DAYS, lambda *_: None)
    assert {n: o for n, o in hashes(other / "published").items() if n.startswith("tables/")} != tables
