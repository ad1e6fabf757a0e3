"""A release plan says how tables hang together; one that does not fit, or is too large, is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iesiz.disclosure.plan import MOST_CELLS, plan_of, width_needed
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link, read_links
from iesiz.rule_settings import Thresholds
from iesiz.tables import TableSpec, load_tables

SPECS = {spec.name: spec for spec in load_tables()}
DEVICE = "daily_visits_by_device"


def linked(name: str, link: Link) -> list[TableSpec]:
    return [replace(spec, links=(link,)) if spec.name == name else spec for spec in SPECS.values()]


def test_the_package_has_a_plan() -> None:
    plan = plan_of(list(SPECS.values()), sites=3)
    tables = {(spec.name, other.name) for spec, _, other in plan.links()}
    assert (DEVICE, "daily_visitors_by_site") in tables
    assert ("daily_errors_by_page", "hourly_requests_by_status") in tables
    assert plan.worth(SPECS["daily_visitors_by_site"]) > plan.worth(SPECS[DEVICE])


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (Link("daily_visitors_by_moon", ("device",), sums={"visit_count": "visit_count"}), "no such table"),
        (Link("daily_visitors_by_site", ("hour",), sums={"visit_count": "visit_count"}), "not a dimension"),
        (Link("daily_visitors_by_site", ("site",), sums={"visit_count": "visit_count"}), "dimensions differ"),
        (
            Link("daily_visitors_by_site", ("device",), sums={"bounce_count": "visit_count"}),
            "no counted column",
        ),
        (Link("daily_visitors_by_site", ("device",), unions={"visit_count": "visit_count"}), "distinct"),
        (
            Link(
                "daily_registrations_by_region", ("device",), ("region",), sums={"visit_count": "visit_count"}
            ),
            "same contributors",
        ),
        (
            Link(
                "daily_visits_by_referrer",
                ("device",),
                ("referrer",),
                {"visit_count": "visit_count"},
                by_route=True,
            ),
            "by_route",
        ),
    ],
)
def test_a_link_that_does_not_fit_is_refused(link: Link, reason: str) -> None:
    if reason == "no counted column":
        link = replace(link, sums={"bounces": "visit_count"})
    with pytest.raises(PrivacyRefusal, match="no counted column|" + reason):
        plan_of(linked(DEVICE, link))


def test_values_that_do_not_match_are_refused() -> None:
    link = Link("hourly_requests_by_status", ("page",), ("hour",), sums={"error_count": "request_count"})
    specs = linked("daily_errors_by_page", link)
    plan_of(specs)
    place = next(n for n, spec in enumerate(specs) if spec.name == "daily_errors_by_page")
    columns = tuple(
        replace(one, values=("4xx", "6xx")) if one.name == "status_class" else one
        for one in specs[place].columns
    )
    specs[place] = replace(specs[place], columns=columns)
    with pytest.raises(PrivacyRefusal, match="status_class do not match"):
        plan_of(specs)


def test_a_plan_that_is_too_large_is_refused_and_names_the_table() -> None:
    hourly = SPECS["hourly_requests_by_status"]
    columns = tuple(
        replace(c, values=tuple(range(MOST_CELLS))) if c.name == "hour" else c for c in hourly.columns
    )
    specs = [replace(hourly, columns=columns), SPECS["daily_visitors_by_site"]]
    with pytest.raises(PrivacyRefusal, match="hourly_requests_by_status is the largest"):
        plan_of(specs)


def test_a_table_twice_is_refused() -> None:
    with pytest.raises(PrivacyRefusal, match="twice"):
        plan_of([SPECS["daily_visitors_by_site"]] * 2)


def test_widths_follow_the_unit_that_is_counted() -> None:
    thresholds, hourly = Thresholds(), SPECS["hourly_requests_by_status"]
    widths = [width_needed(hourly, name, thresholds) for name in hourly.counted]
    assert dict(zip(hourly.counted, widths, strict=True)) == {
        "visitor_count": 10,
        "request_count": 50,
        "response_bytes": 0,
    }
    assert width_needed(replace(hourly, sensitive=True), "visitor_count", thresholds) == 20


@pytest.mark.parametrize(
    "entry",
    [
        {"table": "a", "over": ["b"]},
        {"table": "a", "sums": {"b": "c"}},
        {"table": 1, "over": ["b"], "sums": {"b": "c"}},
        {"table": "a", "over": "b", "sums": {"b": "c"}},
        {"table": "a", "over": ["b"], "sums": {"b": 3}},
        {"table": "a", "over": ["b"], "sums": {"b": "c"}, "more": 1},
        {"table": "a", "over": ["b"], "sums": {"b": "c"}, "by_route": "yes"},
    ],
)
def test_a_link_that_lacks_a_fact_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(PrivacyRefusal, match="a link has"):
        read_links("daily_x_by_y", [entry])
