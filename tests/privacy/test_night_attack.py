"""A whole night against an attacker with a solver: the threshold alone fails, joint protection does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iesiz.disclosure import night
from iesiz.disclosure.night import Night, protect_night
from iesiz.disclosure.night_attack import CellInterval, attack
from iesiz.disclosure.night_judge import NightVerdict, audit_night, judge_night
from iesiz.disclosure.night_rules import Rules
from iesiz.disclosure.plan import Plan, StepRoute, plan_of
from iesiz.disclosure.protect import Protected
from iesiz.disclosure.task import Task
from iesiz.errors import PrivacyRefusal
from iesiz.rule_settings import Thresholds
from iesiz.settings import load_settings
from iesiz.tables import Cells
from tests.privacy.exact_night import SPECS, cells_of, exact_nights, plan_with, threshold_only

DAYS = (dt.date(2026, 11, 1), dt.date(2026, 11, 2))
KEY, THRESHOLDS = bytes(range(32)), Thresholds()
SITE, DEVICE, FUNNEL = "daily_visitors_by_site", "daily_visits_by_device", "daily_funnel_to_registration"
REFERRER, HOURLY, PAGES = "daily_visits_by_referrer", "hourly_requests_by_status", "daily_pageviews_by_page"


@pytest.fixture(scope="module")
def nights(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Cells, ...]]:
    return exact_nights(sample, tmp_path_factory.mktemp("store"), DAYS)


@pytest.fixture(scope="module")
def plan(sample: Path) -> Plan:
    return plan_with(load_settings(sample / "iesiz.toml"))


def rules(plan: Plan, day: dt.date = DAYS[0]) -> Rules:
    return Rules(KEY, day.isoformat(), THRESHOLDS, plan)


def protected(exact: tuple[Cells, ...] | list[Cells], asked: Rules) -> Night:
    return protect_night(exact, asked.key, asked.period, asked.thresholds, asked.plan)


def audited(exact: tuple[Cells, ...] | list[Cells], asked: Rules) -> NightVerdict:
    return audit_night(protected(exact, asked).cells, exact, asked)


def status(made: Night, table: str, *key: object) -> str:
    cells = next(one for one in made.cells if one.spec.name == table)
    names = cells.spec.dimensions
    return next(r["status"] for r in cells.table.to_pylist() if tuple(r[name] for name in names) == key)


def by_device(**visitors: int) -> list[Cells]:
    """A site's table and its devices; every visitor has one visit."""
    devices = [
        {"site": "mall", "device": name, "visitor_count": count, "visit_count": count}
        for name, count in {"mobile": 0, "desktop": 0, "tablet": 0, "other": 0, **visitors}.items()
    ]
    total = sum(visitors.values())
    whole = {"site": "mall", "visitor_count": total, "visit_count": total, "pageview_count": total}
    return [cells_of(SPECS[SITE], [whole]), cells_of(SPECS[DEVICE], devices)]


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_of_a_night_is_recovered(nights: list[tuple[Cells, ...]], plan: Plan, number: int) -> None:
    asked = rules(plan, DAYS[number])
    made = protected(nights[number], asked)
    verdict = audit_night(made.cells, nights[number], asked)
    assert verdict.findings == ()
    assert verdict.narrowest >= THRESHOLDS.k
    assert verdict.insiders > 0
    assert not made.coarser
    assert made.secondary <= 0.05 * sum(len(cells.table) for cells in made.cells)


def test_control_the_threshold_alone_gives_devices_and_drop_outs_away(
    nights: list[tuple[Cells, ...]], plan: Plan
) -> None:
    exact = nights[0]
    weak = [threshold_only(cells) for cells in exact]
    seen = attack(weak, plan, THRESHOLDS)
    found = {(one.table, one.key, one.measure): one for one in seen if one.width == 0}
    truth = next(cells for cells in exact if cells.spec.name == DEVICE).table.to_pylist()
    small = [row for row in truth if 0 < row["visitor_count"] < THRESHOLDS.k]
    assert small
    for row in small:
        one = found[DEVICE, (row["site"], row["device"]), "visitor_count"]
        assert (one.lo, one.solved) == (row["visitor_count"], True)
    assert found[FUNNEL, ("club", "confirm > done"), "visitor_count"].lo < THRESHOLDS.k
    verdict = judge_night(seen, weak, exact, rules(plan))
    reasons = {(one.table, one.reason) for one in verdict.findings}
    assert (DEVICE, "it follows from what is published") in reasons
    assert (FUNNEL, "it follows from what is published") in reasons


