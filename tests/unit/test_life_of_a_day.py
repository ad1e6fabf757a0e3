"""The life of a day: open, closed, published once; what comes later is counted and changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from iesiz import intake
from iesiz.behaviour import BEHAVIOUR
from iesiz.ledger import Ledger
from iesiz.night import NightCounts
from iesiz.status import status_of
from tests.clock import set_clock
from tests.nights import DAY, NEXT, Network, line, log, network, site

ISO, ISO_NEXT = DAY.isoformat(), NEXT.isoformat()
WHOLE = log(DAY) + log(NEXT)
ALMATY = ZoneInfo("Asia/Almaty")


def closed(counts: NightCounts) -> dict[dt.date, str]:
    return {one.day: one.verdict for one in counts.days}


def requests(net: Network, day: dt.date) -> tuple[int, int]:
    """Visitors and requests of the one hour that a day's log fills."""
    path = net.store / "published" / "tables" / "hourly_requests_by_status" / f"day={day}" / "part-0.parquet"
    query = f"select visitor_count, request_count from '{path}' where hour = 10 and status_class = '2xx'"
    [row] = duckdb.sql(query).fetchall()
    return row


def clock_at(monkeypatch: pytest.MonkeyPatch, day: dt.date, hour: int = 2, minute: int = 30) -> None:
    """Let the pipeline believe that it is that time in Almaty."""
    moment = dt.datetime.combine(day, dt.time(hour, minute), ALMATY).astimezone(dt.UTC)
    set_clock(monkeypatch, lambda: moment)


def only(files: dict[str, str], day: str) -> dict[str, str]:
    """The partitions of a day."""
    return {name: digest for name, digest in files.items() if f"day={day}" in name}


def test_a_day_is_published_once_and_running_again_adds_nothing(day_one: Network) -> None:
    day_one.night(DAY)  # takes note that the log, of the same content, is another file
    before = day_one.everything()
    assert closed(day_one.night(DAY)) == {DAY: "already published"}
    assert day_one.everything() == before
    published = day_one.partitions()
    day_one.night()  # closes the longer periods that have ended since
    assert published.items() <= day_one.partitions().items()
    before = day_one.everything()
    day_one.night()
    assert day_one.everything() == before


def test_what_told_robots_apart_is_noted_and_is_not_in_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = network(tmp_path / "one"), network(tmp_path / "two")
    for net, version in ((one, "list 1"), (two, "list 2")):
        monkeypatch.setattr(intake, "robot_list_version", lambda version=version: version)
        net.write("logs/mall/web/access.log", log(DAY))
        assert closed(net.night(DAY)) == {DAY: "published"}
        (noted,) = Ledger(net.store / "restricted" / "ledger.jsonl").entries("day")
        assert noted.facts["robots"] == {"lists": [version], "behaviour": asdict(BEHAVIOUR)}
    assert one.partitions() == two.partitions()


def test_late_lines_are_counted_and_change_nothing(day_one: Network) -> None:
    before = only(day_one.published(), ISO)
    day_one.write("logs/mall/web/more.log", log(DAY, range(50, 55)) + log(NEXT))
    counts = day_one.night(NEXT)
    assert [(one.name, dict(one.days), dict(one.late)) for one in counts.files if one.verdict == "read"] == [
        ("more.log", {ISO_NEXT: 60}, {ISO: 10})
    ]
    assert only(day_one.published(), ISO) == before
    assert requests(day_one, NEXT) == (30, 60)
    assert {one.day: (one.state, one.lines, one.late) for one in status_of(day_one.settings).days} == {
        ISO: ("published", 60, 10),
        ISO_NEXT: ("published", 60, 0),
    }


def test_late_lines_of_two_files_add_up_and_the_same_late_file_counts_once(day_one: Network) -> None:
    before = day_one.partitions()
    day_one.write("logs/mall/web/late-1.log", log(DAY, [50]))
    day_one.write("logs/mall/web/late-2.log", log(DAY, [51, 52]))
    day_one.night(DAY)
    day_one.write("logs/mall/web/late-3.log", log(DAY, [50]))
    day_one.night(DAY)
    assert [one.late for one in status_of(day_one.settings).days] == [6]
    assert day_one.partitions() == before


