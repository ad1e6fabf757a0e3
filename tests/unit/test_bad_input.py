"""Bad input: the exit code, what is said, and that nothing published before is touched."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from iesiz import pipeline
from tests.nights import DAY, NEXT, Network, hashes, log, network, site
from tests.privacy.byte_search import Canary, Search

SECRET = "aigerim.secret@example.org"
HEADER = "registration_id,registered_at,site,region"
ROWS = "".join(f"R{one},2025-03-04T10:00:00,mall,Алматы\n" for one in range(12))
SETTINGS = (
    site("mall", "web"),
    site("club", "web"),
    '[registration]\nsites = ["mall"]\npaths = ["registrations.csv"]\n',
)
# After the place and the finding comes what to do.
REMEDY = re.compile(r"\. (?:[A-Z][a-z]+ \w+|If \w+)[^.]*\.")


@pytest.fixture(scope="module")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network with one published day."""
    net = network(tmp_path_factory.mktemp("one-day") / "network", *SETTINGS)
    net.write("logs/mall/web/access.log", log(DAY))
    net.write("registrations.csv", f"{HEADER}\n{ROWS}".encode())
    assert net.night(DAY).exit_code == 0
    return net


@pytest.fixture
def net(one_day: Network, tmp_path: Path) -> Network:
    """A copy of it, to which a good file of the next day has come."""
    shutil.copytree(one_day.base, tmp_path / "network")
    copy = Network(tmp_path / "network")
    copy.write("logs/mall/web/good.log", log(NEXT))
    return copy


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode()


def assert_nothing_of_the_secret(net: Network, done: subprocess.CompletedProcess[bytes]) -> None:
    search = Search([Canary("mail", "file", SECRET)])
    assert search.in_bytes(done.stdout + done.stderr, "output") == []
    assert search.in_folder(net.store) == []


def cut_gzip(content: bytes) -> bytes:
    return gzip.compress(content)[:-20]


def age(path: Path) -> None:
    """Let a file have been written four days ago, so that nobody waits for the rest of it."""
    then = (dt.datetime.now(dt.UTC) - dt.timedelta(days=4)).timestamp()
    os.utime(path, (then, then))


CUT_LINES = (log(NEXT) * 20).replace(b"/ru/shops", f"/ru/{SECRET}".encode())
JSON_LINES = "".join(
    json.dumps({"status": 200, "request": {"uri": f"/{SECRET}"}}) + "\n" for _ in range(9)
).encode()
BAD_LOGS: dict[str, tuple[bytes, str]] = {
    "cut-gzip": (cut_gzip(CUT_LINES), "gzip"),
    "only-the-gzip-magic": (b"\x1f\x8b", "gzip"),
    "damaged-gzip": (gzip.compress(CUT_LINES).replace(b"\x00\x00", b"\x00\x01") + b"junk", "gzip"),
    "binary": (bytes(range(256)) * 64 + SECRET.encode(), "format"),
    "without-a-line-end": (SECRET.encode() * 9, "format"),
    "json": (JSON_LINES, "format"),
    "vhost": (
        b"".join(b"club.example:443 " + line for line in CUT_LINES.splitlines(keepends=True)),
        "vhost_combined",
    ),
    "one-in-five-rejected": (log(NEXT) + f"{SECRET}\n".encode() * 6, "rejected"),
}


@pytest.mark.parametrize("kind", BAD_LOGS)
def test_a_bad_log_is_named_and_the_night_goes_on(net: Network, kind: str) -> None:
    content, expected = BAD_LOGS[kind]
    age(net.write(f"logs/club/web/{kind}.log", content))
    before = net.partitions()
    counts = net.night(NEXT)
    [failure] = counts.failures
    assert failure.exit_code == counts.exit_code == 3
    assert f"{kind}.log" in failure.message
    assert expected in failure.message
    assert REMEDY.search(failure.message), failure.message
    assert net.partitions().items() >= before.items()
    assert [one.verdict for one in counts.days] == ["published"]
    assert (net.store / "published/tables/daily_visitors_by_site" / f"day={NEXT}").is_dir()
    assert Search([Canary("mail", "file", SECRET)]).in_bytes(repr(counts).encode(), "counts") == []
    assert Search([Canary("mail", "file", SECRET)]).in_folder(net.store) == []


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["empty", "empty gzip"])
def test_an_empty_log_is_said_and_is_no_failure(net: Network, content: bytes) -> None:
    # A quiet server's log after its rotation; that the site is missing is said with the day.
    net.write("logs/club/web/empty.log", content)
    done = net.asked("run", "--day", NEXT.isoformat())
    assert done.returncode == 0
    assert "warning: empty.log holds no line" in done.stderr.decode()


@pytest.mark.parametrize("kind", ["cut-gzip", "one-in-five-rejected"])
def test_a_bad_log_by_the_command_line(net: Network, kind: str) -> None:
    age(net.write(f"logs/club/web/{kind}.log", BAD_LOGS[kind][0]))
    before = net.partitions()
    done = net.asked("run", "--day", NEXT.isoformat())
    assert done.returncode == 3
    assert f"{kind}.log" in done.stderr.decode()
    assert f"{NEXT} published" in done.stdout.decode()
    assert net.partitions().items() >= before.items()
    assert_nothing_of_the_secret(net, done)


