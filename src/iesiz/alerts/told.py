"""Which alerts are open, and whom they were told: so that nobody is woken twice for one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from iesiz.alerts.codes import Alert
from iesiz.settings import Settings
from iesiz.storage import outside, write_secret


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An open alert.

    Attributes:
        since: ISO time at which it was first raised.
        told: ISO time at which each hook last told it.
    """

    alert: Alert
    since: str
    told: Mapping[str, str] = field(default_factory=dict)

    def is_due(self, hook: str, moment: dt.datetime, repeat_hours: int) -> bool:
        """Whether a hook is to tell it now: for the first time, or again after so many hours."""
        last = self.told.get(hook)
        if last is None:
            return True
        return bool(repeat_hours) and moment - dt.datetime.fromisoformat(last) >= dt.timedelta(
            hours=repeat_hours
        )


def open_alerts(settings: Settings) -> tuple[ToldAlert, ...]:
    """The open alerts; a file that cannot be understood holds none, so that they are told again.

    Raises:
        OutsideError: it cannot be read.
    """
    path = _path(settings)
    with outside(path):
        content = path.read_bytes() if path.exists() else b"[]"
    try:
        return tuple(ToldAlert(Alert(**one.pop("alert")), **one) for one in json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


def write_open(settings: Settings, alerts: Sequence[ToldAlert]) -> None:
    """Keep them.

    Raises:
        OutsideError: the storage failed; they are told again.
    """
    write_secret(_path(settings), json.dumps([asdict(one) for one in alerts]).encode())


def _path(settings: Settings) -> Path:
    return settings.restricted / "alerts.json"
