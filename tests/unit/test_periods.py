"""Periods: where they start and end, and what they are called."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.errors import SettingsError
from iesiz.periods import Grain, Period

DAYS = st.dates(dt.date(1999, 1, 1), dt.date(2199, 12, 31))


@pytest.mark.parametrize(
    ("name", "start", "last"),
    [
        ("2026-11-01", "2026-11-01", "2026-11-01"),
        ("2026-W47", "2026-11-16", "2026-11-22"),
        ("2026-W01", "2025-12-29", "2026-01-04"),  # an ISO week belongs to the year of its Thursday
        ("2020-W53", "2020-12-28", "2021-01-03"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
    ],
)
def test_a_period_starts_and_ends(name: str, start: str, last: str) -> None:
    period = Period.named(name)
    assert (str(period), str(period.start), str(period.last)) == (name, start, last)


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-W54", "2026-W00", "2026-13", "2026-Q0", "2026-02-30", "٢٠٢٦-W01"],
)
def test_what_names_no_period_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="A period is written"):
        Period.named(name)


def test_a_period_starts_on_its_first_day_only() -> None:
    with pytest.raises(ValueError, match="no week starts"):
        Period(Grain.WEEK, dt.date(2026, 11, 17))


@given(DAYS, st.sampled_from(list(Grain)))
def test_every_day_is_in_one_period_and_periods_follow_each_other(day: dt.date, grain: Grain) -> None:
    period = Period.of(grain, day)
    assert day in period
    assert Period.named(period.name) == period
    assert period.days[0] == period.start
    assert period.days[-1] == period.last
    assert Period.of(grain, period.last) == period
    assert Period.of(grain, period.end).start == period.end
    assert period.end not in period
