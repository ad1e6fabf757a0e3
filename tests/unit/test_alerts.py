"""Alerts: told once, to whom the settings name, without content, in time, and failing nothing else."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from iesiz import calendar
from iesiz.alerts import Alert, alert_codes, open_alerts, tell
from iesiz.errors import IesizError, SettingsError
from iesiz.secret_source import SecretSource
from iesiz.settings import Settings, load_settings
from iesiz.storage import prepare_store
from tests.listeners import Listener, mail_server, webhook
from tests.nights import Network, network, site

HELD = Alert("held-by-auditor", period="2025-03-03")
BAD_FILE = Alert("input-unusable", site="mall")
PASSWORD = "the-password-of-nobody"
SECRET_PATH = "/hook/T0000/very-secret"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hook() -> Iterator[Listener]:
    with webhook() as made:
        yield made


@pytest.fixture
def post() -> Iterator[Listener]:
    with mail_server() as made:
        yield made


def net_with(folder: Path, alerts: str) -> Network:
    net = network(folder / "network", site("mall", "web"), f"[alerts]\n{alerts}")
    prepare_store(net.settings)
    return net


def by_mail(post: Listener, more: str = 'security = "none"\n') -> str:
    return (
        f'[alerts.smtp]\nhost = "127.0.0.1"\nport = {post.port}\nsender = "iesiz@mall.example"\n'
        f'to = ["oncall@mall.example", "second@mall.example"]\n{more}'
    )


def by_call(hook: Listener) -> str:
    return f'[alerts.webhook]\nurl = "http://127.0.0.1:{hook.port}/hook"\n'


def say(settings: Settings, *raised: Alert, settled: Sequence[Alert] = ()) -> dict[str, str]:
    return dict(tell(settings, raised, lambda one: one in settled))


def test_without_settings_nobody_is_told(tmp_path: Path) -> None:
    net = net_with(tmp_path, "")
    assert say(net.settings, HELD) == {}
    assert [one.alert for one in open_alerts(net.settings)] == [HELD]


def test_a_call_carries_code_period_site_and_command(tmp_path: Path, hook: Listener) -> None:
    net = net_with(tmp_path, by_call(hook))
    assert say(net.settings, HELD, BAD_FILE) == {"webhook": "told"}
    [body] = map(json.loads, hook.heard)
    assert [(one["code"], one["site"], one["period"]) for one in body["amiss"]] == [
        ("held-by-auditor", "", "2025-03-03"),
        ("input-unusable", "mall", ""),
    ]
    assert all(one["command"].startswith("iesiz ") for one in body["amiss"])
    assert "held-by-auditor 2025-03-03" in body["text"]


def test_a_mail_goes_to_all_who_are_named(tmp_path: Path, post: Listener) -> None:
    net = net_with(tmp_path, by_mail(post))
    assert say(net.settings, HELD) == {"smtp": "told"}
    [mail] = post.heard
    assert "Subject: iesiz: held-by-auditor 2025-03-03" in mail
    assert "Run: iesiz status" in mail
    told = [one for one in post.commands if one.upper().startswith("RCPT")]
    assert [address in one for one, address in zip(told, ("oncall@", "second@"), strict=True)] == [True, True]


def test_the_same_state_is_told_once_and_its_end_once(tmp_path: Path, hook: Listener) -> None:
    settings = net_with(tmp_path, by_call(hook)).settings
    say(settings, HELD)
    assert say(settings, HELD) == {}
    assert say(settings) == {}  # not raised, and not over either: it was not looked at
    assert len(hook.heard) == 1
    assert say(settings, settled=[HELD]) == {"webhook": "told"}
    assert json.loads(hook.heard[1])["over"][0]["code"] == "held-by-auditor"
    assert say(settings, settled=[HELD]) == {}
    assert open_alerts(settings) == ()


def test_what_is_open_for_long_is_told_again(
    tmp_path: Path, hook: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, start = net_with(tmp_path, "repeat_hours = 24\n" + by_call(hook)).settings, calendar.now()
    for hours, heard in ((0, 1), (23, 1), (25, 2), (26, 2)):
        monkeypatch.setitem(tell.__globals__, "now", lambda hours=hours: start + dt.timedelta(hours=hours))
        say(settings, HELD)
        assert len(hook.heard) == heard


def test_a_hook_that_failed_tells_it_the_next_time_and_the_other_does_not(
    tmp_path: Path, hook: Listener, post: Listener
) -> None:
    settings = net_with(tmp_path, by_mail(post) + by_call(hook)).settings
    hook.status = 500
    assert say(settings, HELD) == {"smtp": "told", "webhook": "failed: HTTPError"}
    hook.status = 200
    assert say(settings, HELD) == {"webhook": "told"}
    assert (len(post.heard), len(hook.heard)) == (1, 2)


@pytest.mark.parametrize("refuses", ["MAIL", "RCPT"])
def test_a_mail_server_that_refuses_fails_the_hook_alone(
    tmp_path: Path, post: Listener, refuses: str
) -> None:
    post.refuses = refuses
    said = say(net_with(tmp_path, by_mail(post)).settings, HELD)["smtp"]
    assert said.startswith("failed: SMTP")


@pytest.mark.parametrize("kind", ["mail", "call"])
def test_a_server_that_hangs_is_left_after_the_time_allowed(
    tmp_path: Path, hook: Listener, post: Listener, kind: str
) -> None:
    hook.seconds = post.seconds = 0.6
    alerts = by_mail(post) if kind == "mail" else by_call(hook)
    start = time.monotonic()
    said = say(net_with(tmp_path, "timeout_seconds = 0.2\n" + alerts).settings, HELD)
    assert time.monotonic() - start < 30  # far beyond the 0.2 s, for machines under load
    assert [one.startswith("failed: ") for one in said.values()] == [True]


def test_nobody_there_fails_the_hook_alone(tmp_path: Path) -> None:
    nobody = Listener(port=9)
    said = say(net_with(tmp_path, by_mail(nobody) + by_call(nobody)).settings, HELD)
    assert {name: one.split(":")[0] for name, one in said.items()} == {"smtp": "failed", "webhook": "failed"}


def test_a_call_is_not_sent_on_to_another_place(tmp_path: Path, hook: Listener) -> None:
    with webhook() as other:
        hook.status, hook.place = 307, f"http://127.0.0.1:{other.port}/elsewhere"
        assert say(net_with(tmp_path, by_call(hook)).settings, HELD) == {"webhook": "failed: HTTPError"}
        assert other.heard == []


def test_no_password_goes_over_a_connection_that_is_not_private(tmp_path: Path, post: Listener) -> None:
    """The server offers no STARTTLS."""
    (tmp_path / "password").write_text(PASSWORD + "\n", "utf-8")
    (tmp_path / "password").chmod(0o600)
    net = net_with(tmp_path, by_mail(post, 'user = "iesiz"\npassword_file = "../password"\n'))
    assert say(net.settings, HELD)["smtp"].startswith("failed: ")
    assert PASSWORD not in repr(post)
    assert post.heard == []


def test_an_address_that_is_a_secret_comes_from_a_file_and_stays_out_of_all_that_is_said(
    tmp_path: Path, hook: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "address"
    path.write_text(f"http://127.0.0.1:{hook.port}{SECRET_PATH}\n", "utf-8")
    path.chmod(0o600)
    net = net_with(tmp_path, '[alerts.webhook]\nurl_file = "../address"\n')
    assert say(net.settings, HELD) == {"webhook": "told"}
    hook.status = 404
    said = repr(say(net.settings, BAD_FILE)) + caplog.text + repr(net.settings)
    kept = b"".join(one.read_bytes() for one in net.store.rglob("*") if one.is_file())
    assert SECRET_PATH not in said
    assert SECRET_PATH.encode() not in kept


def test_an_address_comes_from_the_environment(
    tmp_path: Path, hook: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_with(tmp_path, '[alerts.webhook]\nurl_variable = "TOLD_AT"\n')
    assert say(net.settings, HELD) == {"webhook": "failed: settings-wrong"}
    monkeypatch.setenv("TOLD_AT", f"http://127.0.0.1:{hook.port}/hook")
    assert say(net.settings, HELD) == {"webhook": "told"}
    monkeypatch.setenv("TOLD_AT", "file:///etc/passwd")
    assert say(net.settings, BAD_FILE) == {"webhook": "failed: settings-wrong"}


@pytest.mark.parametrize("spoil", ["open to others", "in the store", "a pipe", "empty", "not there"])
def test_a_secret_that_is_not_kept_well_is_refused(tmp_path: Path, spoil: str) -> None:
    net = net_with(tmp_path, "")
    path = (net.store if spoil == "in the store" else net.base) / "secret"
    if spoil == "a pipe":
        os.mkfifo(path, 0o600)
    elif spoil != "not there":
        path.write_text("" if spoil == "empty" else PASSWORD, "utf-8")
        path.chmod(0o640 if spoil == "open to others" else 0o600)
    with pytest.raises(SettingsError) as caught:
        SecretSource("password", net.base, net.store, str(path)).read()
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "alerts",
    [
        '[alerts.webhook]\nurl = "http://alerts.example/hook"',  # not private
        '[alerts.webhook]\nurl = "ftp://alerts.example/hook"',
        '[alerts.webhook]\nurl = "file:///etc/passwd"',
        '[alerts.webhook]\nurl = "https://user:word@alerts.example/"',
        '[alerts.webhook]\nurl = "https://alerts.example/\\r\\nHost: other"',
        '[alerts.webhook]\nurl = "https://alerts.example:99999/"',
        "[alerts.webhook]",
        '[alerts.webhook]\nurl_file = "a"\nurl_variable = "B"',
        '[alerts.smtp]\nhost = "mail.example"\nsender = "nobody"\nto = ["a@b.example"]',
        '[alerts.smtp]\nhost = "mail.example"\nsender = "a@b.example"\nto = []',
        '[alerts.smtp]\nhost = "mail.example"\nsender = "a@b.example"\nto = ["a@b.example\\r\\nRCPT"]',
        '[alerts.smtp]\nhost = "mail example"\nsender = "a@b.example"\nto = ["a@b.example"]',
        '[alerts.smtp]\nhost = "m.example"\nsender = "a@b.example"\nto = ["a@b.example"]\nuser = "a"',
        '[alerts.smtp]\nhost = "m.example"\nsender = "a@b.example"\nto = ["a@b.example"]\nuser = "a"\n'
        'password_file = "p"\nsecurity = "none"',
        'due = "25:00"',
        "timeout_seconds = 600",
    ],
)
def test_what_cannot_be_right_is_refused_when_the_settings_are_read(tmp_path: Path, alerts: str) -> None:
    net = network(tmp_path, site("mall", "web"), f"[alerts]\n{alerts}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(net.base / "iesiz.toml")
    assert caught.value.exit_code == 2
    assert "word@" not in str(caught.value)


def test_the_status_file_always_says_how_things_stand(tmp_path: Path) -> None:
    net = net_with(tmp_path, 'status_file = "state/iesiz.json"\n')
    path = net.base / "state" / "iesiz.json"
    assert say(net.settings) == {"status_file": "told"}
    assert json.loads(path.read_bytes())["state"] == "well"
    say(net.settings, HELD)
    found = json.loads(path.read_bytes())
    assert (found["state"], found["alerts"][0]["code"]) == ("amiss", "held-by-auditor")


def test_a_status_file_in_the_store_is_refused(tmp_path: Path) -> None:
    net = net_with(tmp_path, 'status_file = "store/published/../status.json"\n')
    assert say(net.settings) == {"status_file": "failed: settings-wrong"}
    assert list(net.store.rglob("status.json")) == []


def test_what_was_told_and_cannot_be_read_is_told_again(tmp_path: Path, hook: Listener) -> None:
    net = net_with(tmp_path, by_call(hook))
    say(net.settings, HELD)
    (net.store / "restricted" / "alerts.json").write_bytes(b'{"broken')
    assert say(net.settings, HELD) == {"webhook": "told"}


def test_every_error_has_a_code_that_can_be_told() -> None:
    kinds, found = [IesizError], set[str]()
    while kinds:
        one = kinds.pop()
        found.add(one.code)
        kinds += one.__subclasses__()
    assert found <= set(alert_codes())
    with pytest.raises(ValueError, match="no alert is called"):
        Alert("aigerim.secret@example.org")
