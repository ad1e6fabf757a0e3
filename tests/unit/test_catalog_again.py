"""A catalog that takes rows over from the one before is the one that Parquet alone would give."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import iesiz
from iesiz import pipeline
from iesiz.catalog import build
from iesiz.catalog.earlier import at_hand, mark_of
from iesiz.catalog.partitions import Partition
from iesiz.catalog_mark import keep_mark, read_mark
from iesiz.tables import load_tables
from tests.nights import DAY, NEXT, Network, log, network

VISITORS = "daily_visitors_by_site"


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Network:
    made = network(tmp_path_factory.mktemp("again") / "net")
    made.write("logs/mall/web/a.log", log(DAY) + log(NEXT))
    made.night(DAY)
    made.night(NEXT)
    return made


@pytest.fixture
def net(two_nights: Network, tmp_path: Path) -> Network:
    return two_nights.copy_to(tmp_path / "net")


def build_again(net: Network) -> None:
    with pipeline.store_lock(net.settings):
        pipeline.build_catalog(net.settings)


def build_from_parquet(net: Network) -> None:
    keep_mark(net.settings, "")
    build_again(net)


def whole(net: Network) -> dict[str, object]:
    """Everything that a reader can see, rows in their order."""
    catalog = duckdb.connect(str(net.settings.catalog), read_only=True)
    with catalog:
        names = [name for (name,) in catalog.execute("select table_name from duckdb_tables()").fetchall()]
        asked = {
            "tables": "select table_name, comment, estimated_size, sql from duckdb_tables() order by all",
            "columns": "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal order by all",
            "macros": "select function_name, comment, macro_definition from duckdb_functions() "
            "where not internal order by all",
            **{name: f"from {name}" for name in names},
        }
        return {name: catalog.execute(query).fetchall() for name, query in asked.items()}


def read_from_parquet(net: Network, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Build the catalog again; the files that were read for it."""
    read, found = build._read, list[str]()

    def note(*given: object) -> None:
        found.extend(str(one) for one in given[-1])  # type: ignore[attr-defined]
        read(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(build, "_read", note)
        build_again(net)
    return found


def test_night_after_night_gives_what_parquet_alone_gives(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = whole(net)
    assert read_from_parquet(net, monkeypatch) == []
    assert whole(net) == before
    build_from_parquet(net)
    assert whole(net) == before


@pytest.mark.parametrize(
    "edit",
    [
        f"update {VISITORS} set visitor_count = 1000000",
        f"delete from {VISITORS}",
        f"insert into {VISITORS} from {VISITORS}",
        "update releases set sha256 = 'x'",
    ],
)
def test_an_edited_catalog_is_not_believed(net: Network, edit: str) -> None:
    before = whole(net)
    with duckdb.connect(str(net.settings.catalog)) as catalog:
        catalog.execute(edit)
    assert whole(net) != before
    build_again(net)
    assert whole(net) == before


def test_control_without_its_mark_an_edited_catalog_would_be_believed(net: Network) -> None:
    before = whole(net)
    with duckdb.connect(str(net.settings.catalog)) as catalog:
        catalog.execute(f"update {VISITORS} set visitor_count = 1000000")
    keep_mark(net.settings, mark_of(net.settings.catalog))
    build_again(net)
    assert whole(net) != before


def test_a_catalog_whose_mark_was_lost_is_built_from_parquet(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    partitions = sorted(map(str, (net.settings.published / "tables").rglob("*.parquet")))
    for mark in ("", read_mark(net.settings).replace(duckdb.__version__, "0.0.0")):
        keep_mark(net.settings, mark)
        assert sorted(read_from_parquet(net, monkeypatch)) == partitions
        assert read_mark(net.settings) == mark_of(net.settings.catalog)


def test_a_file_that_is_gone_is_not_shown_and_comes_back(net: Network) -> None:
    before = whole(net)
    path = net.settings.published / "tables" / VISITORS / f"day={DAY}" / "part-0.parquet"
    path.rename(net.base / "aside")
    build_again(net)
    with iesiz.open(net.store) as reader:
        assert reader.sql(f"select distinct day from {VISITORS}").fetchall() == [(NEXT,)]
    assert read_mark(net.settings) == ""
    (net.base / "aside").rename(path)
    build_again(net)
    assert whole(net) == before


def test_a_file_that_was_never_published_is_not_shown(net: Network) -> None:
    before = whole(net)
    path = net.settings.published / "tables" / VISITORS / "day=2025-03-05" / "part-0.parquet"
    path.parent.mkdir()
    path.write_bytes((path.parent.with_name(f"day={DAY}") / path.name).read_bytes())
    build_from_parquet(net)
    assert whole(net) == before
    assert "2025-03-05" not in (net.settings.published / "views.sql").read_text("utf-8")


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        ([("2025-03-03", "a"), ("2025-03-04", "b")], 2),
        ([("2025-03-03", "a"), ("2025-03-04", "b"), ("2025-03-05", "c")], 2),
        ([("2025-03-03", "a"), ("2025-03-04", "revised")], 1),
        ([("2025-03-03", "revised"), ("2025-03-04", "b")], 0),
        ([("2025-03-02", "late"), ("2025-03-03", "a"), ("2025-03-04", "b")], 0),
        ([("2025-03-03", "a")], 1),
        ([("2025-03-04", "b")], 0),
        ([], 0),
    ],
)
def test_rows_are_taken_over_up_to_the_first_partition_that_is_another(
    tmp_path: Path, now: list[tuple[str, str]], taken: int
) -> None:
    path = tmp_path / "catalog.duckdb"
    with duckdb.connect(str(path)) as old:
        old.execute(
            "create table releases as from (values ('t', '2025-03-03', 0, 'x'), ('t', '2025-03-04', 0, 'b'),"
            " ('t', '2025-03-03', 1, 'a')) as r(table_name, period, revision, sha256)"
        )
        old.execute("create table t (day date, status varchar)")
    partitions = {"t": [Partition(period, "", digest) for period, digest in now]}
    for kinds, expected in (({"day": "date", "status": "varchar"}, {"t": taken}), ({"day": "date"}, {})):
        with duckdb.connect() as connection:
            assert at_hand(connection, path, mark_of(path), partitions, {"t": kinds}) == expected
    with duckdb.connect() as connection:
        assert at_hand(connection, path, "", partitions, {"t": {}}) == {}


def test_every_table_is_taken_over(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = dict[str, int]()
    monkeypatch.setattr(build, "_take_over", lambda _, spec, several: seen.update({spec.name: len(several)}))
    build_again(net)
    folders = net.settings.published / "tables"
    assert seen == {
        one.name: len(list((folders / one.name).glob("*/part-0.parquet"))) for one in load_tables()
    }
