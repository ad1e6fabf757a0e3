"""What visitors are called is found in maps that are read in pieces, however alike their pseudonyms begin."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.periods import Grain
from iesiz.restricted.called import names_of, places_in_order, pseudonyms_of, read_called
from iesiz.restricted.visitor_maps import map_of
from iesiz.settings import Settings
from tests.nights import DAY, network

SCHEMA = pa.schema([(name, pa.binary(16)) for name in ("visitor", "week", "month")])
GRAINS = (Grain.WEEK, Grain.MONTH)
PSEUDONYM = st.builds(lambda first, last: bytes([first]) * 8 + bytes([last]) * 8, *[st.integers(0, 3)] * 2)
MET = st.lists(st.lists(PSEUDONYM, max_size=9), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return network(tmp_path_factory.mktemp("network")).settings


def called(visitor: bytes, grain: Grain) -> bytes:
    return bytes([1 + GRAINS.index(grain)]) * 8 + visitor[::-1][:8]


def mapped(here: Settings, files: list[list[bytes]], open_grains: tuple[Grain, ...]) -> list[Path]:
    """Parts with maps of the visitors that were met in each."""
    parts = [
        here.restricted / f"requests/site=mall/day={DAY}/{number}.parquet" for number in range(len(files))
    ]
    for part, met in zip(parts, files, strict=True):
        path = map_of(here, part)
        path.parent.mkdir(parents=True, exist_ok=True)
        names = {
            grain: [called(one, grain) if grain in open_grains else None for one in met] for grain in GRAINS
        }
        columns = [pa.array(one, pa.binary(16)) for one in (met, *names.values())]
        pq.write_table(pa.table(columns, schema=SCHEMA), path)
    return parts


@settings(deadline=None, max_examples=80)
@given(MET, st.lists(PSEUDONYM, unique=True, max_size=9), st.integers(1, 4), st.booleans())
def test_each_is_called_what_the_maps_say_or_nobody_is(
    here: Settings, files: list[list[bytes]], asked: list[bytes], rows: int, is_week_open: bool
) -> None:
    grains = GRAINS if is_week_open else GRAINS[1:]
    parts, met = mapped(here, files, grains), {one for each in files for one in each}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iesiz.restricted.called.AT_ONCE", rows)
        found = read_called(here, parts, pa.chunked_array([pa.array(asked, pa.binary())]), GRAINS)
    for grain in GRAINS:
        names = found[grain]
        if not asked or (set(asked) <= met and grain in grains):
            assert names is not None
            assert pseudonyms_of(names).to_pylist() == [called(one, grain) for one in asked]
        else:
            assert names is None


@given(st.lists(PSEUDONYM))
def test_pseudonyms_are_put_in_the_order_of_their_bytes(pseudonyms: list[bytes]) -> None:
    names = names_of(pa.array(pseudonyms, pa.binary()))
    assert [pseudonyms[at] for at in places_in_order(names)] == sorted(pseudonyms)


def test_without_a_map_nobody_is_called_anything(here: Settings) -> None:
    gone = [here.restricted / "requests/site=mall/day=2001-01-01/1.parquet"]
    nobody = pa.chunked_array([], pa.binary())
    assert read_called(here, gone, nobody, GRAINS) == {Grain.WEEK: None, Grain.MONTH: None}
    assert read_called(here, [], nobody, GRAINS) == {Grain.WEEK: None, Grain.MONTH: None}
