"""Who asks to be forgotten leaves every day not yet published, and no second reading brings them back."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iesiz import forgetting, pipeline
from iesiz.deidentify import PERSON, VISITOR, KeyRing, Pseudonymiser, visitor_message
from iesiz.errors import InputError
from iesiz.forget_request import ForgetRequest, load_request
from iesiz.ledger import Ledger
from iesiz.restricted import Records, mirror_path
from tests.clock import set_clock
from tests.nights import BROWSER, Network, line, log, network, site
from tests.privacy.byte_search import layers_of

TODAY = dt.datetime.now(dt.UTC).date()
OPEN, OTHER = TODAY - dt.timedelta(days=2), TODAY - dt.timedelta(days=3)
ADDRESS = "192.0.2.3"  # of visitor 3 in every log
REQUEST = f"""
[[visitors]]
address = "{ADDRESS}"
agent = "{BROWSER}"
"""
STAYS_OPEN = site("mall", "web", more="close_after_days = 20")
PEOPLE = [f"user-{number:04}" for number in range(40)]
REGISTRATIONS = """
[registration]
sites = ["mall"]
paths = ["people.csv"]
"""


@pytest.fixture
def net(tmp_path: Path) -> Network:
    made = network(tmp_path / "network", STAYS_OPEN)
    made.write("logs/mall/web/access.log", log(OTHER) + log(OPEN))
    assert made.night(OTHER).failures == ()
    return made


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    path = tmp_path / "request.toml"
    path.write_text(REQUEST, "utf-8")
    return path


def pseudonyms(net: Network) -> list[bytes]:
    """Of the one who asks, on both days, by keys that are there."""
    ring, message = KeyRing.of(net.settings), visitor_message(ADDRESS, BROWSER)
    keys = [ring.key(VISITOR, "mall", day.isoformat()) for day in (OTHER, OPEN)]
    return [Pseudonymiser.under(key).of(message) for key in keys]


def holding(net: Network, wanted: list[bytes]) -> set[str]:
    """Files of the restricted zone in which one of some byte strings stands, but the tombstones."""
    restricted = net.store / "restricted"
    return {
        str(path.relative_to(restricted).parts[0])
        for path in restricted.rglob("*")
        if path.is_file() and not path.is_relative_to(restricted / "forgotten")
        for layer in layers_of(path)
        if any(one in layer for one in wanted)
    }


def rows(net: Network) -> dict[str, int]:
    records = Records(net.settings)
    return {
        day.isoformat(): sum(pq.read_metadata(path).num_rows for path in records.parts(day).get("mall", ()))
        for day in (OTHER, OPEN)
    }


def forgotten(net: Network) -> list[dict[str, object]]:
    ledger = Ledger(net.store / "restricted" / "ledger.jsonl")
    return [dict(one.facts) for one in ledger.entries("forgotten")]


def test_their_records_leave_every_open_day(net: Network, request_file: Path) -> None:
    wanted = pseudonyms(net)
    assert holding(net, wanted) == {"requests", "maps"}  # what is looked for is found before
    assert rows(net) == {OTHER.isoformat(): 60, OPEN.isoformat(): 60}
    done = pipeline.forget(net.settings, load_request(request_file))
    assert (done.rows, done.days) == (4, (OTHER, OPEN))
    assert holding(net, wanted) == set()
    assert rows(net) == {OTHER.isoformat(): 58, OPEN.isoformat(): 58}


def test_no_second_reading_brings_them_back(net: Network, request_file: Path) -> None:
    wanted = pseudonyms(net)
    pipeline.forget(net.settings, load_request(request_file))
    path = net.base / "logs/mall/web/access.log"
    net.write("logs/mall/web/access.log", path.read_bytes() + log(OPEN, range(30, 33)) + line(OPEN, 3))
    net.write("logs/mall/web/more.log", line(OPEN, 3, "/ru/late") + line(OPEN, 50))
    counts = net.night(OTHER)
    assert sorted(one.verdict for one in counts.files) == ["grown", "read"]
    assert holding(net, wanted) == set()
    assert rows(net) == {OTHER.isoformat(): 58, OPEN.isoformat(): 58 + 6 + 1}


def test_control_without_tombstones_they_come_back(net: Network, request_file: Path) -> None:
    wanted = pseudonyms(net)
    pipeline.forget(net.settings, load_request(request_file))
    for path in (net.store / "restricted" / "forgotten").rglob("day=*"):
        path.unlink()
    net.write("logs/mall/web/more.log", line(OPEN, 3, "/ru/late") + line(OPEN, 50))
    net.night(OTHER)
    assert holding(net, wanted) == {"requests", "maps"}


def test_lines_of_today_that_arrive_later_are_left_out(net: Network, request_file: Path) -> None:
    pipeline.forget(net.settings, load_request(request_file))
    net.write("logs/mall/web/today.log", line(TODAY, 3) + line(TODAY, 4))
    [today] = [one for one in net.night(OTHER).files if one.name == "today.log"]
    assert today.days == {TODAY.isoformat(): 1}


def test_the_request_is_not_kept_and_its_effect_is(net: Network, request_file: Path) -> None:
    told = net.asked("forget", str(request_file), "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["rows"] == 4
    [noted] = forgotten(net)
    assert {name: noted[name] for name in ("accounts", "visitors", "rows", "days")} == {
        "accounts": 0,
        "visitors": 1,
        "rows": 4,
        "days": [OTHER.isoformat(), OPEN.isoformat()],
    }
    assert dt.datetime.fromisoformat(str(noted["at"])).date() >= TODAY
    assert holding(net, [ADDRESS.encode()]) == set()
    assert request_file.exists()
    lists = list((net.store / "restricted" / "forgotten").rglob("day=*"))
    assert {path.stat().st_mode & 0o777 for path in lists} == {0o600}


def test_published_days_stay_as_they_are(tmp_path: Path, request_file: Path) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", log(OPEN) + log(TODAY))
    net.night(OPEN)
    published = net.partitions()
    done = pipeline.forget(net.settings, load_request(request_file))
    assert done.days == (TODAY,)
    assert net.night(OPEN).failures == ()
    assert net.partitions() == published


class Crashed(BaseException):
    """What no code of ours catches."""


@pytest.mark.parametrize("step", ["clean_part", "note"])
def test_a_crash_is_finished_at_the_next_start(
    net: Network, request_file: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = pseudonyms(net)

    def crash(*_given: object) -> None:
        raise Crashed

    with monkeypatch.context() as patch:
        if step == "note":
            patch.setattr(Ledger, "append", crash)
        else:
            patch.setattr(forgetting, "clean_part", crash)
        with pytest.raises(Crashed):
            pipeline.forget(net.settings, load_request(request_file))
    assert net.night(OTHER).failures == ()
    assert holding(net, wanted) == set()
    assert len(forgotten(net)) == 1
    assert not (net.store / "restricted" / "forget.json").exists()


def test_tombstones_go_with_their_keys(
    net: Network, request_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.forget(net.settings, load_request(request_file))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=46)
    set_clock(monkeypatch, lambda: later)
    done = pipeline.upkeep(net.settings)
    assert {OTHER, OPEN} <= set(done.days)
    assert list((net.store / "restricted" / "forgotten").rglob("day=*")) == []
    # A day that never had a record is over with its key: what arrives of it is late, not refused.
    net.write("logs/mall/web/late.log", line(TODAY - dt.timedelta(days=9), 4))
    assert net.night(OTHER).failures == ()


@pytest.fixture
def people(tmp_path: Path) -> Network:
    net = network(tmp_path / "people", STAYS_OPEN, REGISTRATIONS)
    net.write("people.csv", registrations())
    net.night(OTHER)
    return net


def registrations() -> bytes:
    columns = Path(__file__).parents[2] / "data" / "sample" / "registrations"
    [source, *_] = sorted(columns.glob("*.csv"))
    first, *rest = source.read_text("utf-8").splitlines()
    names = first.split(",")
    made = []
    for person, text in zip(PEOPLE, rest, strict=False):
        values = text.split(",")
        values[names.index("registration_id")] = person
        values[names.index("site")] = "mall"
        made.append(",".join(values))
    return "\n".join([first, *made, ""]).encode()


def test_an_account_leaves_the_mirror_and_stays_out(people: Network) -> None:
    key = KeyRing.of(people.settings).key(PERSON, "registration", "mirror")
    wanted = [Pseudonymiser.under(key).of(PEOPLE[7].encode())]
    assert holding(people, wanted) == {"registration"}
    before = pq.read_metadata(mirror_path(people.settings)).num_rows
    done = pipeline.forget(people.settings, ForgetRequest(accounts=(PEOPLE[7],)))
    assert done.accounts == 1
    assert holding(people, wanted) == set()
    for _ in range(2):
        assert people.night(OTHER).failures == ()
        assert pq.read_metadata(mirror_path(people.settings)).num_rows == before - 1
        assert holding(people, wanted) == set()


@pytest.mark.parametrize(
    "content", ["", "accounts = 3", 'accounts = ["ab', 'names = ["secret-name"]', "accounts = []"]
)
def test_what_is_no_request_is_refused_without_a_word_of_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "request.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        load_request(path)
    assert "secret-name" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_request_does_not_show_itself() -> None:
    assert "someone" not in repr(ForgetRequest(accounts=("someone",)))
