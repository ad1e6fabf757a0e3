"""Local day and hour are those of the zone database, over changes of a zone and of the clock."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.local_time import date_of, local_days, local_time

ZONES = ["Asia/Almaty", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC"]


def placed(seconds: list[int], zone: str) -> list[tuple[dt.date, int]]:
    times = local_time(np.array(seconds, np.int64), zone)
    return [(date_of(int(day)), int(hour)) for day, hour in zip(times.days, times.hours, strict=True)]


def expected(seconds: list[int], zone: str) -> list[tuple[dt.date, int]]:
    moments = [dt.datetime.fromtimestamp(second, ZoneInfo(zone)) for second in seconds]
    return [(moment.date(), moment.hour) for moment in moments]


def second_of(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


@given(st.lists(st.integers(0, 4_102_444_800), max_size=50), st.sampled_from(ZONES))
def test_places_agree_with_the_zone_database(seconds: list[int], zone: str) -> None:
    assert placed(seconds, zone) == expected(seconds, zone)


@pytest.mark.parametrize(
    ("moment", "zone", "day", "hour"),
    [
        ("2024-02-29T17:59:59+00:00", "Asia/Almaty", "2024-02-29", 23),  # the last second at UTC+6
        ("2024-02-29T18:00:00+00:00", "Asia/Almaty", "2024-02-29", 23),  # midnight became 23:00 again
        ("2024-02-29T18:59:59+00:00", "Asia/Almaty", "2024-02-29", 23),
        ("2024-02-29T19:00:00+00:00", "Asia/Almaty", "2024-03-01", 0),  # a day of 25 hours has ended
        ("2024-02-29T18:00:00+00:00", "Asia/Aqtau", "2024-02-29", 23),  # was at UTC+5 before
        ("2026-03-29T00:59:59+00:00", "Europe/Berlin", "2026-03-29", 1),  # before the clock goes forward
        ("2026-03-29T01:00:00+00:00", "Europe/Berlin", "2026-03-29", 3),
        ("2026-10-25T00:59:59+00:00", "Europe/Berlin", "2026-10-25", 2),  # 02:59 in summer time
        ("2026-10-25T01:00:00+00:00", "Europe/Berlin", "2026-10-25", 2),  # 02:00 once more
        ("2026-11-02T18:59:59+00:00", "Asia/Almaty", "2026-11-02", 23),
        ("2026-11-02T19:00:00+00:00", "Asia/Almaty", "2026-11-03", 0),
        ("1969-12-31T23:00:00+00:00", "UTC", "1969-12-31", 23),  # before the epoch, by an offset
    ],
)
def test_a_moment_has_its_local_day_and_hour(moment: str, zone: str, day: str, hour: int) -> None:
    assert placed([second_of(moment)], zone) == [(dt.date.fromisoformat(day), hour)]


def test_the_day_of_the_change_in_almaty_has_25_hours() -> None:
    hours = range(second_of("2024-02-28T18:00:00+00:00"), second_of("2024-02-29T19:00:00+00:00"), 3600)
    days = {day for day, _ in placed(list(hours), "Asia/Almaty")}
    assert (len(hours), days) == (25, {dt.date(2024, 2, 29)})


def test_every_zone_places_the_seconds_around_its_changes_of_this_century() -> None:
    # A change of the clock off the quarter of an hour would be missed.
    for zone in sorted(available_timezones()):
        around = [second for change in changes(zone) for second in (change - 1, change, change + 1)]
        assert placed(around, zone) == expected(around, zone), zone


def changes(zone: str) -> list[int]:
    """Seconds at which the zone's offset changes, 2000 to 2030, found by halving weeks in which it does."""
    clock, found = ZoneInfo(zone), []
    offsets = [(second, offset_at(second, clock)) for second in range(946_684_800, 1_893_456_000, 28 * 86400)]
    for (low, before), (high, after) in pairwise(offsets):
        if before != after:
            found.append(change_between(low, high, before, clock))
    return found


def offset_at(second: int, clock: ZoneInfo) -> dt.timedelta | None:
    return dt.datetime.fromtimestamp(second, clock).utcoffset()


def change_between(low: int, high: int, before: dt.timedelta | None, clock: ZoneInfo) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(middle, clock) == before else (low, middle)
    return high


def test_no_seconds_have_no_places() -> None:
    assert placed([], "Asia/Almaty") == []


@pytest.mark.parametrize("zone", ["Asia/Almaty", "America/New_York"])
def test_the_last_times_that_a_line_can_state_have_a_place(zone: str) -> None:
    # A line may say 31/Dec/9999 at an offset of 15 hours: it must not end the run.
    latest = second_of("9999-12-31T23:59:59+00:00") + 16 * 3600
    assert len(placed([latest, -16 * 3600], zone)) == 2


@pytest.mark.parametrize("zone", ["Asia/Almaty", "Europe/Berlin", "Africa/Casablanca", "Pacific/Apia", "UTC"])
def test_days_of_many_years_are_those_of_the_clock(zone: str) -> None:
    """Three hours and a second apart from 1990 on: over every change of the clock, and over a skipped day."""
    seconds = np.arange(631_152_000, 1_900_000_000, 3 * 3600 + 1, dtype=np.int64)
    assert (local_days(seconds, zone) == local_time(seconds, zone).days).all()
