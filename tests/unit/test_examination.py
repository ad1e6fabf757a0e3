"""What a dry run counts is what the definitions say, on real logs and on small ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from iesiz.errors import InputError
from iesiz.examination import Examination
from iesiz.tools import examine

AGENT = "Mozilla/5.0 (X11; Linux x86_64)"

# The table of the corpora's own README: lines, rejected, odd request, hosts, visitor-days, visits, response
# bytes, duplicates, out of order.
REAL = {
    "hurence/access.log.51": (12_893, 0, 3, 815, 1_407, 2_245, 108_170_838, 81, 57),
    "hurence/access.log.49": (14_240, 0, 2, 745, 1_328, 2_119, 113_864_580, 85, 71),
    "elastic/apache_logs": (10_000, 1, 0, 1_753, 2_143, 3_223, 2_747_282_505, 19, 4_915),
    "lnav/logfile_shop_access_log.0": (1_000, 0, 0, 101, 110, 110, 18_963_364, 0, 0),
}


def counts_of(one: Examination) -> tuple[int, ...]:
    return (
        one.lines,
        one.rejected,
        one.malformed,
        one.hosts,
        one.visitor_days,
        one.visits,
        one.bytes,
        one.duplicates,
        one.out_of_order,
    )


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("chunk_bytes", [1 << 24, 1 << 16])
def test_a_real_log_has_the_reference_counts(corpora: Path, name: str, chunk_bytes: int) -> None:
    total, (one,) = examine([corpora / "logs" / name], "auto", chunk_bytes)
    assert counts_of(total) == REAL[name]
    assert total == one
    assert total.format == "combined"
    assert total.recognised == total.lines - total.rejected
    assert total.reasons == ({"other_form": 1} if total.rejected else {})


def test_the_real_weeks_begin_and_end_in_their_own_offsets(corpora: Path) -> None:
    logs = corpora / "logs" / "hurence"
    _, (autumn, winter) = examine([logs / "access.log.51", logs / "access.log.49"], "combined")
    assert (autumn.first[:7], autumn.first[-6:]) == ("2013-10", "+02:00")
    assert (winter.last[:7], winter.last[-6:]) == ("2013-11", "+01:00")


def test_two_real_weeks_add_up(corpora: Path) -> None:
    # They share no day, so that nothing but hosts can meet in both.
    logs = corpora / "logs" / "hurence"
    total, each = examine([logs / "access.log.51", logs / "access.log.49"], "combined")
    for name in ("lines", "recognised", "visitor_days", "visits", "bytes", "duplicates", "out_of_order"):
        assert getattr(total, name) == sum(getattr(one, name) for one in each), name
    assert max(one.hosts for one in each) <= total.hosts <= sum(one.hosts for one in each)


def line(moment: str, address: str = "192.0.2.1", agent: str = AGENT, request: str = "GET / HTTP/1.1") -> str:
    return f'{address} - - [{moment}] "{request}" 200 10 "-" "{agent}"\n'


def at(clock: str, **other: str) -> str:
    return line(f"03/Nov/2026:{clock} +0500", **other)


def examined(folder: Path, *lines: str, name: str = "access.log") -> Examination:
    (folder / name).write_text("".join(lines), encoding="utf-8")
    return examine([folder / name], "combined")[0]


def test_a_gap_over_half_an_hour_begins_another_visit(tmp_path: Path) -> None:
    one = examined(tmp_path, at("09:00:00"), at("09:30:00"), at("10:00:01"))
    assert (one.visitor_days, one.visits) == (1, 2)  # 1,800 s is no gap, 1,801 s is one


def test_a_new_date_begins_another_visit(tmp_path: Path) -> None:
    one = examined(tmp_path, at("23:59:59"), line("04/Nov/2026:00:00:01 +0500"))
    assert (one.hosts, one.visitor_days, one.visits) == (1, 2, 2)


def test_the_date_is_that_of_the_offset_in_the_line(tmp_path: Path) -> None:
    # One moment, written by two clocks.
    one = examined(tmp_path, line("04/Nov/2026:00:30:00 +0500"), line("03/Nov/2026:19:30:00 +0000"))
    assert (one.visitor_days, one.visits, one.out_of_order, one.duplicates) == (2, 2, 0, 0)


def test_a_visitor_is_an_address_with_an_agent(tmp_path: Path) -> None:
    one = examined(
        tmp_path,
        at("09:00:00"),
        at("09:00:01", agent="Other/1.0 Mozilla"),
        at("09:00:02", address="192.0.2.2"),
        at("09:00:03", address="192.0.2.1:80"),  # as written: another host
        at("09:00:04"),
    )
    assert (one.hosts, one.visitor_days, one.visits) == (3, 4, 4)


def test_visits_do_not_hang_on_the_order_of_lines(tmp_path: Path) -> None:
    one = examined(tmp_path, at("10:00:00"), at("09:00:00"), at("09:30:00"))
    assert (one.visits, one.out_of_order) == (1, 1)


def test_a_line_earlier_than_the_one_before_is_out_of_order(tmp_path: Path) -> None:
    clocks = ["09:00:05", "09:00:04", "09:00:05", "09:00:05", "09:00:01", "09:00:02"]
    assert examined(tmp_path, *map(at, clocks)).out_of_order == 2


def test_duplicates_are_lines_minus_distinct_lines(tmp_path: Path) -> None:
    one = examined(tmp_path, *[at("09:00:00")] * 3, at("09:00:00", request="GET /b HTTP/1.1"), at("09:00:01"))
    assert (one.lines, one.duplicates) == (5, 2)


def test_ignored_rejected_and_malformed_lines_are_told_apart(tmp_path: Path) -> None:
    one = examined(
        tmp_path, at("09:00:00"), "# opened\n", "\n", "x\n", at("09:00:01", request=""), at("9:00:02")
    )
    assert (one.lines, one.recognised, one.ignored, one.rejected, one.malformed) == (6, 2, 2, 2, 1)
    assert one.reasons == {"comment": 1, "empty_line": 1, "other_form": 1, "time": 1}
    assert one.bytes == 20


def test_a_sum_of_bytes_does_not_run_over(tmp_path: Path) -> None:
    plain, huge = [at("09:00:00")] * 12, [at("09:00:01").replace(" 10 ", f" {'9' * 18} ")] * 12
    one = examined(tmp_path, *plain, *huge)
    # Lines that state so much are rejected, or their sum is right.
    assert one.bytes == 120 + (one.recognised - 12) * (10**18 - 1)


def test_first_and_last_are_the_earliest_and_latest_moment(tmp_path: Path) -> None:
    one = examined(
        tmp_path,
        line("03/Nov/2026:10:00:00 +0500"),
        line("03/Nov/2026:09:30:00 +0400"),  # 05:30 UTC, the latest, though its clock says less
        line("03/Nov/2026:04:00:00 +0000"),
    )
    assert (one.first, one.last) == ("2026-11-03T04:00:00+00:00", "2026-11-03T09:30:00+04:00")


def test_the_last_second_that_a_line_can_state_is_counted(tmp_path: Path) -> None:
    # The last second that a line can state, west of Greenwich: no calendar holds it in UTC.
    one = examined(tmp_path, line("31/Dec/9999:23:59:59 -0100"))
    assert (one.lines, one.visitor_days) == (1, 1)


def test_files_are_counted_apart_and_together(tmp_path: Path) -> None:
    first, second = tmp_path / "one.log", tmp_path / "two.log"
    first.write_text(at("09:00:10") + at("09:10:00"))
    second.write_bytes(gzip.compress((at("09:00:10") + at("09:20:00")).encode()))
    total, each = examine([first, second], "combined")
    assert [(one.lines, one.visits, one.duplicates, one.out_of_order) for one in each] == [(2, 1, 0, 0)] * 2
    # Together: one visitor, one visit, the equal line once more; each file begins anew in its order.
    assert (total.lines, total.hosts, total.visitor_days, total.visits) == (4, 1, 1, 1)
    assert (total.duplicates, total.out_of_order, total.bytes) == (1, 0, 40)
    assert (total.first, total.last) == ("2026-11-03T09:00:10+05:00", "2026-11-03T09:20:00+05:00")


def test_files_of_two_formats_are_mixed(tmp_path: Path) -> None:
    combined, common = tmp_path / "combined.log", tmp_path / "common.log"
    combined.write_text(at("09:00:00"))
    common.write_text('192.0.2.1 - - [03/Nov/2026:09:00:00 +0500] "GET / HTTP/1.1" 200 10\n')
    total, each = examine([combined, common], "auto")
    assert ([one.format for one in each], total.format) == (["combined", "common"], "mixed")
    assert each[1].visitor_days == 1  # by the address alone


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no log line"),
        (gzip.compress(b""), "holds no log line"),
        (gzip.compress(at("09:00:00").encode() * 9_000)[:-200], "cut off or damaged"),
        (b"\x1f\x8b\x08\x00 no gzip at all", "cut off or damaged"),
        (bytes(range(256)) * 40, "none of the formats"),
    ],
    ids=["empty", "empty gzip", "cut-off gzip", "damaged gzip", "binary"],
)
def test_what_cannot_be_read_is_said_with_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        examine([path], "auto")
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none.log", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            examine([path], "auto")


def test_nothing_is_written(tmp_path: Path) -> None:
    examined(tmp_path, at("09:00:00"))
    assert [path.name for path in tmp_path.iterdir()] == ["access.log"]
