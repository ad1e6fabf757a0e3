"""Whether a night has succeeded by the time that is due: asked by a schedule of its own.

In: settings, the clock, what is noted of earlier runs. Out: what is amiss, told as the settings say. It must
not hold the store (a night may be at work), nor need the scheduler of the nights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from iesiz.alerts import Alert, ToldAlert, open_alerts, tell
from iesiz.run_facts import NIGHT, RunFacts
from iesiz.runs import has_store, last_success, read_runs
from iesiz.settings import Settings

NO_SUCCESS = "no-success"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is open now, when a night last succeeded (ISO, UTC; empty if never), and what the hooks did."""

    alerts: tuple[ToldAlert, ...]
    last_success: str
    hooks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DueTime:
    """The last time at which a night had to have succeeded.

    Attributes:
        begin: the local midnight before it.
        day: the local day that had to be closed.
    """

    at: dt.datetime
    begin: dt.datetime
    day: dt.date

    @classmethod
    def before(cls, settings: Settings, moment: dt.datetime) -> DueTime:
        """The last one before a moment, in the first site's zone."""
        zone = ZoneInfo(settings.sites[0].zone)
        local, clock = moment.astimezone(zone), dt.time.fromisoformat(settings.alerts.due)
        date = local.date() if local.timetz().replace(tzinfo=None) >= clock else _before(local.date())
        begin = dt.datetime.combine(date, dt.time(), zone)
        return cls(dt.datetime.combine(date, clock, zone), begin, _before(date))

    def is_met_by(self, run: RunFacts) -> bool:
        """Whether a run is the success that was due: a night that ended well and was to close the day."""
        ended = dt.datetime.fromisoformat(run.ended)
        return run.kind == NIGHT and run.exit_code == 0 and ended >= self.begin and run.last >= str(self.day)


def watch(settings: Settings, moment: dt.datetime) -> Watched:
    """Look whether a night succeeded by the time that was due, and tell it if not.

    What a hook could not tell before is told again.

    Raises:
        OutsideError: what is noted cannot be read, or what was told cannot be remembered.
    """
    runs = read_runs(settings) if has_store(settings) else ()
    due = DueTime.before(settings, moment)
    is_met = any(due.is_met_by(run) for run in runs)
    raised = () if is_met else (Alert(NO_SUCCESS, period=str(due.day)),)
    hooks = tell(settings, raised, lambda one: one.code == NO_SUCCESS)
    still = open_alerts(settings) if has_store(settings) else tuple(ToldAlert(one, "") for one in raised)
    success = last_success(runs)
    return Watched(still, success.ended if success else "", hooks)


def _before(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=1)
