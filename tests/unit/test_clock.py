"""The compiled reading of a line's time is that of the standard library, and refuses what that refuses."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iesiz.parse import format_named, parse_block
from tests.unit.small_world import block_of

COMMON = format_named("common")
FORM = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", re.ASCII)
LAST_OFFSET = dt.timedelta(hours=16)


def read(times: list[str]) -> list[tuple[int, int] | None]:
    """Seconds and offset of each line's time as the parser reads them; None for a rejected time."""
    lines = [f'192.0.2.1 - - [{time}] "GET / HTTP/1.1" 200 5\n' for time in times]
    chunk = parse_block(block_of("".join(lines).encode("latin-1")), COMMON)
    assert {reason for _, reason in chunk.rejected_lines} <= {"time"}
    found: list[tuple[int, int] | None] = [None] * len(times)
    for row, line in enumerate(chunk.line_number.tolist()):
        found[line] = (int(chunk.seconds[row]), int(chunk.offsets[row]))
    return found


def expected(time: str) -> tuple[int, int] | None:
    """The same by the standard library, which takes more spellings than a server writes."""
    if not FORM.fullmatch(time):
        return None
    leap = 1 if time[17:21] == ":60 " else 0  # the standard library knows no leap second
    time = time.replace(":60 ", ":59 ") if leap else time
    try:
        moment = dt.datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    offset = moment.utcoffset() or dt.timedelta(0)
    if moment.year < 1970 or abs(offset) >= LAST_OFFSET:
        return None
    wall = moment.replace(tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return round((wall - offset).total_seconds()) + leap, round(offset.total_seconds())


# Moments have no zone: a line's clock and its offset are drawn apart.
MOMENTS = st.datetimes().filter(lambda moment: moment.year >= 1970)
OFFSETS = st.tuples(st.sampled_from("+-"), st.integers(0, 15), st.integers(0, 59))
TIMES = st.builds(
    lambda moment, offset: (
        f"{moment:%d/%b}/{moment.year:04}:{moment:%H:%M:%S} {offset[0]}{offset[1]:02}{offset[2]:02}"
    ),
    MOMENTS,
    OFFSETS,
)


def mutate(time: str, place: int, letter: str) -> str:
    return time[:place] + letter + time[place + 1 :]


NEARLY_TIMES = st.builds(
    mutate, TIMES, st.integers(0, 25), st.sampled_from("0123456789/:+- JFMASONDabcelnprtuvy")
)


@given(st.lists(st.one_of(TIMES, NEARLY_TIMES), max_size=40))
@example(["29/Feb/2000:00:00:00 +0000", "29/Feb/2100:00:00:00 +0000", "29/Feb/2024:23:59:59 -0330"])
@example(["31/Apr/2026:00:00:00 +0500", "00/Jan/2026:00:00:00 +0500", "01/Jan/1969:00:00:00 +0000"])
@settings(max_examples=200, deadline=None)  # the first call compiles
def test_a_time_is_read_as_the_standard_library_reads_it(times: list[str]) -> None:
    assert read(times) == [expected(time) for time in times]


def test_a_leap_second_is_the_second_that_follows() -> None:
    # datetime knows no second 60, clocks that smear or step write it all the same.
    assert read(["31/Dec/2016:23:59:60 +0000"]) == read(["01/Jan/2017:00:00:00 +0000"])


def test_the_day_of_the_zone_change_holds_two_offsets() -> None:
    # Almaty on 2024-03-01: 00:00 +0600 became 23:00 +0500 of the day before.
    before, after = read(["29/Feb/2024:23:59:59 +0600", "29/Feb/2024:23:00:00 +0500"])
    assert before is not None
    assert after is not None
    assert (after[0] - before[0], before[1], after[1]) == (1, 21600, 18000)


@pytest.mark.parametrize(
    "time",
    [
        "3/Nov/2026:09:00:00 +0500",  # a day of one digit
        "03/nov/2026:09:00:00 +0500",  # a month in small letters
        "03/Nov/2026:09:00:00 +05:00",  # an offset of ISO 8601
        "03/Nov/2026:09:00:00 Z",
        "03/Nov/2026:24:00:00 +0500",
        "03/Nov/2026:09:60:00 +0500",
        "03/Nov/2026:09:00:61 +0500",
        "03/Nov/2026:09:00:00 +1600",
        "03/Nov/2026:09:00:00 +0560",
        "03/Ноя/26:09:00:00 +0500",  # a month in Russian
        "",
    ],
)
def test_another_spelling_is_rejected(time: str) -> None:
    line = f'192.0.2.1 - - [{time}] "GET / HTTP/1.1" 200 5\n'.encode()
    assert parse_block(block_of(line), COMMON).counts.rejected == {"time": 1}
