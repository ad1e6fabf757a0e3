"""When a period has ended and is due: a site's zone, its days of grace, and the clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from iesiz.periods import Period
from iesiz.settings import Settings
from iesiz.site_settings import Site

# What the machine's clock is asked by: the one place in which a test sets another time.
_tell = dt.datetime.now


def now() -> dt.datetime:
    """The time, in UTC."""
    return _tell(dt.UTC)


def yesterday(settings: Settings, moment: dt.datetime) -> dt.date:
    """The last whole local day of the first site at a moment."""
    return moment.astimezone(ZoneInfo(settings.sites[0].zone)).date() - dt.timedelta(days=1)


def is_due(settings: Settings, period: Period, moment: dt.datetime) -> bool:
    """Whether the last day of a period has closed at every site."""
    return all(_due_at(site, period.last) <= moment for site in settings.sites)


def last_due(settings: Settings, moment: dt.datetime) -> dt.date:
    """The last local day that has closed at every site at a moment."""
    days = (moment.astimezone(ZoneInfo(site.zone)).date() for site in settings.sites)
    grace = (site.close_after_days + 1 for site in settings.sites)
    return min(day - dt.timedelta(days=late) for day, late in zip(days, grace, strict=True))


def end_of(day: dt.date, zone: str) -> dt.datetime:
    """The moment at which a local day ends."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))


def _due_at(site: Site, day: dt.date) -> dt.datetime:
    return end_of(day + dt.timedelta(days=site.close_after_days), site.zone)
