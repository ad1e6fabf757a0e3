"""Each run is noted in one line without content, told if it failed, and watched for if it did not come."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iesiz import pipeline
from iesiz.alerts import Alert, open_alerts
from iesiz.errors import HeldBack, OutsideError, PrivacyRefusal, StoreBusy
from iesiz.night import run_night
from iesiz.run_facts import NIGHT, UPKEEP, FailureFacts, RunFacts, Work
from iesiz.run_record import alerts_of, is_settled, recorded
from iesiz.runs import KEPT, last_success, note_run, noting, read_runs
from iesiz.storage import prepare_store
from iesiz.watch import DueTime, watch
from tests.listeners import webhook
from tests.nights import DAY, NEXT, Network, log, network, site

ALMATY = ZoneInfo("Asia/Almaty")
SECRET = "aigerim.secret@example.org"


@pytest.fixture(scope="module")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A network with one published day."""
    net = network(tmp_path_factory.mktemp("runs") / "network", site("mall", "web"), site("club", "web"))
    net.write("logs/mall/web/access.log", log(DAY))
    net.write("logs/club/web/access.log", b"")
    assert net.night(DAY).exit_code == 0
    return net


@pytest.fixture
def net(one_day: Network, tmp_path: Path) -> Network:
    shutil.copytree(one_day.base, tmp_path / "network")
    return Network(tmp_path / "network")


def facts_of(**given: object) -> RunFacts:
    """A night that ended well; what matters is given."""
    usual = RunFacts("0", NIGHT, "2025-03-04T00:00:00+00:00", "2025-03-04T00:10:00+00:00", 0, "2025-03-03")
    return replace(usual, **given)  # type: ignore[arg-type]


def test_a_night_is_one_line_of_json(one_day: Network) -> None:
    [line] = (one_day.store / "restricted" / "runs.jsonl").read_text("utf-8").splitlines()
    told = json.loads(line)
    assert (told["kind"], told["exit_code"], told["last"], told["days"]) == ("night", 0, str(DAY), [str(DAY)])
    assert told["lines"] == {"read": 60, "recognised": 60, "ignored": 0, "rejected": 0, "late": 0}
    assert (told["files"], told["empty"]) == ({"empty": 1, "read": 1}, ["club/web"])
    assert told["tables"] > 0 < told["cells"]
    assert told["tables_held"] == 0
    assert {"files", "days", "readers", "upkeep", "all"} <= told["seconds"].keys()
    assert (one_day.store / "restricted" / "runs.jsonl").stat().st_mode & 0o777 == 0o600
    [facts] = read_runs(one_day.settings)
    assert facts.line == line