def test_the_same_night_gives_the_same_tables(nights: list[tuple[Cells, ...]], plan: Plan) -> None:
    first, second = (protected(nights[0], rules(plan)) for _ in range(2))
    assert all(one.table.equals(two.table) for one, two in zip(first.cells, second.cells, strict=True))
    shuffled = [replace(c, table=c.table.take(list(range(len(c.table)))[::-1])) for c in nights[0][::-1]]
    third = {cells.spec.name: cells.table for cells in protected(shuffled, rules(plan)).cells}
    for cells in first.cells:
        order = [(name, "ascending") for name in cells.spec.dimensions]
        assert third[cells.spec.name].sort_by(order).equals(cells.table.sort_by(order))


def test_rule_columns_are_never_published(nights: list[tuple[Cells, ...]], plan: Plan) -> None:
    for cells in protected(nights[0], rules(plan)).cells:
        published = [column.name for column in cells.spec.published]
        assert cells.table.column_names == [*published, "status"]


def test_without_one_visitor_every_number_is_hidden_as_well() -> None:
    """The neighbour of a night: the 13th desktop visitor stays away, and a sum no longer gives the 4 away."""
    asked = rules(plan_of(list(SPECS.values())))
    for desktop in (13, 12, 11, 10, 9):
        exact = by_device(mobile=100, desktop=desktop, tablet=40, other=4)
        made = protected(exact, asked)
        assert status(made, DEVICE, "mall", "other") == "suppressed"
        assert audit_night(made.cells, exact, asked).findings == ()


def test_people_who_drop_out_are_protected() -> None:
    spec, asked = SPECS[FUNNEL], rules(plan_of(list(SPECS.values())))
    reached = {"landing": 90, "form": 60, "details": 57, "confirm": 30, "done": 30}
    rows = [
        {"site": "club", "step": step, "visitor_count": n, "pageview_count": n} for step, n in reached.items()
    ]
    exact = [cells_of(spec, rows)]
    weak = [threshold_only(cells) for cells in exact]
    verdict = judge_night(attack(weak, asked.plan, THRESHOLDS), weak, exact, asked)
    assert {one.key for one in verdict.findings} == {("club", "form > details")}
    made = protected(exact, asked)
    assert audit_night(made.cells, exact, asked).findings == ()
    assert "suppressed" in {status(made, FUNNEL, "club", step) for step in ("form", "details")}
    assert status(made, FUNNEL, "club", "landing") == "published"


def test_a_step_is_not_given_away_by_its_page() -> None:
    way = [StepRoute("club", "landing", "/join"), StepRoute("club", "form", "/register")]
    steps = [("landing", 40), ("form", 5), ("details", 0), ("confirm", 0), ("done", 0)]
    funnel = [{"site": "club", "step": s, "visitor_count": n, "pageview_count": n} for s, n in steps]
    pages = [("/join", 40), ("/register", 60), ("other", 100)]
    viewed = [{"site": "club", "page": p, "visitor_count": n, "pageview_count": n} for p, n in pages]
    exact = [cells_of(SPECS[FUNNEL], funnel), cells_of(SPECS[PAGES], viewed)]
    hidden = {**funnel[0], "visitor_count": None, "pageview_count": None}
    with_landing = [replace(exact[0], table=pa.Table.from_pylist([hidden, *funnel[1:]])), exact[1]]
    for steps_known, width in ((way, 0.0), ([], float("inf"))):
        asked = rules(plan_of(list(SPECS.values()), steps=steps_known))
        seen = attack(with_landing, asked.plan, THRESHOLDS)
        assert next(one.width for one in seen if one.key == ("club", "landing")) == width
    assert audited(exact, rules(plan_of(list(SPECS.values()), steps=way))).findings == ()


def test_one_contributor_of_two_does_not_find_the_other() -> None:
    asked = rules(plan_of(list(SPECS.values())))
    exact = by_device(mobile=100, desktop=60, tablet=1, other=1)
    made = protected(exact, asked)
    verdict = audit_night(made.cells, exact, asked)
    assert (verdict.findings, verdict.insiders) == ((), 2)


