"""Periods for which tables are published: local days, ISO weeks, months and quarters.

In: a day, or a period's name. Out: a frozen ``Period``. It must not know when a period has closed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from iesiz.errors import SettingsError

MOST_DAYS = 3660
MONTHS = {"month": 1, "quarter": 3}
NAMES = {
    "day": re.compile(r"\d{4}-\d{2}-\d{2}", re.A),
    "week": re.compile(r"(\d{4})-W(\d{2})", re.A),
    "month": re.compile(r"(\d{4})-(\d{2})", re.A),
    "quarter": re.compile(r"(\d{4})-Q([1-4])", re.A),
}


class Grain(StrEnum):
    """The length of a table's period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


LONGER = (Grain.WEEK, Grain.MONTH, Grain.QUARTER)


@dataclass(frozen=True, slots=True)
class Period:
    """A day, an ISO week, a month or a quarter; ``start`` is its first local day."""

    grain: Grain
    start: dt.date

    def __post_init__(self) -> None:
        """Refuse a start that is none.

        Raises:
            ValueError: no period of that length starts on that day.
        """
        if self.start != _first(self.grain, self.start):
            raise ValueError(f"no {self.grain} starts on {self.start}")

    @classmethod
    def of(cls, grain: Grain, day: dt.date) -> Period:
        """The period of that length that holds a day."""
        return cls(grain, _first(grain, day))

    @staticmethod
    @lru_cache(1 << 12)
    def named(name: str) -> Period:
        """Read a name as ``name`` gives it.

        Raises:
            SettingsError: it is no period's name.
        """
        for grain in Grain:
            found = NAMES[grain].fullmatch(name)
            if found:
                try:
                    return Period(grain, _start(grain, name, found))
                except ValueError:
                    break
        raise SettingsError("A period is written 2026-11-01, 2026-W47, 2026-11 or 2026-Q4.")

    @property
    def name(self) -> str:
        """As files and readers call it: ``2026-11-01``, ``2026-W47``, ``2026-11``, ``2026-Q4``."""
        if self.grain is Grain.WEEK:
            year, week, _ = self.start.isocalendar()
            return f"{year:04}-W{week:02}"
        if self.grain is Grain.QUARTER:
            return f"{self.start.year:04}-Q{self.start.month // 3 + 1}"
        return self.start.isoformat()[: 7 if self.grain is Grain.MONTH else 10]

    @property
    def end(self) -> dt.date:
        """The first day after it."""
        if self.grain in MONTHS:
            return _month_on(self.start, MONTHS[self.grain])
        return self.start + dt.timedelta(days=7 if self.grain is Grain.WEEK else 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        return self.end - dt.timedelta(days=1)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Its days, in order."""
        return tuple(self.start + dt.timedelta(days=step) for step in range((self.end - self.start).days))

    def __contains__(self, day: dt.date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        return self.name


def _first(grain: Grain, day: dt.date) -> dt.date:
    if grain is Grain.WEEK:
        return day - dt.timedelta(days=day.weekday())
    if grain in MONTHS:
        length = MONTHS[grain]
        return day.replace(day=1, month=(day.month - 1) // length * length + 1)
    return day


def _start(grain: Grain, name: str, found: re.Match[str]) -> dt.date:
    if grain is Grain.DAY:
        return dt.date.fromisoformat(name)
    year, number = int(found[1]), int(found[2])
    if grain is Grain.WEEK:
        return dt.date.fromisocalendar(year, number, 1)
    return dt.date(year, (number - 1) * MONTHS[grain] + 1, 1)


def _month_on(start: dt.date, months: int) -> dt.date:
    whole = start.month - 1 + months
    return dt.date(start.year + whole // 12, whole % 12 + 1, 1)


def days_between(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """The days of a range, oldest first.

    Raises:
        SettingsError: the last comes before the first, or more than ten years later.
    """
    if last < first or (last - first).days > MOST_DAYS:
        raise SettingsError("The last day of a range comes after the first, at most ten years later.")
    return tuple(first + dt.timedelta(days=step) for step in range((last - first).days + 1))
