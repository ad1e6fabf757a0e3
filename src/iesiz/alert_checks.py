"""What would keep somebody from being told: secrets that cannot be read, places that are refused, silence.

In: settings. Out: findings. It must not tell anybody, nor call out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iesiz.alerts.hooks import status_path
from iesiz.alerts.mail import password_source
from iesiz.alerts.webhook import webhook_url
from iesiz.calendar import now
from iesiz.errors import SettingsError
from iesiz.runs import has_store, read_runs
from iesiz.settings import Settings
from iesiz.vocabulary import Finding
from iesiz.watch import DueTime


def alert_findings(settings: Settings) -> Iterator[Finding]:
    """What the hooks that are named lack."""
    looks: list[Callable[[], object]] = []
    if settings.alerts.webhook is not None:
        looks.append(lambda: webhook_url(settings))
    if settings.alerts.smtp is not None and settings.alerts.smtp.user:
        source = password_source(settings, settings.alerts.smtp)
        looks.append(source.read)
    if settings.alerts.status_file is not None:
        looks.append(lambda: status_path(settings))
    for look in looks:
        try:
            look()
        except SettingsError as error:
            yield Finding("alerts", str(error), "Do as the message says; see [alerts] of the settings.")


def night_findings(settings: Settings) -> Iterator[Finding]:
    """Whether the night that was due last has succeeded, once there was any."""
    runs = read_runs(settings) if has_store(settings) else ()
    due = DueTime.before(settings, now())
    if runs and not any(due.is_met_by(run) for run in runs):
        yield Finding(
            "nights",
            f"no night for {due.day} has succeeded by {due.at:%Y-%m-%d %H:%M}.",
            "iesiz status, then iesiz run",
        )
