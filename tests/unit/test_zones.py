"""Times that name no zone are times of the clock that wrote them, whatever the order of the lines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.zones import in_zone, offsets_of
from iesiz.parse import FORMATS, format_named, parse_block
from iesiz.pipeline import deidentify_file
from iesiz.records import PADDING, Block, ParsedChunk
from iesiz.sources import find_files
from tests.nights import network, site

HAPROXY = '192.0.2.1:5000 [{}] fe be/s1 1/0/1/2/4 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'
APACHE = '%h %l %u %{%Y-%m-%d %T}t "%r" %>s %b'


def chunk_of(lines: list[str], form: str = "haproxy") -> ParsedChunk:
    text = "".join(f"{one}\n" for one in lines).encode()
    named = FORMATS.get(form) or format_named(form)
    return parse_block(Block(bytearray(text + bytes(PADDING)), len(text), 1), named)


def written(*clocks: str) -> ParsedChunk:
    return chunk_of([HAPROXY.format(clock) for clock in clocks])


def moments(chunk: ParsedChunk) -> list[str]:
    return [
        dt.datetime.fromtimestamp(second, dt.UTC).strftime("%d %H:%M:%S") for second in chunk.seconds.tolist()
    ]


@pytest.mark.parametrize(
    ("clock", "moment"),
    [
        ("29/Feb/2024:22:59:59.999", "29 16:59:59"),  # UTC+6
        ("29/Feb/2024:23:00:00.000", "29 17:00:00"),  # shown twice: the earlier one, at UTC+6
        ("29/Feb/2024:23:59:59.000", "29 17:59:59"),
        ("01/Mar/2024:00:00:00.000", "29 19:00:00"),  # UTC+5: midnight came an hour late
        ("01/Mar/2024:00:00:01.000", "29 19:00:01"),
    ],
)
def test_almaty_turned_its_clocks_back_at_midnight(clock: str, moment: str) -> None:
    assert moments(in_zone(written(clock), "Asia/Almaty")) == [moment]


@pytest.mark.parametrize(
    ("clock", "moment"),
    [
        ("29/Mar/2026:01:59:59.000", "29 00:59:59"),
        ("29/Mar/2026:02:30:00.000", "29 01:30:00"),  # passed over: with the offset before, 03:30 in fact
        ("29/Mar/2026:03:00:00.000", "29 01:00:00"),
    ],
)
def test_a_time_that_the_clock_passed_over_lies_behind_the_change(clock: str, moment: str) -> None:
    assert moments(in_zone(written(clock), "Europe/Berlin")) == [moment]


def test_the_order_of_lines_decides_nothing() -> None:
    clocks = [f"29/Feb/2024:{hour}:{minute}:00.000" for hour in (22, 23) for minute in (10, 50)]
    twice = [*clocks, "01/Mar/2024:00:10:00.000", *clocks]
    ordered, turned = (in_zone(written(*one), "Asia/Almaty") for one in (twice, twice[::-1]))
    assert ordered.seconds.tolist() == turned.seconds.tolist()[::-1]


@given(
    st.integers(0, 4_000_000_000), st.sampled_from(["Asia/Almaty", "Europe/Berlin", "Asia/Kathmandu", "UTC"])
)
def test_the_zone_database_agrees(second: int, zone: str) -> None:
    local = dt.datetime.fromtimestamp(second, dt.UTC).replace(tzinfo=ZoneInfo(zone))
    offset = local.utcoffset()
    assert offset is not None
    assert offsets_of(np.array([second]), zone).tolist() == [offset.total_seconds()]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("combined", '192.0.2.1 - - [01/Mar/2024:00:00:00 +0300] "GET / HTTP/1.1" 200 5 "-" "-"'),
        ("haproxy", HAPROXY.format("2024-03-01T00:00:00+03:00")),
        ("haproxy", HAPROXY.format("2024-02-29T21:00:00Z")),
        (
            "nginx_json",
            '{"client": "192.0.2.1", "msec": "1709240400.000", "request": "GET / HTTP/1.1", "status": 200}',
        ),
        ('%h %{%Y-%m-%d %T %z}t "%r" %>s', '192.0.2.1 2024-03-01 00:00:00 +0300 "GET / HTTP/1.1" 200'),
    ],
)
def test_a_time_that_names_its_zone_is_taken_by_its_word(form: str, line: str) -> None:
    chunk = in_zone(chunk_of([line], form), "Asia/Almaty")
    assert chunk.counts.recognised == 1
    assert moments(chunk) == ["29 21:00:00"]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (APACHE, '192.0.2.1 - - 2024-03-01 00:00:00 "GET / HTTP/1.1" 200 5'),
        (
            "nginx_json",
            '{"client": "192.0.2.1", "time": "2024-03-01T00:00:00", "request": "GET /", "status": 200}',
        ),
        (
            "w3c",
            "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
            "2024-03-01 00:00:00 192.0.2.1 GET / 200",
        ),
    ],
)
def test_other_formats_may_lack_a_zone_too(form: str, line: str) -> None:
    chunk = chunk_of([line], form)
    assert (moments(chunk), chunk.offsets.tolist()) == (["01 00:00:00"], [0])
    placed = in_zone(chunk, "Asia/Almaty")
    assert (moments(placed), placed.offsets.tolist()) == (["29 19:00:00"], [18000])


def test_lines_with_and_without_a_zone_stand_side_by_side() -> None:
    chunk = in_zone(written("01/Mar/2024:00:00:00.000", "2024-03-01T00:00:00Z"), "Asia/Almaty")
    assert moments(chunk) == ["29 19:00:00", "01 00:00:00"]


W3C = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2025-03-03 20:30:00 192.0.2.1 GET / 200\n"


@pytest.mark.parametrize(
    ("form", "text", "more", "days"),
    [
        (
            "haproxy",
            HAPROXY.format("03/Mar/2025:20:30:00.000") + "\n",
            "",
            {"2025-03-03": 1},
        ),  # the site's zone
        ("haproxy", HAPROXY.format("03/Mar/2025:20:30:00.000") + "\n", 'zone = "UTC"\n', {"2025-03-04": 1}),
        ("w3c", W3C, "", {"2025-03-04": 1}),  # UTC by definition
        ("w3c", W3C, 'zone = "Asia/Almaty"\n', {"2025-03-03": 1}),  # unless the operator knows better
    ],
)
def test_a_log_has_its_own_zone_or_its_formats_or_its_sites(
    tmp_path: Path, form: str, text: str, more: str, days: dict[str, int]
) -> None:
    net = network(tmp_path, site("mall", "web", form=form) + more)
    net.write("logs/mall/web/a.log", text.encode())
    (file,) = find_files(net.settings)
    assert deidentify_file(net.settings, file).days == days
    (part,) = (net.store / "restricted" / "requests").rglob("*.parquet")
    assert pq.read_table(part)["hour"].to_pylist() == [20 if "2025-03-03" in days else 1]