def bytes_of(first: int, second: int, total: int, networks: int = 50, visitors: int = 50) -> list[Cells]:
    row = {
        "site": "mall",
        "hour": 10,
        "status_class": "2xx",
        "visitor_count": visitors,
        "request_count": visitors,
        "response_bytes": total,
        "response_bytes_first": first,
        "response_bytes_second": second,
        "network_count": networks,
    }
    return [cells_of(SPECS[HOURLY], [row])]


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        (bytes_of(1_000_000, 400_000, 1_600_000), "published"),
        (bytes_of(1_000_000, 400_000, 1_500_000), "suppressed"),  # 100,000 is less than 15 % of the first
        (bytes_of(5_000, 5_000, 250_000, networks=3), "published"),
        (bytes_of(5_000, 5_000, 250_000, networks=2), "suppressed"),
        (bytes_of(5_000, 5_000, 250_000, visitors=14), "published"),
        (bytes_of(5_000, 5_000, 250_000, visitors=9), "suppressed"),
        (bytes_of(0, 0, 0, visitors=0), "suppressed"),
    ],
)
def test_all_measures_of_a_cell_go_together(exact: list[Cells], expected: str) -> None:
    asked = rules(plan_of(list(SPECS.values())))
    made = protected(exact, asked)
    assert status(made, HOURLY, "mall", 10, "2xx") == expected
    row = made.cells[0].table.to_pylist()[0]
    shown = {row[name] is not None for name in ("visitor_count", "request_count", "response_bytes")}
    assert shown == {expected == "published"}
    assert audit_night(made.cells, exact, asked).findings == ()


def test_seconds_that_one_visitor_dominates_are_withheld() -> None:
    asked = rules(plan_of(list(SPECS.values())))
    row = {"site": "mall", "visitor_count": 90, "visit_count": 90, "duration_seconds": 1000}
    for first, expected in ((400, "published"), (890, "suppressed")):
        largest = {"duration_seconds_first": first, "duration_seconds_second": 90}
        made = protected([cells_of(SPECS[SITE], [{**row, **largest}])], asked)
        assert status(made, SITE, "mall") == expected


def test_sensitive_tables_ask_for_more_and_hide_whole_groups() -> None:
    specs = {**SPECS, DEVICE: replace(SPECS[DEVICE], sensitive=True)}
    asked = rules(plan_of(list(specs.values())))
    exact = [
        replace(c, spec=specs[c.spec.name]) for c in by_device(mobile=60, desktop=19, tablet=40, other=60)
    ]
    made = protected(exact, asked)
    assert status(made, DEVICE, "mall", "desktop") == "suppressed"
    assert audit_night(made.cells, exact, asked).findings == ()
    alone = [replace(c, spec=specs[c.spec.name]) for c in by_device(mobile=60, other=1)]
    assert status(protected(alone, asked), DEVICE, "mall", "mobile") == "suppressed"


def test_the_threshold_has_a_part_that_nobody_knows() -> None:
    asked = rules(plan_of(list(SPECS.values())))
    spec = SPECS[HOURLY]
    limits = [asked.threshold(spec, ("mall", hour, "2xx")) for hour in range(24)]
    assert set(limits) == {10, 11, 12, 13, 14}
    other = replace(asked, key=bytes(32))
    assert limits != [other.threshold(spec, ("mall", hour, "2xx")) for hour in range(24)]
    with pytest.raises(PrivacyRefusal, match="32 bytes"):
        replace(asked, key=b"short")


def test_counts_that_contradict_the_plan_are_refused() -> None:
    exact = by_device(mobile=100, desktop=60)
    row = {"site": "mall", "visitor_count": 150, "visit_count": 160, "pageview_count": 160}
    with pytest.raises(PrivacyRefusal, match=f"{DEVICE} and {SITE}"):
        protected([cells_of(SPECS[SITE], [row]), exact[1]], rules(plan_of(list(SPECS.values()))))


@pytest.mark.parametrize("value", [-1, None])
def test_a_negative_or_missing_count_is_refused(value: int | None) -> None:
    row = {"site": "mall", "device": "mobile", "visitor_count": value, "visit_count": 5}
    with pytest.raises(PrivacyRefusal, match="negative or missing"):
        protected([cells_of(SPECS[DEVICE], [row])], rules(plan_of(list(SPECS.values()))))


