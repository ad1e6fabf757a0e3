"""The ways out: a status file, a mail server, a webhook. None is used unless the settings name it.

In: a message. Out: ``told``, or ``failed`` and why, by a word of ours: what a server answers is not repeated.
It must not take longer than the settings allow, follow a server to another address, nor show a secret.
"""

from __future__ import annotations

import datetime as dt
import json
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from iesiz.alerts.message import Message, facts_of
from iesiz.alerts.told import ToldAlert
from iesiz.errors import IesizError, SettingsError
from iesiz.settings import Settings
from iesiz.storage import write_bytes

TOLD = "told"
Send = Callable[[Message], str]


def hooks_of(settings: Settings) -> Mapping[str, Send]:
    """The hooks that the settings name; each returns what became of it and raises nothing."""
    from iesiz.alerts.mail import send_mail
    from iesiz.alerts.webhook import call_webhook

    found: dict[str, Callable[[Settings, Message], None]] = {}
    if settings.alerts.smtp is not None:
        found["smtp"] = send_mail
    if settings.alerts.webhook is not None:
        found["webhook"] = call_webhook
    return {name: partial(_attempt, settings, send) for name, send in found.items()}


def write_status(settings: Settings, alerts: Sequence[ToldAlert], moment: dt.datetime) -> Mapping[str, str]:
    """Write the status file, whatever there is to say; nothing where none is named."""
    if settings.alerts.status_file is None:
        return {}
    facts = {
        "state": "amiss" if alerts else "well",
        "at": moment.isoformat(timespec="seconds"),
        "alerts": facts_of(alerts),
    }
    try:
        write_bytes(status_path(settings), json.dumps(facts, ensure_ascii=False).encode() + b"\n")
    except IesizError as error:
        return {"status_file": f"failed: {error.code}"}
    return {"status_file": TOLD}


def status_path(settings: Settings) -> Path:
    """Where the status file lies.

    Raises:
        SettingsError: in the store.
    """
    path = settings.base / (settings.alerts.status_file or "")
    if path.resolve().is_relative_to(settings.store_path.resolve()):
        raise SettingsError(f"{path}: the status file lies in the store. Name a place outside of it.")
    return path


def _attempt(settings: Settings, send: Callable[[Settings, Message], None], message: Message) -> str:
    """Send within the time allowed, in a thread that is left behind if it hangs."""
    outcome = queue.SimpleQueue[str]()

    def work() -> None:
        try:
            send(settings, message)
            outcome.put(TOLD)
        except IesizError as error:
            outcome.put(f"failed: {error.code}")
        except Exception as error:  # noqa: BLE001 - whatever it is: its text may hold an address or a password
            outcome.put(f"failed: {type(error).__name__}")

    threading.Thread(target=work, daemon=True).start()
    try:
        return outcome.get(timeout=settings.alerts.timeout_seconds)
    except queue.Empty:
        return "failed: too slow"