def test_a_day_waits_for_a_file_that_is_cut_off_and_new(net: Network) -> None:
    undisturbed = Network(shutil.copytree(net.base, net.base.with_name("undisturbed")))
    net.write("logs/club/web/access.log.gz", cut_gzip(log(NEXT)))
    counts = net.night(NEXT)
    assert (counts.exit_code, counts.days, counts.periods) == (3, (), ())
    for one in (net, undisturbed):
        one.write("logs/club/web/access.log.gz", gzip.compress(log(NEXT)))
        counts = one.night(NEXT)
        assert counts.exit_code == 0
        assert [day.missing for day in counts.days] == [()]
    assert net.partitions() == undisturbed.partitions()


def test_a_missing_file_is_named(net: Network) -> None:
    done = net.asked("read", "logs/nowhere.log")
    assert (done.returncode, done.stdout) == (3, b"")
    assert "logs/nowhere.log: no such file" in done.stderr.decode()
    assert REMEDY.search(done.stderr.decode())


def test_a_file_that_goes_while_the_night_is_at_work_is_named(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.write("logs/club/web/gone.log", log(NEXT))
    original = pipeline.discover

    def discover(*given: object) -> object:
        found = original(*given)  # type: ignore[arg-type]
        (net.base / "logs/club/web/gone.log").unlink()
        return found

    monkeypatch.setattr(pipeline, "discover", discover)
    counts = net.night(NEXT)
    assert [(one.exit_code in (3, 5), "gone.log" in one.message) for one in counts.failures] == [(True, True)]
    monkeypatch.undo()
    again = net.night(NEXT)
    assert again.exit_code == 0
    assert "published" in {one.verdict for one in (*counts.days, *again.days)}


BAD_REGISTRATIONS: dict[str, tuple[bytes | None, list[str]]] = {
    "no file": (None, ["registrations.csv"]),
    "empty": (b"", ["registrations.csv", "line 1"]),
    "no mandatory column": (f"registration_id,site\n{SECRET},mall\n".encode(), ["line 1", "registered_at"]),
    "a column twice": (f"{HEADER},region\nR1,2025-03-04,mall,a,{SECRET}\n".encode(), ["line 1"]),
    "latin header": (f"{HEADER},имя\n".encode("cp1251"), ["line 1", "UTF-8"]),
    "not utf-8": (
        f"{HEADER}\n{ROWS}".encode() + SECRET.encode() + b",2025-03-04,mall,\xc0\xeb\xec\n",
        ["line 14", "UTF-8"],
    ),
    "binary": (bytes(range(256)) * 9, ["registrations.csv"]),
}


@pytest.mark.parametrize("kind", BAD_REGISTRATIONS)
def test_a_bad_registration_file_is_named_and_the_mirror_stays(net: Network, kind: str) -> None:
    content, expected = BAD_REGISTRATIONS[kind]
    (net.base / "registrations.csv").unlink()
    if content is not None:
        net.write("registrations.csv", content)
    before, mirror = net.partitions(), hashes(net.store / "restricted" / "registration")
    counts = net.night(NEXT)
    [failure] = counts.failures
    assert failure.exit_code == counts.exit_code == 3
    assert [one for one in expected if one not in failure.message] == [], failure.message
    assert REMEDY.search(failure.message), failure.message
    assert hashes(net.store / "restricted" / "registration") == mirror
    assert net.partitions().items() >= before.items()
    assert [one.verdict for one in counts.days] == ["published"]
    assert SECRET not in repr(counts)


def test_a_registration_file_without_a_mandatory_column_by_the_command_line(net: Network) -> None:
    net.write("registrations.csv", BAD_REGISTRATIONS["no mandatory column"][0] or b"")
    before = net.partitions()
    done = net.asked("run", "--day", NEXT.isoformat())
    assert done.returncode == 3
    assert "registrations.csv, line 1: the mandatory column registered_at" in done.stderr.decode()
    assert net.partitions().items() >= before.items()
    assert_nothing_of_the_secret(net, done)


def test_a_column_that_is_not_declared_is_named_and_not_read(net: Network) -> None:
    rows = "".join(f"{row},{SECRET}\n" for row in ROWS.splitlines())
    net.write("registrations.csv", f"{HEADER},blood_group\n{rows}".encode())
    done = net.asked("run", "--day", NEXT.isoformat())
    assert done.returncode == 0
    warnings = [one for one in done.stderr.decode().splitlines() if one.startswith("warning: registration")]
    assert len(warnings) == 1
    assert "'blood_group'" in warnings[0]
    assert_nothing_of_the_secret(net, done)


def test_a_store_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", log(DAY))
    net.write("store/thesis.txt", b"somebody's work")
    before = net.everything()
    done = net.asked("run", "--day", DAY.isoformat())
    assert done.returncode == 2
    assert "store: not a store of iesiz" in said(done)
    assert REMEDY.search(said(done))
    assert net.everything() == before


def test_of_two_runs_at_once_the_second_says_so(net: Network) -> None:
    before = net.everything()
    with pipeline.store_lock(net.settings):
        done = net.asked("run", "--day", NEXT.isoformat())
    assert done.returncode == 5
    assert "another run is at work" in said(done)
    assert REMEDY.search(said(done))
    assert net.everything() == before