def test_a_table_outside_the_plan_is_refused() -> None:
    with pytest.raises(PrivacyRefusal, match="not in the release plan"):
        protected(by_device(mobile=100), rules(plan_of([SPECS[SITE]])))


def test_the_judge_finds_what_was_not_attacked_or_is_false() -> None:
    asked = rules(plan_of(list(SPECS.values())))
    exact = by_device(mobile=100, desktop=60, tablet=40, other=4)
    made = protected(exact, asked)
    seen = attack(made.cells, asked.plan, THRESHOLDS)
    assert judge_night(seen, made.cells, exact, asked).findings == ()
    left = judge_night(seen[1:], made.cells, exact, asked)
    assert [one.reason for one in left.findings] == ["nobody attacked it"]
    wrong: list[CellInterval] = [replace(seen[0], lo=seen[0].hi + 1, hi=seen[0].hi + 50), *seen[1:]]
    assert "misses the value" in judge_night(wrong, made.cells, exact, asked).findings[0].reason
    false = by_device(mobile=100, desktop=60, tablet=40, other=4)
    false[0] = cells_of(SPECS[SITE], [{"site": "mall", "visitor_count": 205, "visit_count": 205}])
    reasons = {one.reason for one in judge_night(seen, [false[0], made.cells[1]], exact, asked).findings}
    assert "it is not what was counted" in reasons


counts = st.integers(0, 40)


@settings(max_examples=40, deadline=None)
@given(st.tuples(counts, counts, counts, counts), st.lists(counts, min_size=6, max_size=6), counts)
def test_random_nights_hold(devices: tuple[int, int, int, int], split: list[int], more: int) -> None:
    """Visits by device and by referrer of one site, with as many visits as it takes for both to add up."""
    exact = by_device(**dict(zip(("mobile", "desktop", "tablet", "other"), devices, strict=True)))
    people, visits = sum(devices), max(sum(devices), sum(split)) + more
    row = {"site": "mall", "visitor_count": people, "visit_count": visits if people else 0}
    device_rows = exact[1].table.to_pylist()
    largest = max(device_rows, key=lambda one: one["visitor_count"])
    largest["visit_count"] += row["visit_count"] - people
    names = ("none", "search", "social", "own_network", "campaign", "other_site")
    came = [min(part, people) for part in split]
    came[0] = max(came[0], people - sum(came[1:]))
    linked = [
        {"site": "mall", "referrer": name, "visitor_count": n, "visit_count": n}
        for name, n in zip(names, came, strict=True)
    ]
    linked[0]["visit_count"] += row["visit_count"] - sum(came)
    assume(linked[0]["visit_count"] >= linked[0]["visitor_count"] and (came[0] or not people))
    tables = [
        cells_of(SPECS[SITE], [row]),
        cells_of(SPECS[DEVICE], device_rows),
        cells_of(SPECS[REFERRER], linked),
    ]
    assert audited(tables, rules(plan_of(list(SPECS.values())))).findings == ()


def test_where_nothing_finer_is_safe_a_table_is_withheld_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns that spare a device are refused here, as at the cap; the night then says what it gave up."""
    asked, real = rules(plan_of(list(SPECS.values()))), night.protect

    def stubborn(task: Task, *others: Any) -> Protected:
        if task.sensitive.sum() < 4:
            raise PrivacyRefusal("no safe pattern")
        return real(task, *others)

    monkeypatch.setattr(night, "protect", stubborn)
    exact = by_device(mobile=100, desktop=60, tablet=40, other=4)
    made = protected(exact, asked)
    assert made.coarser == (DEVICE,)
    assert {row["status"] for row in made.cells[1].table.to_pylist()} == {"suppressed"}
    assert audit_night(made.cells, exact, asked).findings == ()
    monkeypatch.setattr(night, "protect", lambda *_: (_ for _ in ()).throw(PrivacyRefusal("never")))
    whole = protected(exact, asked)
    assert len(whole.coarser) == 2
    assert {row["status"] for cells in whole.cells for row in cells.table.to_pylist()} == {"suppressed"}
    assert audit_night(whole.cells, exact, asked).findings == ()
