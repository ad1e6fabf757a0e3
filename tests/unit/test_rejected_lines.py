"""Rejected lines are kept by number and reason, without their text; another format reads the file again."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.restricted import Records
from iesiz.restricted.rejects import reject_writer
from iesiz.status import rejected_lines, status_of
from tests.clock import set_clock
from tests.nights import DAY, HEAD, NEXT, Network, line, log, network

EXACT = '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"'
# The same without its zone, declared to be that of Greenwich, so that every time is taken five hours late.
ZONELESS = EXACT.replace("%t", "[%{%d/%b/%Y:%H:%M:%S}t +0500]")
SECRET = b"guest-192-0-2-77"
Place = tuple[str, int, str]


def declare(net: Network, form: str, limit: float = 1.0) -> Network:
    """Give the network's one log a format, and the share of its lines that may be rejected."""
    zone = 'zone = "UTC"\n' if form == ZONELESS else ""
    text = (
        f"{HEAD}\n[reading]\nmax_rejected_share = {limit}\n"
        '[[sites]]\nname = "mall"\nhosts = ["mall.example"]\n'
        f'[[sites.logs]]\nstream = "web"\npaths = ["logs/*"]\nformat = "{form}"\n{zone}'
    )
    net.write("iesiz.toml", text.encode())
    return net


@pytest.fixture
def net(tmp_path: Path) -> Network:
    return network(tmp_path / "network")


@pytest.fixture
def clean(tmp_path: Path) -> Network:
    return network(tmp_path / "clean")


def evening(day: dt.date, visitors: range = range(1, 31)) -> bytes:
    """Lines of a late evening: five hours later another day has begun."""
    return b"".join(
        line(day, one, path, 43_200 + one) for one in visitors for path in ("/ru/shops", "/ru/news")
    )


def longer() -> bytes:
    """Lines of which the last fifth has one field more, behind those that a format is found from."""
    lines = log(DAY, range(1, 251)).splitlines(keepends=True)
    return b"".join(one if at < 400 else one.replace(b'"\n', b'" 1500\n') for at, one in enumerate(lines))


