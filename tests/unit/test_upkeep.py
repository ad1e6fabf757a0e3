"""Keys and records go at the end of their time, whatever happens on the way, and cannot be made again."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iesiz import pipeline, storage, upkeep
from iesiz.deidentify import key_files
from iesiz.deidentify.keys import KeyRing, Pseudonymiser
from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Ledger
from iesiz.status import status_of
from iesiz.vocabulary import DayState
from tests.clock import set_clock
from tests.nights import BROWSER, DAY, NEXT, Network, line, log, network, site

TODAY = dt.datetime.now(dt.UTC).date()
# What a visitor pseudonym is made of: the version and bytes of the address, and the agent.
SOMEBODY = bytes([4, 192, 0, 2, 3]) + b"|" + BROWSER.encode()
LATE_CLOSING = site("mall", "web", more="close_after_days = 30")


@pytest.fixture
def net(day_one: Network) -> Network:
    return day_one


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Days that the clock is ahead."""
    ahead = [0]
    real = dt.datetime.now

    def shifted() -> dt.datetime:
        return real(dt.UTC) + dt.timedelta(days=ahead[0])

    set_clock(monkeypatch, shifted)
    return ahead


def names(net: Network, pattern: str) -> set[str]:
    restricted = net.store / "restricted"
    return {str(one.relative_to(restricted)) for one in restricted.glob(pattern)}


def of_day(net: Network) -> set[str]:
    return names(net, f"keys/*/*/{DAY}.key") | names(net, f"requests/*/day={DAY}")


def destroyed(net: Network) -> list[dict[str, object]]:
    return [dict(one.facts) for one in Ledger(net.store / "restricted" / "ledger.jsonl").entries("destroyed")]


def test_keys_and_records_of_a_published_day_go_after_seven_days(net: Network, clock: list[int]) -> None:
    before, published = of_day(net), net.published()
    assert before == {
        *(f"keys/{one}/mall/{DAY}.key" for one in ("visitor", "network")),
        *(f"keys/{one}/network/{DAY}.key" for one in ("threshold", "sampling")),
        f"requests/site=mall/day={DAY}",
    }
    clock[0] = 7
    assert pipeline.upkeep(net.settings).keys == ()
    assert of_day(net) == before
    clock[0] = 8
    done = pipeline.upkeep(net.settings)
    assert of_day(net) == set()
    assert (done.days, done.unpublished) == ((DAY,), ())
    assert set(done.keys) == {
        "lines/mall/web",
        *(f"{one}/mall/{DAY}" for one in ("visitor", "network")),
        *(f"{one}/network/{DAY}" for one in ("threshold", "sampling")),
    }
    assert names(net, "lines/*/*") == set()
    [noted] = destroyed(net)
    assert (noted["days"], noted["unpublished"], set(noted["keys"])) == (  # type: ignore[call-overload]
        [DAY.isoformat()],
        [],
        set(done.keys),
    )
    assert net.published() == published
    assert pipeline.upkeep(net.settings).keys == ()
    assert len(destroyed(net)) == 1


def test_pseudonyms_cannot_be_made_again(net: Network, clock: list[int]) -> None:
    ring = KeyRing.of(net.settings)
    pseudonym = Pseudonymiser.under(ring.key("visitor", "mall", DAY.isoformat())).of(SOMEBODY)
    [part] = (net.store / "restricted" / "requests").rglob("*.parquet")
    assert pseudonym in pq.read_table(part)["visitor"].to_pylist()  # with its key anybody can be found
    key = ring.path("visitor", "mall", DAY.isoformat())
    secret = bytes.fromhex(json.loads(key.read_bytes())["key"])
    clock[0] = 8
    pipeline.upkeep(net.settings)
    with pytest.raises(PrivacyRefusal, match="destroyed"):
        ring.key("visitor", "mall", DAY.isoformat())
    left = [path.read_bytes() for path in (net.store).rglob("*") if path.is_file()]
    assert not any(form in one for one in left for form in (secret, secret.hex().encode(), pseudonym))
    key.with_suffix(".destroyed").unlink()
    later = Pseudonymiser.under(ring.key("visitor", "mall", DAY.isoformat())).of(SOMEBODY)
    assert later != pseudonym


def test_a_key_is_overwritten_before_it_is_deleted(net: Network, clock: list[int]) -> None:
    path = KeyRing.of(net.settings).path("visitor", "mall", DAY.isoformat())
    other = net.base / "other-name-of-the-same-file"
    os.link(path, other)
    clock[0] = 8
    pipeline.upkeep(net.settings)
    assert set(other.read_bytes()) == {0}


def test_a_night_ends_with_upkeep(net: Network, clock: list[int]) -> None:
    clock[0] = 8
    counts = net.night(DAY)
    assert counts.upkeep is not None
    assert counts.upkeep.days == (DAY,)
    assert counts.failures == ()


def test_lines_of_a_day_that_is_gone_are_late(net: Network, clock: list[int]) -> None:
    clock[0] = 8
    pipeline.upkeep(net.settings)
    published = net.partitions()
    net.write("logs/mall/web/more.log", line(DAY, 77) + line(NEXT, 77))
    counts = net.night(DAY)
    [more] = [one for one in counts.files if one.name == "more.log"]
    assert (counts.failures, more.late, more.days) == ((), {DAY.isoformat(): 1}, {NEXT.isoformat(): 1})
    assert net.partitions() == published
    assert names(net, "lines/*/*")  # a key of its own, since the earlier one is gone
    assert not of_day(net)


