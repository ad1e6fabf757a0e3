"""Labels are admitted from earlier days, by own routes, or on a site's first days from the day itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from iesiz.aggregate.labels import admitted_labels, common_labels
from iesiz.rule_settings import Thresholds
from iesiz.site_settings import Site
from iesiz.tables import load_tables

(PAGES,) = (spec for spec in load_tables() if spec.name == "daily_pageviews_by_page")
MALL, CLUB = (
    Site(name="mall", hosts=["mall.example"], routes=["/own"]),
    Site(name="club", hosts=["c.example"]),
)
FIRST = dt.date(2026, 11, 1)
A, B, C = ("mall", "/a"), ("mall", "/b"), ("mall", "/c")


def history(*days: set[tuple[str, str]]) -> dict[dt.date, dict[str, set[tuple[str, str]]]]:
    return {FIRST + dt.timedelta(days=step): {PAGES.name: labels} for step, labels in enumerate(days)}


def test_two_earlier_days_admit_a_label_and_the_day_itself_does_not() -> None:
    earlier = history({A, B}, {A}, {A, C})
    assert admitted_labels(PAGES, [MALL], earlier, {B, ("mall", "/new")}) == [A, ("mall", "/own")]


def test_on_a_sites_first_days_the_day_itself_admits() -> None:
    assert admitted_labels(PAGES, [MALL], {}, {B}) == [B, ("mall", "/own")]
    assert admitted_labels(PAGES, [MALL], history({A}), {B}) == [B, ("mall", "/own")]


def test_each_site_has_first_days_of_its_own() -> None:
    found = admitted_labels(PAGES, [MALL, CLUB], history({A}, {A}), {B, ("club", "/join")})
    assert found == [("club", "/join"), A, ("mall", "/own")]


def test_labels_of_another_table_admit_nothing() -> None:
    other = {day: {"daily_errors_by_page": {A}} for day in history({A}, {A})}
    assert admitted_labels(PAGES, [MALL], other, set()) == [("mall", "/own")]


def test_a_label_is_common_from_k_and_a_secret_part_that_hangs_on_key_label_and_day() -> None:
    candidates = [
        {"site": "mall", "label": f"/p{number}", "contributor_count": count}
        for number in range(40)
        for count in (9, 10, 14)
    ]

    def counts(key: bytes, day: dt.date = FIRST) -> list[tuple[int, int]]:
        return [
            (count, len(common_labels(PAGES, [one], Thresholds(), key, day)))
            for count in (9, 10, 14)
            for one in candidates
            if one["contributor_count"] == count
        ]

    found = counts(bytes(32))
    assert {shown for count, shown in found if count == 9} == {0}
    assert {shown for count, shown in found if count == 14} == {1}
    assert {shown for count, shown in found if count == 10} == {0, 1}
    assert counts(bytes(32)) == found
    assert counts(b"k" * 32) != found
    assert counts(bytes(32), FIRST + dt.timedelta(days=1)) != found


def test_a_sensitive_table_asks_for_more_and_other_is_no_label() -> None:
    strict = replace(PAGES, sensitive=True)
    rows = [{"site": "mall", "label": "/a", "contributor_count": 19}]
    rows += [{"site": "mall", "label": "other", "contributor_count": 99}]
    assert common_labels(strict, rows, Thresholds(), bytes(32), FIRST) == set()
    assert common_labels(PAGES, rows, Thresholds(), bytes(32), FIRST) == {A}
