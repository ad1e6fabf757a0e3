"""Where each site's days stand, and why; what is due, the disk, the last success."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from iesiz import pipeline, standing
from iesiz.commands.standing import show_standing
from iesiz.errors import HeldBack
from iesiz.runs import read_runs
from iesiz.standing import SiteDay, SiteDayState, standing_of
from tests.nights import DAY, NEXT, Network, log, network, site

THIRD = NEXT + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Four sites: one sends well, one an empty file, one rubbish, one nothing; the next day is held back."""
    sites = [site(name, "web") for name in ("mall", "club", "kino", "park")]
    net = network(tmp_path_factory.mktemp("standing") / "network", *sites)
    net.write("logs/mall/web/one.log", log(DAY))
    net.write("logs/club/web/one.log", b"")
    net.write("logs/kino/web/one.log", b"rubbish\n" * 9)
    net.night(DAY)
    net.write("logs/mall/web/two.log", log(NEXT))
    with pytest.MonkeyPatch.context() as patched:

        def held(*_given: object) -> None:
            raise HeldBack("held", 8)

        patched.setattr(pipeline, "audited", held)
        net.night(NEXT)
    net.write("logs/mall/web/late.log", log(DAY, range(40, 45)) + log(THIRD))
    net.night(DAY)
    return net


@pytest.fixture
def found(net: Network, monkeypatch: pytest.MonkeyPatch) -> standing.Standing:
    monkeypatch.setattr(standing, "last_due", lambda *_: THIRD)
    return standing_of(net.settings, ["2025-04-01", "", "2025-03-20"])


def of(found: standing.Standing, day: dt.date, name: str) -> SiteDay:
    [one] = [one for one in found.sites if (one.day, one.site) == (str(day), name)]
    return one


@pytest.mark.parametrize(
    ("day", "name", "state"),
    [
        (DAY, "mall", SiteDayState.DONE),
        (DAY, "club", SiteDayState.EMPTY),
        (DAY, "kino", SiteDayState.FAILED),
        (DAY, "park", SiteDayState.MISSING),
        (NEXT, "mall", SiteDayState.HELD),
        (THIRD, "mall", SiteDayState.OPEN),
    ],
)
def test_each_day_of_each_site_has_its_state(
    found: standing.Standing, day: dt.date, name: str, state: SiteDayState
) -> None:
    assert of(found, day, name).state is state


def test_what_is_not_as_it_should_be_says_why(found: standing.Standing) -> None:
    assert of(found, NEXT, "mall").why.startswith("held-by-auditor: The auditor found")
    assert of(found, DAY, "kino").why.startswith("input-unusable: ")
    assert all(one.why for one in found.sites if one.state not in (SiteDayState.DONE, SiteDayState.OPEN))


def test_late_lines_are_told_by_site(found: standing.Standing) -> None:
    assert (of(found, DAY, "mall").lines, of(found, DAY, "mall").late) == (60, 10)


def test_a_day_of_which_nothing_came_is_missing(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "last_due", lambda *_: THIRD + dt.timedelta(days=1))
    found = standing_of(net.settings)
    assert of(found, THIRD + dt.timedelta(days=1), "mall").state is SiteDayState.MISSING


def test_what_is_due_the_disk_and_the_runs_are_told(net: Network, found: standing.Standing) -> None:
    assert (found.due.days, found.due.days_until) == (2, "2025-03-20")
    assert found.due.keys == len(pipeline.list_keys(net.settings))
    assert found.due.keys_until
    assert min(found.disk.free, found.disk.restricted, found.disk.published) > 0
    assert found.last_run == read_runs(net.settings)[-1]
    assert found.last_success == ""
    assert {one.alert.code for one in found.alerts} == {"held-by-auditor", "input-unusable"}


def test_keys_that_cannot_be_listed_do_not_hide_the_rest(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = next((net.store / "restricted" / "keys").rglob("*.key"))
    path.chmod(0o640)
    try:
        assert "others may read" in standing_of(net.settings).due.problem
    finally:
        path.chmod(0o600)


def test_the_command_shows_it(net: Network) -> None:
    told = net.asked("status").stdout.decode()
    assert "held-by-auditor" in told
    assert "last success: none is noted; last run: " in told
    assert "MiB" in told
    by_machine = json.loads(net.asked("status", "--json").stdout)["standing"]
    assert {one["state"] for one in by_machine["sites"]} >= {"done", "held", "empty", "failed"}


def test_days_on_end_of_which_the_same_is_said_share_a_row(
    net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    def of(day: int, site: str, state: SiteDayState) -> SiteDay:
        return SiteDay(f"2026-11-{day:02}", site, state, 0, 0, "why")

    done, missing = SiteDayState.DONE, SiteDayState.MISSING
    states = (
        of(1, "b", done),
        of(1, "a", missing),
        of(2, "b", missing),
        of(2, "a", missing),
        of(3, "b", done),
    )
    show_standing(replace(standing_of(net.settings), sites=states))
    rows = [line.split()[:5] for line in capsys.readouterr().out.splitlines() if line.startswith("2026-11-")]
    assert rows == [
        ["2026-11-01", "b", "done", "0", "0"],
        ["2026-11-01", "to", "2026-11-02", "a", "missing"],
        ["2026-11-02", "b", "missing", "0", "0"],
        ["2026-11-03", "b", "done", "0", "0"],
    ]


def test_an_empty_place_has_nothing_to_tell(tmp_path: Path) -> None:
    found = standing_of(network(tmp_path / "network").settings)
    assert (found.sites, found.last_run, found.due.keys, found.disk.restricted) == ((), None, 0, 0)