def test_a_day_that_stays_open_goes_after_45_days(tmp_path: Path, clock: list[int]) -> None:
    net = network(tmp_path, LATE_CLOSING)
    net.write("logs/mall/web/access.log", log(TODAY))
    net.night(DAY)
    clock[0] = 45
    assert pipeline.upkeep(net.settings).days == ()
    clock[0] = 46
    done = pipeline.upkeep(net.settings)
    assert (done.days, done.unpublished) == ((TODAY,), (TODAY,))
    assert not [one for one in names(net, "keys/*/mall/*.key") if "visitor" in one]
    [day] = [one for one in status_of(net.settings).days if one.day == TODAY.isoformat()]
    assert (day.state, day.delete_after) == (DayState.EXPIRED, "")
    assert [one.verdict for one in net.night(TODAY).days] == ["missing"]
    assert not names(net, "requests/*/*")


class Crashed(BaseException):
    """What no code of ours catches, as a kill is."""


@pytest.mark.parametrize("step", range(0, 24, 2))
def test_a_crash_at_any_step_is_finished_at_the_next_start(
    net: Network, clock: list[int], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock[0] = 8
    left = iter(range(step, -1, -1))

    def stopping(do: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            if next(left, 1) == 0:
                raise Crashed
            return do(*given, **named)

        return call

    crashed = False
    with monkeypatch.context() as patch:
        patch.setattr(key_files, "write_secret", stopping(key_files.write_secret))
        patch.setattr(upkeep, "write_secret", stopping(upkeep.write_secret))
        patch.setattr(upkeep, "remove_tree", stopping(upkeep.remove_tree))
        patch.setattr(Path, "unlink", stopping(Path.unlink))
        patch.setattr(storage, "flush_folder", stopping(storage.flush_folder))
        patch.setattr(Ledger, "append", stopping(Ledger.append))
        try:
            pipeline.upkeep(net.settings)
        except Crashed:
            crashed = True
    assert crashed
    assert net.night(DAY).failures == ()
    assert of_day(net) == set()
    assert names(net, "lines/*/*") == set()
    assert [one["days"] for one in destroyed(net) if one["days"]] == [[DAY.isoformat()]]
    assert not (net.store / "restricted" / "upkeep.json").exists()
    assert len(names(net, f"keys/*/*/{DAY}.destroyed")) == 4


def test_a_full_disk_is_said_and_tried_again(
    net: Network, clock: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock[0] = 8

    def full(_handle: int) -> None:
        raise OSError(28, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        counts = net.night(DAY)
    assert "upkeep" in [one.work for one in counts.failures] or counts.exit_code == 5
    assert net.night(DAY).failures == ()
    assert of_day(net) == set()


def test_a_key_without_which_records_are_held_is_missed(net: Network) -> None:
    KeyRing.of(net.settings).path("visitor", "mall", DAY.isoformat()).unlink()
    with pytest.raises(PrivacyRefusal, match="nothing says that it was destroyed") as caught:
        net.night(DAY)
    assert caught.value.exit_code == 4


def test_the_key_of_the_lines_is_missed(net: Network) -> None:
    KeyRing.of(net.settings).path("lines", "mall", "web").unlink()
    with pytest.raises(PrivacyRefusal, match="lines/mall/web"):
        net.night(DAY)


def test_a_key_of_another_store_is_refused(net: Network) -> None:
    ring, name = KeyRing.of(net.settings), ("visitor", "mall", DAY.isoformat())
    (net.store / "restricted" / "store-id").write_text("0" * 32)
    with pytest.raises(PrivacyRefusal, match="another store"):
        ring.key(*name)
    with pytest.raises(PrivacyRefusal, match="another store"):
        net.night(DAY)


def test_a_key_in_the_place_of_another_is_refused(net: Network) -> None:
    ring = KeyRing.of(net.settings)
    shutil.copy(ring.path("network", "mall", DAY.isoformat()), ring.path("visitor", "mall", DAY.isoformat()))
    with pytest.raises(PrivacyRefusal, match="place"):
        net.night(DAY)


def test_a_key_that_others_may_read_stops_the_night(net: Network) -> None:
    KeyRing.of(net.settings).path("visitor", "mall", DAY.isoformat()).chmod(0o640)
    with pytest.raises(PrivacyRefusal, match="0600"):
        net.night(DAY)


def test_the_command_lists_keys_and_shows_none(net: Network) -> None:
    told = json.loads(net.asked("keys", "--json").stdout)["keys"]
    [visitor] = [one for one in told if (one["purpose"], one["epoch"]) == ("visitor", DAY.isoformat())]
    assert visitor == {
        "purpose": "visitor",
        "scope": "mall",
        "epoch": DAY.isoformat(),
        "created": TODAY.isoformat(),
        "destroy_after": (TODAY + dt.timedelta(days=7)).isoformat(),
    }
    [lines] = [one for one in told if one["purpose"] == "lines"]
    assert lines["destroy_after"] is None
    shown = net.asked("keys").stdout
    secrets = [json.loads(path.read_bytes())["key"] for path in (net.store / "restricted").rglob("*.key")]
    assert len(secrets) == len(told) > 4
    assert not any(one.encode() in shown for one in secrets)
    assert b"as long as needed" in shown


def test_the_command_clears(net: Network) -> None:
    assert json.loads(net.asked("upkeep", "--json").stdout)["keys"] == []
