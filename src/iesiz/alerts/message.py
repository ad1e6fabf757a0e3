"""An alert as it is read: by people in a mail, by machines as JSON; codes, dates, sites and commands only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iesiz.alerts.codes import alert_codes
from iesiz.alerts.told import ToldAlert


@dataclass(frozen=True, slots=True)
class Message:
    """What is told at once: what is amiss, and what is over."""

    amiss: tuple[ToldAlert, ...]
    over: tuple[ToldAlert, ...] = ()

    @property
    def subject(self) -> str:
        """In one line."""
        if not self.amiss:
            return f"iesiz: over: {_names(self.over)}"
        return f"iesiz: {_names(self.amiss)}"

    @property
    def text(self) -> str:
        """For people."""
        parts = [_paragraph(one) for one in self.amiss]
        if self.over:
            parts.append("Over: " + ", ".join(str(one.alert) for one in self.over) + "\n")
        return "\n".join([*parts, "RUNBOOK.md says more of each code.\n"])

    @property
    def facts(self) -> dict[str, object]:
        """For machines; ``text`` is what chat services show."""
        return {
            "text": f"{self.subject}\n\n{self.text}",
            "amiss": facts_of(self.amiss),
            "over": facts_of(self.over),
        }


def facts_of(alerts: Sequence[ToldAlert]) -> list[dict[str, str]]:
    """Alerts as plain values."""
    known = alert_codes()
    return [
        {
            "code": one.alert.code,
            "site": one.alert.site,
            "period": one.alert.period,
            "since": one.since,
            "meaning": known[one.alert.code].meaning,
            "command": known[one.alert.code].command,
        }
        for one in alerts
    ]


def _names(alerts: Sequence[ToldAlert]) -> str:
    shown = ", ".join(str(one.alert) for one in alerts[:3])
    return shown + (f" and {len(alerts) - 3} more" if len(alerts) > 3 else "")


def _paragraph(one: ToldAlert) -> str:
    known = alert_codes()[one.alert.code]
    return f"{one.alert} (since {one.since})\n  {known.meaning}\n  Run: {known.command}\n"
