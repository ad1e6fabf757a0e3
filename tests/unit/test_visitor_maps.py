"""Maps of visitors are read a row a visitor, however often each was met, and in pieces."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.restricted import read_maps
from iesiz.restricted.visitor_maps import map_of
from iesiz.settings import Settings
from tests.nights import DAY, network

SCHEMA = pa.schema([(name, pa.binary(16)) for name in ("visitor", "week", "month")])
MET = st.lists(st.lists(st.integers(0, 6), max_size=9), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return network(tmp_path_factory.mktemp("network")).settings


def named(number: int, kind: int) -> bytes:
    return bytes([kind, number]) * 8


@settings(deadline=None, max_examples=60)
@given(MET, st.integers(1, 4))
def test_each_visitor_stands_once(here: Settings, files: list[list[int]], rows: int) -> None:
    parts = [
        here.restricted / f"requests/site=mall/day={DAY}/{number}.parquet" for number in range(len(files))
    ]
    for part, met in zip(parts, files, strict=True):
        path = map_of(here, part)
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = [pa.array([named(one, kind) for one in met], pa.binary(16)) for kind in range(3)]
        pq.write_table(pa.table(columns, schema=SCHEMA), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iesiz.restricted.visitor_maps.AT_ONCE", rows)
        found = read_maps(here, parts)
    assert found is not None
    wanted = dict.fromkeys(one for met in files for one in met)
    assert found.to_pylist() == [
        {name: named(one, kind) for kind, name in enumerate(SCHEMA.names)} for one in wanted
    ]


def test_a_map_that_is_missing_leaves_none(here: Settings) -> None:
    assert read_maps(here, [here.restricted / "requests/site=mall/day=2001-01-01/1.parquet"]) is None
    assert read_maps(here, []) is None
