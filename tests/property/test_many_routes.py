"""Routes that enough visitors share are found exactly, however many routes fall together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.aggregate.many_routes import common_routes
from iesiz.aggregate.route_kernel import count_changes

Row = tuple[str | None, int, bool]
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, "", "/a", "/b", "/long/route/of/its/own"]), st.integers(0, 5), st.booleans()
    )
)


def parts(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """Two parts with some row groups each."""
    paths = [folder / "a.parquet", folder / "b.parquet"]
    for path, own in zip(paths, (rows[::2], rows[1::2]), strict=True):
        table = {
            "route": pa.array([route for route, _, _ in own], pa.string()),
            "visitor": pa.array([number.to_bytes(16, "big") for _, number, _ in own], pa.binary()),
            "is_robot": pa.array([is_robot for *_, is_robot in own], pa.bool_()),
        }
        pq.write_table(pa.table(table), path, row_group_size=3)
    return paths


@settings(deadline=None, max_examples=60)
@given(ROWS, st.integers(1, 4), st.sampled_from([1, 2, 1 << 10]))
def test_what_is_found_is_what_counting_all_finds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], few: int, buckets: int
) -> None:
    paths = parts(tmp_path_factory.mktemp("day"), rows)
    people = {(route, visitor) for route, visitor, is_robot in rows if route is not None and not is_robot}
    wanted = {route for route, _ in people if sum(route == other for other, _ in people) >= few}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iesiz.aggregate.many_routes.BUCKETS", buckets)
        assert common_routes(paths, few, 1) == wanted


def test_one_visitor_who_asks_again_and_again_brings_no_route_to_the_second_pass() -> None:
    import numpy as np

    changes, last = np.zeros(2, np.uint8), np.zeros(2, np.uint64)
    routes, buckets = np.array([0] * 500 + [1] * 300, np.int32), np.array([0, 1], np.int32)
    visitors = np.array([0] * 500 + [0, 1] * 150, np.int32)
    count_changes(
        routes, buckets, visitors, np.array([7, 8], np.uint64), np.zeros(800, np.bool_), last, changes
    )
    assert changes.tolist() == [1, 255]
