"""Each thing that keeps a night from going well is found, with its remedy; a sound store has none."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from iesiz import doctor
from iesiz.commands import doctor as command
from iesiz.deidentify.keys import KeyRing
from iesiz.ledger import Ledger
from iesiz.run_facts import NIGHT
from iesiz.run_record import recorded
from iesiz.scheduler import scheduler_findings
from tests.clock import set_clock
from tests.nights import DAY, Network

READY = {
    "/api/work_pools/iesiz": {"status": "READY"},
    "/api/deployments/name/nightly/nightly": {"schedules": [{"active": True}]},
    "/api/deployments/name/upkeep/upkeep": {"schedules": [{"active": True}]},
    "/api/deployments/name/backfill/backfill": {"schedules": []},
}


@pytest.fixture
def net(day_one: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(doctor, "LEAST_FREE", 1)
    (day_one.store / "restricted" / "runs.jsonl").unlink()  # the day is long past, and so is its night
    return day_one


def found(net: Network) -> list[tuple[str, str]]:
    return [(one.check, one.problem) for one in doctor.examine_store(net.settings).findings]


def test_a_sound_store_has_no_finding(net: Network) -> None:
    before = net.everything()
    assert found(net) == []
    assert net.everything() == before


def spoil_mode(net: Network) -> None:
    (net.store / "restricted").chmod(0o750)


def spoil_key(net: Network) -> None:
    KeyRing.of(net.settings).path("visitor", "mall", str(DAY)).chmod(0o640)


def lose_key(net: Network) -> None:
    KeyRing.of(net.settings).path("visitor", "mall", str(DAY)).unlink()


def set_clock_back(net: Network) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    Ledger(net.store / "restricted" / "ledger.jsonl").append("mirror", {"read_at": later.isoformat()})


def take_logs_away(net: Network) -> None:
    (net.base / "logs/mall/web/access.log").unlink()


def put_edition_off(net: Network) -> None:
    path = net.base / "iesiz.toml"
    path.write_text(
        path.read_text("utf-8").replace("in_force = 2025-01-01", "in_force = 2999-01-01"), "utf-8"
    )


def break_ledger(net: Network) -> None:
    path = net.store / "restricted" / "ledger.jsonl"
    path.write_text(path.read_text("utf-8").replace('"number": 1', '"number": 7', 1), "utf-8")


def put_a_pipe(net: Network) -> None:
    os.mkfifo(net.base / "logs/mall/web/pipe")


def point_into_the_store(net: Network) -> None:
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace("logs/mall/web/*", "**/*.jsonl"), "utf-8")


def ask_for_encryption(net: Network) -> None:
    path = net.base / "iesiz.toml"
    asked = '[keys]\nencryption = "passphrase"\npassphrase_variable = "IESIZ_PHRASE"\n'
    path.write_text(path.read_text("utf-8") + asked, "utf-8")


@pytest.mark.parametrize(
    ("spoil", "check", "words"),
    [
        (ask_for_encryption, "keys", "lies in clear"),
        (put_a_pipe, "logs", "not a regular file"),
        (point_into_the_store, "logs", "leads into the store"),
        (spoil_mode, "permissions", "open to other users"),
        (spoil_key, "keys", "others may read"),
        (lose_key, "keys", "key is gone"),
        (set_clock_back, "clock", "was set back"),
        (take_logs_away, "logs", "no file matches"),
        (put_edition_off, "policy", "no edition"),
        (break_ledger, "clock", "chain of the ledger is broken"),
    ],
)
def test_what_is_amiss_is_found(
    net: Network, spoil: Callable[[Network], None], check: str, words: str
) -> None:
    spoil(net)
    assert any(name == check and words in problem for name, problem in found(net))


def test_a_key_past_its_time_is_found(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=8)
    set_clock(monkeypatch, lambda: later)
    assert ("keys", f"the key visitor/mall/{DAY} is past its time.") in found(net)


@pytest.mark.parametrize(
    ("package", "version", "is_trap"),
    [
        ("fastapi", (0, 150, 9), False),
        ("fastapi", (0, 151, 0), True),
        ("fastapi", (), False),
        ("sqlalchemy", (2, 0, 46), False),
        ("sqlalchemy", (2, 1, 0), True),
        ("duckdb", (1, 5, 5), False),
        ("duckdb", (2, 0, 0), True),
        ("duckdb", (2, 0, 1), False),
    ],
)
def test_versions_with_traps_are_found(
    net: Network, monkeypatch: pytest.MonkeyPatch, package: str, version: tuple[int, ...], is_trap: bool
) -> None:
    monkeypatch.setattr(doctor, "installed_version", lambda name: version if name == package else ())
    said = [problem for check, problem in found(net) if check == "versions"]
    assert [one.split()[0] for one in said] == ([package] if is_trap else [])


def test_the_traps_are_those_that_the_requirements_shut_out() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    for trap in doctor.TRAPS:
        first = ".".join(map(str, trap.first))
        assert f"{trap.package}<{first}" in text or f"!={first}" in text


def test_little_room_is_found(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 2 << 30)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 30))
    assert [check for check, _ in found(net)] == ["space"]


def test_an_old_zone_database_is_found(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ZoneInfo", lambda _name: dt.timezone(dt.timedelta(hours=6)))
    assert [check for check, _ in found(net)] == ["clock"]


def test_a_registration_source_that_cannot_be_read_is_found(net: Network) -> None:
    path = net.base / "iesiz.toml"
    source = '[registration]\nsites = ["mall"]\npaths = ["none/*.csv"]\n'
    path.write_text(path.read_text("utf-8") + source, "utf-8")
    assert [check for check, _ in found(net)] == ["registrations"]


def test_a_night_that_has_not_succeeded_in_time_is_found(net: Network) -> None:
    with recorded(net.settings, NIGHT) as run:
        run.last = str(DAY)
    assert [check for check, _ in found(net)] == ["nights"]


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        ('[alerts.webhook]\nurl_variable = "NOBODY_SET_IT"\n', "no variable NOBODY_SET_IT"),
        ('[alerts]\nstatus_file = "store/status.json"\n', "lies in the store"),
        (
            '[alerts.smtp]\nhost = "mail.example"\nsender = "a@b.example"\nto = ["c@d.example"]\n'
            'user = "a"\npassword_file = "none"\n',
            "cannot be read",
        ),
    ],
)
def test_alerts_that_would_reach_nobody_are_found(net: Network, alerts: str, words: str) -> None:
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8") + alerts, "utf-8")
    [(check, problem)] = found(net)
    assert (check, words in problem) == ("alerts", True)


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, object]]]:
    """A server that answers with what it is given, on the loopback interface."""
    answers: dict[str, object] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/api", answers
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"/api/work_pools/iesiz": None}, "there is no work pool"),
        ({"/api/work_pools/iesiz": {"status": "NOT_READY"}}, "no worker polls"),
        ({"/api/work_pools/iesiz": {"status": "READY", "is_paused": True}}, "is paused"),
        ({"/api/deployments/name/upkeep/upkeep": None}, "no deployment upkeep"),
        ({"/api/deployments/name/backfill/backfill": None}, "no deployment backfill"),
        ({"/api/deployments/name/nightly/nightly": {"schedules": []}}, "nightly has no active schedule"),
    ],
)
def test_the_scheduler_is_asked(
    server: tuple[str, dict[str, object]], change: dict[str, object], words: str | None
) -> None:
    url, answers = server
    answers |= {path: one for path, one in {**READY, **change}.items() if one is not None}
    said = [one.problem for one in scheduler_findings({"PREFECT_API_URL": url})]
    assert len(said) == (words is not None)
    assert all(words in one for one in said if words)


def test_a_server_that_does_not_answer_is_found() -> None:
    [said] = scheduler_findings({"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    assert said.remedy == "prefect server start"


def test_the_command_says_what_to_do(net: Network) -> None:
    assert net.asked("doctor").returncode == 0
    take_logs_away(net)
    told = net.asked("doctor")
    assert told.returncode == 1
    assert b"logs: no file matches the paths of mall/web.\n  remedy: " in told.stdout
    findings = json.loads(net.asked("doctor", "--json").stdout)["findings"]
    assert [one["check"] for one in findings] == ["logs"]


def test_settings_that_cannot_be_read_are_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "iesiz.toml"
    path.write_text("[stor]\n", "utf-8")
    with pytest.raises(typer.Exit) as ended:
        command.doctor(settings=path, as_json=True)
    assert ended.value.exit_code == 1
    [one] = json.loads(capsys.readouterr().out)["findings"]
    assert one["check"] == "settings"