def test_events_for_machines_are_a_line_each_and_hold_no_content(net: Network) -> None:
    net.write("logs/mall/web/bad.log", (f"{SECRET}\n" * 9).encode())
    done = net.asked("run", "--day", str(DAY), "--log", "json", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["run"] == read_runs(net.settings)[-1].run
    told = [json.loads(line) for line in done.stderr.decode().splitlines() if line.startswith("{")]
    assert [one["event"] for one in told][0 :: len(told) - 1] == ["begin", "end"]
    [failed] = [one for one in told if one["event"] == "failed"]
    assert (failed["code"], failed["site"], failed["stream"]) == ("input-unusable", "mall", "web")
    assert len({one["run"] for one in told}) == 1
    assert told[-1]["summary"]["failures"][0]["code"] == "input-unusable"
    assert "bad.log" not in "".join(
        line for line in done.stderr.decode().splitlines() if line.startswith("{")
    )
    assert SECRET not in done.stderr.decode() + done.stdout.decode()


def test_a_held_day_is_told_once_and_its_publication_ends_it(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.write("logs/mall/web/next.log", log(NEXT))
    with webhook() as hook:
        path = net.base / "iesiz.toml"
        more = f'[alerts.webhook]\nurl = "http://127.0.0.1:{hook.port}/"\n'
        path.write_text(path.read_text("utf-8") + more, "utf-8")

        def held(*_given: object) -> None:
            raise HeldBack(f"{NEXT}: numbers of {SECRET}", 8)

        monkeypatch.setattr(pipeline, "audited", held)
        first = net.night(NEXT)
        assert (first.exit_code, dict(first.hooks)) == (4, {"webhook": "told"})
        assert dict(net.night(NEXT).hooks) == {}
        assert dict(net.night(DAY).hooks) == {}  # another day is no news of this one
        assert [one.tables_held for one in read_runs(net.settings)[1:3]] == [8, 8]
        monkeypatch.undo()
        assert dict(net.night(NEXT).hooks) == {"webhook": "told"}
        told = [json.loads(one) for one in hook.heard]
        assert [len(one["amiss"]) for one in told] == [1, 0]
        assert told[0]["amiss"][0]["period"] == str(NEXT)
        assert SECRET not in "".join(hook.heard)
        assert open_alerts(net.settings) == ()


def test_a_hook_that_fails_does_not_fail_the_night_and_is_noted(net: Network) -> None:
    net.write("logs/mall/web/bad.log", b"no line\n" * 9)
    path = net.base / "iesiz.toml"
    more = '[alerts.webhook]\nurl = "http://127.0.0.1:9/"\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    done = net.asked("run", "--day", str(DAY))
    assert done.returncode == 3  # the file's, not the hook's
    assert b"warning: the alert hook webhook failed: URLError" in done.stderr
    assert dict(read_runs(net.settings)[-1].hooks) == {"webhook": "failed: URLError"}


def test_a_night_that_cannot_begin_is_noted_and_told(net: Network) -> None:
    path = net.base / "iesiz.toml"
    path.write_text(
        path.read_text("utf-8").replace("in_force = 2025-01-01", "in_force = 2999-01-01"), "utf-8"
    )
    with pytest.raises(PrivacyRefusal):
        run_night(net.settings, (), lambda *_: None)
    noted = read_runs(net.settings)[-1]
    assert noted.failures == (FailureFacts("privacy-refused", 4, "run"),)
    assert [one.alert.code for one in open_alerts(net.settings)] == ["privacy-refused"]


def test_what_nobody_foresaw_is_noted_without_its_text(tmp_path: Path) -> None:
    settings = network(tmp_path).settings
    prepare_store(settings)
    with pytest.raises(KeyError), recorded(settings, NIGHT):
        raise KeyError(SECRET)
    assert [one.code for one in read_runs(settings)[-1].failures] == ["unforeseen"]
    assert SECRET.encode() not in (settings.restricted / "runs.jsonl").read_bytes()


def test_a_run_that_finds_another_at_work_leaves_no_trace(tmp_path: Path) -> None:
    settings = network(tmp_path).settings
    with pipeline.store_lock(settings):
        with pytest.raises(StoreBusy), recorded(settings, NIGHT), pipeline.store_lock(settings):
            """Never reached."""
        assert read_runs(settings) == ()


def test_a_folder_that_is_no_store_is_not_written_to(tmp_path: Path) -> None:
    net = network(tmp_path)
    net.write("store/thesis.txt", b"somebody's work")
    with pytest.raises(Exception, match="not a store"), recorded(net.settings, NIGHT):
        prepare_store(net.settings)
    assert [one.name for one in net.store.iterdir()] == ["thesis.txt"]


def test_a_disk_that_is_full_does_not_hide_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = network(tmp_path).settings
    prepare_store(settings)

    def full(*_given: object) -> None:
        raise OutsideError("full")

    monkeypatch.setattr("iesiz.run_record.note_run", full)
    with pytest.raises(ZeroDivisionError), recorded(settings, NIGHT):
        raise ZeroDivisionError


@pytest.mark.parametrize("error", [OutsideError("full"), ZeroDivisionError(SECRET)])
def test_telling_that_fails_in_whatever_way_fails_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    settings = network(tmp_path).settings
    prepare_store(settings)

    def fails(*_given: object) -> None:
        raise error

    monkeypatch.setattr("iesiz.run_record.tell", fails)
    with recorded(settings, NIGHT) as run:
        """Nothing to do."""
    assert run.hooks["alerts"].startswith("failed: ")
    assert SECRET not in repr(run)
    assert read_runs(settings)[-1].hooks == run.hooks


def test_no_more_runs_are_kept_than_are_needed(tmp_path: Path) -> None:
    settings = network(tmp_path).settings
    prepare_store(settings)
    line = facts_of().line + "\n"
    (settings.restricted / "runs.jsonl").write_text("cut off {\n" + line * (KEPT + 5), "utf-8")
    with noting(settings):
        note_run(settings, facts_of(run="new"))
    assert len(read_runs(settings)) <= KEPT
    assert read_runs(settings)[-1].run == "new"


def test_work_is_called_as_people_are_told() -> None:
    assert str(Work("day", "2025-03-03", period="2025-03-03")) == "day 2025-03-03"
    assert str(Work("catalog")) == "catalog"


@pytest.mark.parametrize(
    ("alert", "change", "is_over"),
    [
        (Alert("input-unusable", site="mall"), {}, True),  # every night reads every file
        (Alert("input-unusable", site="mall"), {"kind": UPKEEP}, False),
        (Alert("held-by-auditor", period="2025-03-03"), {"days": ("2025-03-03",)}, True),
        (Alert("held-by-auditor", period="2025-03-03"), {"days": ("2025-03-04",)}, False),
        (Alert("held-by-auditor", period="2025-W10"), {"periods": ("2025-W10",)}, True),
        (Alert("held-by-auditor", period="2025-03-03"), {"lapsed": ("2025-03-03",)}, True),
        (Alert("no-success", period="2025-03-03"), {}, True),
        (Alert("no-success", period="2025-03-03"), {"exit_code": 3}, False),
        (Alert("no-success", period="2025-03-03"), {"last": "2025-03-01"}, False),
    ],
)
def test_an_alert_is_over_when_what_it_is_about_is(
    alert: Alert, change: dict[str, object], is_over: bool
) -> None:
    assert is_settled(alert, facts_of(**change)) is is_over


def test_a_day_that_lapsed_is_told() -> None:
    told = alerts_of(facts_of(lapsed=("2025-01-01",)))
    assert [(one.code, one.period) for one in told] == [("day-lapsed", "2025-01-01")]


@pytest.mark.parametrize(
    ("now", "day", "begin"),
    [
        ("2025-03-04 06:00", "2025-03-03", "2025-03-04"),
        ("2025-03-04 05:59", "2025-03-02", "2025-03-03"),  # today's is not due yet
        ("2025-03-04 23:59", "2025-03-03", "2025-03-04"),
    ],
)
def test_the_time_that_was_due_is_the_last_one_before(tmp_path: Path, now: str, day: str, begin: str) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=ALMATY)
    due = DueTime.before(network(tmp_path).settings, moment)
    assert (str(due.day), f"{due.begin:%Y-%m-%d %H:%M}") == (day, f"{begin} 00:00")


@pytest.mark.parametrize(
    ("change", "is_met"),
    [
        ({}, True),
        ({"exit_code": 3}, False),
        ({"kind": UPKEEP}, False),
        ({"last": "2025-03-02"}, False),  # a day of the past was done again
        ({"ended": "2025-03-03T18:59:00+00:00"}, False),  # a minute before the local midnight
        ({"ended": "2025-03-03T19:00:00+00:00"}, True),
        ({"ended": "2025-03-04T09:00:00+00:00"}, True),  # late, but well
    ],
)
def test_a_success_is_a_whole_night_that_ended_well(
    tmp_path: Path, change: dict[str, object], is_met: bool
) -> None:
    due = DueTime.before(network(tmp_path).settings, dt.datetime(2025, 3, 4, 12, tzinfo=ALMATY))
    assert due.is_met_by(facts_of(**change)) is is_met


def test_the_absence_of_success_is_told_and_its_return_too(tmp_path: Path) -> None:
    with webhook() as hook:
        net = network(
            tmp_path, site("mall", "web"), f'[alerts.webhook]\nurl = "http://127.0.0.1:{hook.port}/"\n'
        )
        prepare_store(net.settings)
        moment = dt.datetime(2025, 3, 4, 12, tzinfo=ALMATY)
        first = watch(net.settings, moment)
        assert [str(one.alert) for one in first.alerts] == ["no-success 2025-03-03"]
        watch(net.settings, moment + dt.timedelta(minutes=10))
        assert len(hook.heard) == 1
        with noting(net.settings):
            note_run(net.settings, facts_of())
        last = watch(net.settings, moment + dt.timedelta(minutes=20))
        assert (last.alerts, last.last_success) == ((), facts_of().ended)
        assert len(hook.heard) == 2
        assert last_success(read_runs(net.settings)) == facts_of()


def test_a_watch_needs_no_store_no_lock_and_no_scheduler(tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    done = net.command("watch", env={"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    assert done.returncode == 1
    assert b"no-success" in done.stdout
    assert b"run: iesiz run" in done.stdout
    with pipeline.store_lock(net.settings):
        assert json.loads(net.asked("watch", "--json").stdout)["alerts"][0]["alert"]["code"] == "no-success"
