"""A reader's session cannot read the restricted zone, write, install or attach: each is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import iesiz
from iesiz.errors import InputError, SettingsError
from iesiz.reader import Reader, ask
from tests.nights import Network, hashes


@pytest.fixture(scope="module")
def net(one_day: Network, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return one_day.copy_to(tmp_path_factory.mktemp("reader") / "net")


@pytest.fixture
def db(net: Network) -> Iterator[Reader]:
    with iesiz.open(net.store) as reader:
        yield reader


ATTEMPTS = [
    "select * from read_parquet('{restricted}/requests/site=mall/day=2025-03-03/*.parquet')",
    "select * from '{restricted}/ledger.jsonl'",
    "select content from read_text('{restricted}/ledger.jsonl')",
    "select content from read_blob('{restricted}/**')",
    "select * from glob('{restricted}/*')",
    "select * from read_csv('{landing}/access.log')",
    "select * from parquet_metadata('{published}/tables/*/*/*.parquet')",
    "attach '{elsewhere}/new.duckdb'",
    "attach '{published}/catalog.duckdb' as again (read_write)",
    "attach ':memory:' as memory",
    "copy (select 1) to '{elsewhere}/out.csv'",
    "copy daily_visitors_by_site to '{published}/out.parquet'",
    "export database '{elsewhere}/all'",
    "import database '{elsewhere}'",
    "create table mine as select 1",
    "create or replace view daily_visitors_by_site as select 1",
    "create macro share(a, b) as 1",
    "insert into days select * from days",
    "update daily_visitors_by_site set visitor_count = 0",
    "delete from releases",
    "drop table daily_visitors_by_site",
    "alter table days add column more int",
    "comment on table days is 'mine'",
    "install httpfs",
    "load httpfs",
    "load '{elsewhere}/own.duckdb_extension'",
    "select * from read_parquet('https://stats.example/x.parquet')",
    "create persistent secret mine (type http)",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set memory_limit = '64GB'",
    "reset memory_limit",
    "set allowed_directories = ['/']",
    "set temp_directory = '{elsewhere}'",
    "set profiling_output = '{elsewhere}/profile'",
    "set log_query_path = '{elsewhere}/log'",
    "select * from frame",
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_a_reader_may_not_is_refused(net: Network, db: Reader, tmp_path: Path, attempt: str) -> None:
    frame = db.table("days")
    assert len(frame) > 0
    before = hashes(net.store)
    statement = attempt.format(
        restricted=net.settings.restricted,
        published=net.settings.published,
        landing=net.base / "logs" / "mall" / "web",
        elsewhere=tmp_path,
    )
    with pytest.raises(duckdb.Error):
        db.execute(statement).fetchall()
    with pytest.raises(SettingsError, match="refused"):
        ask(net.settings.catalog, statement)
    assert hashes(net.store) == before
    assert list(tmp_path.iterdir()) == []


def test_control_a_plain_session_may(net: Network, tmp_path: Path) -> None:
    """The same attempts work where nothing is locked, so that a refusal above is the lock's."""
    with duckdb.connect() as plain:
        ledger = net.settings.restricted / "ledger.jsonl"
        assert plain.execute(f"select count(*) from read_text('{ledger}')").fetchall() == [(1,)]
        plain.execute(f"copy (select 1) to '{tmp_path}/out.csv'")
        plain.execute(f"attach '{tmp_path}/new.duckdb'")
        plain.execute("set memory_limit = '64GB'")
        plain.execute("create table mine as select 1")
    assert {one.name for one in tmp_path.iterdir()} >= {"out.csv", "new.duckdb"}


def test_memory_is_bounded_and_nothing_spills(db: Reader) -> None:
    limit, folder = db.sql(
        "select current_setting('memory_limit'), current_setting('temp_directory')"
    ).fetchall()[0]
    assert (limit, folder) == ("1.8 GiB", "")
    with pytest.raises(duckdb.OutOfMemoryException):
        db.execute("select list(repeat(a::varchar, 10000000)) from range(1000) t(a)").fetchall()


def test_two_sessions_in_one_process_are_both_locked(net: Network) -> None:
    with iesiz.open(net.store) as one, iesiz.open(net.store) as two:
        for reader in (one, two):
            with pytest.raises(duckdb.Error):
                reader.execute("set enable_external_access = true")


def test_a_table_that_is_not_there_is_named_with_those_that_are(db: Reader) -> None:
    with pytest.raises(SettingsError, match=r"'days; drop table days'; known: .*daily_visitors_by_site"):
        db.table("days; drop table days")


def test_a_store_without_a_catalog_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="iesiz run"):
        iesiz.open(tmp_path)
