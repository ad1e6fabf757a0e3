"""Contribution bounds: what one visitor may add, and that the draw hangs on the key alone."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from iesiz.aggregate import aggregate_day
from iesiz.bounds import Bounds
from iesiz.rule_settings import Thresholds
from iesiz.tables import load_tables
from tests.statistics.test_cases import DayInput, Row, day_of

SPECS = {spec.name: spec for spec in load_tables()}
FEW = Bounds(cells=2, request_hits=3, pageview_hits=2, visit_hits=1, bytes=150, seconds=600)


def cells_of(
    folder: Path, table: str, requests: Sequence[Row], key: bytes = bytes(32)
) -> list[dict[str, Any]]:
    given = day_of(folder, {"requests": requests})
    bounded = DayInput(
        given.day, given.sites, given.parts, None, sampling_key=key, threshold_key=key, bounds=FEW
    )
    thresholds = Thresholds.model_construct(k=1, k_sensitive=1, spread=1)
    (cells,) = aggregate_day(bounded, [SPECS[table]], thresholds, 2)
    return [row for row in cells.table.to_pylist() if row["visitor_count"]]


def drawn(visitor: str, pages: Sequence[str], key: bytes) -> set[str]:
    """The two pages of smallest draws: the visitor's half times the page's modulo 2^32 - 5."""

    def half(text: str) -> int:
        return int(hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:8], 16)

    return set(sorted(pages, key=lambda page: half(visitor) * half(f"mall|{page}") % (2**32 - 5))[:2])


def test_of_many_pages_a_visitor_keeps_those_that_the_key_draws(tmp_path: Path) -> None:
    pages = [f"/p{number}" for number in range(8)]
    kept: list[set[str]] = []
    for number, key in enumerate((bytes(range(32)), bytes(range(32, 64)))):
        requests = [
            {"at": "09:00:00", "visitor": visitor, "route": page}
            for page in pages
            for visitor in ("a", "b", "c")
        ]
        cells = cells_of(tmp_path / str(number), "daily_pageviews_by_page", requests, key)
        by_visitor = [drawn(visitor, pages, key) for visitor in ("a", "b", "c")]
        expected = {page: sum(page in chosen for chosen in by_visitor) for page in pages}
        assert {row["page"]: row["visitor_count"] for row in cells} == {
            p: n for p, n in expected.items() if n
        }
        kept.append(set.union(*by_visitor))
    assert kept[0] != kept[1]


def test_hits_in_a_cell_and_bytes_of_a_request_are_clipped(tmp_path: Path) -> None:
    requests = [{"at": f"09:00:{second:02}", "visitor": "a", "bytes": 100 * second} for second in range(5)]
    (cell,) = cells_of(tmp_path, "hourly_requests_by_status", requests)
    # Three of five requests, the first ones; of 0, 100 and 200 bytes, and no request counts over 150.
    assert (cell["request_count"], cell["response_bytes"]) == (3, 250)
    assert (cell["response_bytes_first"], cell["response_bytes_second"]) == (250, 0)


def test_visits_of_one_referrer_and_their_seconds_are_clipped(tmp_path: Path) -> None:
    requests = [
        {"at": "09:00:00", "visitor": "a"},
        {"at": "09:20:00", "visitor": "a"},
        {"at": "12:00:00", "visitor": "a"},
        {"at": "15:00:00", "visitor": "a", "referrer": "search"},
    ]
    (cell,) = cells_of(tmp_path, "daily_visitors_by_site", requests)
    assert (cell["visitor_count"], cell["visit_count"], cell["duration_seconds"]) == (1, 2, 600)


def test_tables_that_share_a_relation_agree_whatever_is_left_out(tmp_path: Path) -> None:
    requests = [
        {"at": f"{hour:02}:00:00", "visitor": f"v{visitor}", "route": f"/p{page}", "status_code": status}
        for hour in (9, 12)
        for visitor in range(4)
        for page in range(5)
        for status in (200, 404)
    ]
    pages = cells_of(tmp_path / "a", "daily_pageviews_by_page", requests)
    sites = cells_of(tmp_path / "b", "daily_visitors_by_site", requests)
    assert (
        sum(row["pageview_count"] for row in pages)
        == sum(row["pageview_count"] for row in sites)
        == 4 * 2 * 2
    )
    hours = cells_of(tmp_path / "c", "hourly_requests_by_status", requests)
    errors = cells_of(tmp_path / "d", "daily_errors_by_page", requests)
    failed = sum(row["request_count"] for row in hours if row["status_class"] == "4xx")
    assert sum(row["error_count"] for row in errors) == failed > 0