def test_of_a_file_that_grew_after_publication_only_the_new_lines_are_late(day_one: Network) -> None:
    before = only(day_one.published(), ISO)
    grown = log(DAY) + log(DAY, [60]) + log(NEXT, range(1, 6))
    day_one.write("logs/mall/web/access.log", grown)
    [first] = day_one.night(DAY).files
    assert (first.verdict, dict(first.days), dict(first.late)) == ("grown", {ISO_NEXT: 10}, {ISO: 2})
    day_one.write("logs/mall/web/access.log", grown + log(DAY, [61, 62]) + log(NEXT, range(6, 31)))
    [second] = day_one.night(NEXT).files
    assert (second.verdict, dict(second.days), dict(second.late)) == ("grown", {ISO_NEXT: 60}, {ISO: 4})
    assert requests(day_one, NEXT) == (30, 60)
    assert only(day_one.published(), ISO) == before
    assert {one.day: (one.lines, one.late) for one in status_of(day_one.settings).days} == {
        ISO: (60, 6),
        ISO_NEXT: (60, 0),
    }


def test_a_day_stays_open_for_its_days_of_grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(tmp_path / "network", site("mall", "web", more="close_after_days = 2"))
    net.write("logs/mall/web/access.log", log(DAY))
    clock_at(monkeypatch, DAY + dt.timedelta(days=2), 23, 59)
    assert closed(net.night(DAY)) == {DAY: "open"}
    assert closed(net.night()) == {}
    assert not [name for name in net.published() if name.startswith(("tables/", "ledger"))]
    net.write("logs/mall/web/more.log", log(DAY, range(40, 45)))
    clock_at(monkeypatch, DAY + dt.timedelta(days=3), 0, 0)
    assert closed(net.night())[DAY] == "published"
    assert requests(net, DAY) == (35, 70)


def test_the_day_that_is_not_over_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", WHOLE)
    clock_at(monkeypatch, NEXT, 2, 30)
    assert closed(net.night()) == {DAY: "published"}
    assert {one.day: one.state for one in status_of(net.settings).days} == {
        ISO: "published",
        ISO_NEXT: "open",
    }
    clock_at(monkeypatch, NEXT + dt.timedelta(days=1))
    assert closed(net.night()) == {NEXT: "published"}


def test_a_clock_that_is_set_back_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", WHOLE)
    clock_at(monkeypatch, NEXT + dt.timedelta(days=9))
    assert closed(net.night(DAY)) == {DAY: "published"}
    before = net.partitions()
    clock_at(monkeypatch, DAY)
    assert (closed(net.night(NEXT)), net.night(NEXT).exit_code) == ({NEXT: "open"}, 0)
    assert net.partitions() == before
    clock_at(monkeypatch, NEXT + dt.timedelta(days=9))
    assert closed(net.night(NEXT)) == {NEXT: "published"}
    undisturbed = network(tmp_path / "undisturbed")
    undisturbed.write("logs/mall/web/access.log", WHOLE)
    assert closed(undisturbed.night(DAY, NEXT)) == {DAY: "published", NEXT: "published"}
    assert net.partitions() == undisturbed.partitions()


def test_a_period_is_published_without_a_site_that_is_missing(tmp_path: Path) -> None:
    net = network(tmp_path / "network", site("mall", "web"), site("club", "web"))
    net.write("logs/mall/web/access.log", log(DAY))
    [day] = net.night(DAY).days
    assert (day.verdict, day.missing) == ("published", ("club",))
    before = net.partitions()
    net.write("logs/club/web/access.log", log(DAY))
    [late] = [one for one in net.night(DAY).files if one.site == "club"]
    assert dict(late.late) == {ISO: 60}
    assert net.partitions() == before
    [status] = status_of(net.settings).days
    assert (status.missing, status.sites, status.late) == (("club",), ("mall",), 60)


def test_a_day_without_any_data_is_missing_and_can_still_be_published(tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    [day] = net.night(DAY).days
    assert (day.verdict, day.missing, day.tables) == ("missing", ("mall",), ())
    net.write("logs/mall/web/access.log", log(DAY))
    assert closed(net.night(DAY)) == {DAY: "published"}


def test_equal_files_of_two_streams_both_count(tmp_path: Path) -> None:
    net = network(tmp_path / "network", site("mall", "web-1", "web-2"))
    for stream in ("web-1", "web-2"):
        net.write(f"logs/mall/{stream}/access.log", log(DAY))
    assert {one.verdict for one in net.night(DAY).files} == {"read"}
    assert requests(net, DAY) == (30, 120)


def test_equal_lines_of_one_file_both_count(tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", log(DAY) + line(DAY, 1) * 3)
    net.night(DAY)
    assert requests(net, DAY) == (30, 63)