def at(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Let it be eleven in the evening of a day, in Almaty."""
    moment = dt.datetime.combine(day, dt.time(23), ZoneInfo("Asia/Almaty")).astimezone(dt.UTC)
    set_clock(monkeypatch, lambda: moment)


def partitions(net: Network) -> dict[str, str]:
    return {name: digest for name, digest in net.published().items() if name.startswith("tables/")}


def kept(net: Network) -> list[Place]:
    """Each rejected line: its file's name, its number, the reason."""
    found = rejected_lines(net.settings)
    return [(one.file.name, each.line, each.reason) for one in found for each in one.lines]


CONTENTS = {
    "a field more": ({"access.log": longer()}, EXACT),
    "a wrong zone": ({"access.log": log(DAY) + evening(DAY)}, ZONELESS),
    "two files that overlap": (
        {"a.log": log(DAY) + evening(DAY), "b.log": evening(DAY) + log(NEXT)},
        ZONELESS,
    ),
    "rejected lines on both sides": ({"access.log": b"x\n" + log(DAY) + b"y\n"}, ZONELESS),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_a_bad_format_and_then_the_right_one_publish_what_one_clean_run_does(
    net: Network, clean: Network, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    files, bad = CONTENTS[case]
    for one in (net, clean):
        for name, content in files.items():
            one.write(f"logs/{name}", content)
    at(monkeypatch, DAY)  # nothing is due
    declare(net, bad).night()
    assert {one.verdict for one in declare(net, "combined").night().files} == {"read again"}
    at(monkeypatch, NEXT + dt.timedelta(days=1))
    for one in (declare(net, "combined"), declare(clean, "combined")):
        one.night(DAY)
        one.night(NEXT)
    assert partitions(net) == partitions(clean)
    assert any(f"day={DAY}" in name for name in partitions(net))
    assert [(one.day, one.lines, one.late) for one in status_of(net.settings).days] == [
        (one.day, one.lines, one.late) for one in status_of(clean.settings).days
    ]


def test_the_first_of_two_formats_counts_again_when_it_is_declared_again(
    net: Network, clean: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (net, clean):
        one.write("logs/access.log", log(DAY) + evening(DAY))
    at(monkeypatch, DAY)
    for form in ("combined", ZONELESS, "combined"):
        assert [one.verdict for one in declare(net, form).night().files] != ["known"]
    assert [one.verdict for one in net.night().files] == ["known"]
    at(monkeypatch, NEXT)
    for one in (net, declare(clean, "combined")):
        one.night(DAY)
    assert partitions(net) == partitions(clean)


def test_a_file_that_grew_while_its_format_was_mended_is_taken_over_whole(
    net: Network, clean: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.write("logs/access.log", evening(DAY))
    at(monkeypatch, DAY)
    assert [dict(one.days) for one in declare(net, ZONELESS).night().files] == [{NEXT.isoformat(): 60}]
    for one in (net, clean):
        one.write("logs/access.log", evening(DAY) + evening(DAY, range(31, 61)))
    [grown] = declare(net, "combined").night().files
    assert (grown.verdict, dict(grown.days)) == ("grown", {DAY.isoformat(): 120})
    at(monkeypatch, NEXT)
    for one in (net, declare(clean, "combined")):
        one.night(DAY)
    assert partitions(net) == partitions(clean)


def test_of_a_published_day_only_lines_that_were_not_counted_before_are_late(net: Network) -> None:
    net.write("logs/access.log", longer())
    declare(net, EXACT).night(DAY)
    before = partitions(net)
    [again] = declare(net, "combined").night(DAY).files
    assert (again.verdict, dict(again.days), dict(again.late)) == ("read again", {}, {DAY.isoformat(): 100})
    assert partitions(net) == before
    [day] = status_of(net.settings).days
    assert (day.state, day.lines, day.late, day.late_by_site) == ("published", 400, 100, {"mall": 100})
    # What was published stays in the restricted zone as long as it may, for a revision.
    assert [path.exists() for path in Records(net.settings).parts(DAY)["mall"]] == [True]


def test_rejected_lines_are_kept_by_number_and_reason_without_their_text(net: Network) -> None:
    content = SECRET + b"\n" + log(DAY) + b"# comment\n" + log(DAY, [40]).replace(b"200", b"20x") + SECRET
    net.write("logs/access.log", content)
    declare(net, "combined").night(DAY)
    assert kept(net) == [
        ("access.log", 1, "other_form"),
        ("access.log", 63, "status"),
        ("access.log", 64, "status"),
        ("access.log", 65, "other_form"),
    ]
    [file] = status_of(net.settings).rejects
    assert (file.site, file.stream, file.reasons) == ("mall", "web", {"other_form": 2, "status": 2})
    stored = [path for path in net.store.rglob("*") if path.is_file()]
    assert not [path for path in stored if SECRET in path.read_bytes()]


def test_line_numbers_go_on_over_blocks(net: Network) -> None:
    content = log(DAY, range(1, 251)) * 4 + b"x\n" + log(DAY, [1])
    net.write("logs/access.log", content)
    declare(net, "combined").write(
        "iesiz.toml",
        (net.base / "iesiz.toml").read_bytes().replace(b"[reading]", b"[reading]\nchunk_bytes = 65536"),
    )
    net.night(DAY)
    assert kept(net) == [("access.log", 2001, "other_form")]


def test_a_stopped_file_says_which_lines_and_is_tried_again_by_another_limit_or_format(net: Network) -> None:
    net.write("logs/access.log", longer())
    for form, limit in ((EXACT, 0.05), (EXACT, 0.05), (EXACT, 0.1)):
        [failure] = declare(net, form, limit).night(DAY).failures
        assert "other_form 100" in failure.message
        assert "iesiz status --rejected" in failure.message
    assert len(kept(net)) == 100
    [stopped] = status_of(net.settings).rejects
    assert stopped.is_stopped
    assert [one.verdict for one in declare(net, EXACT, 0.3).night(DAY).files] == ["read"]
    [read] = status_of(net.settings).rejects
    assert not read.is_stopped
    assert [one.verdict for one in declare(net, "combined", 0.05).night(DAY).files] == ["read again"]
    assert status_of(net.settings).rejects == ()


def test_a_stopped_file_is_read_by_a_better_format(net: Network) -> None:
    net.write("logs/access.log", longer())
    assert declare(net, EXACT, 0.05).night(DAY).failures
    assert [one.verdict for one in declare(net, "combined", 0.05).night(DAY).files] == ["read"]
    assert (kept(net), status_of(net.settings).rejects) == ([], ())
    assert not list((net.store / "restricted" / "rejected").rglob("*.parquet"))


def test_numbers_of_rejected_lines_go_when_their_file_has_no_record_left(net: Network) -> None:
    net.write("logs/access.log", log(DAY) + b"x\n" * 9)
    assert declare(net, "combined", 0.05).night(DAY).failures
    records, today = Records(net.settings), dt.datetime.now(dt.UTC).date()
    [path] = (net.store / "restricted" / "rejected").rglob("*.parquet")
    assert records.sweep(today + dt.timedelta(days=44)) == 0
    assert path.exists()
    assert records.sweep(today + dt.timedelta(days=47)) == 1
    assert not path.exists()


def test_numbers_of_rejected_lines_go_with_the_records_of_their_file(net: Network) -> None:
    net.write("logs/access.log", log(DAY) + b"x\n")
    declare(net, "combined").night(DAY)
    records, closed = Records(net.settings), dt.datetime.now(dt.UTC).date()
    [path] = (net.store / "restricted" / "rejected").rglob("*.parquet")
    records.sweep(closed + dt.timedelta(days=7))
    assert path.exists()
    records.sweep(closed + dt.timedelta(days=8))
    assert not path.exists()
    assert kept(net) == []
    assert status_of(net.settings).rejects[0].reasons == {"other_form": 1}  # counts stay in the ledger


def test_the_command_lists_them(net: Network) -> None:
    net.write("logs/access.log", b"x\n" + log(DAY) + b"y\n")
    declare(net, "combined").night(DAY)
    [file] = status_of(net.settings).rejects
    told = net.asked("status", "--rejected").stdout.decode().splitlines()
    assert told == [f"mall\tweb\taccess.log\t{file.file_id}\t{at}\tother_form" for at in (1, 62)]
    [said] = json.loads(net.asked("status", "--rejected", "--json").stdout)["rejected"]
    assert (said["name"], said["file_id"], said["lines"]) == (
        "access.log",
        file.file_id,
        {"other_form": [1, 62]},
    )
    whole = net.asked("status").stdout.decode()
    assert "other_form 2" in whole
    [status] = json.loads(net.asked("status", "--json").stdout)["rejects"]
    assert status["reasons"] == {"other_form": 2}


def test_late_lines_are_shown_by_site_and_day(net: Network) -> None:
    net.write("logs/access.log", log(DAY))
    declare(net, "combined").night(DAY)
    net.write("logs/more.log", log(DAY, range(50, 55)))
    net.night(DAY)
    [day] = json.loads(net.asked("status", "--json").stdout)["days"]
    assert (day["day"], day["late"], day["late_by_site"]) == (DAY.isoformat(), 10, {"mall": 10})
    assert "mall 10" in net.asked("status").stdout.decode()


def test_millions_of_rejected_lines_are_written_block_by_block(tmp_path: Path) -> None:
    before = pa.total_allocated_bytes()
    with reject_writer(tmp_path) as writer:
        for block in range(200):
            writer.add(block * 10_000, [(at, "other_form") for at in range(10_000)])
            assert pa.total_allocated_bytes() - before < 20_000_000
        writer.place(tmp_path / "rejected.parquet")
    stored = pq.ParquetFile(tmp_path / "rejected.parquet")
    assert (stored.metadata.num_rows, writer.lines) == (2_000_000, 2_000_000)
    assert stored.metadata.row_group(199).column(0).statistics.max == 2_000_000
