"""A month of visitors with its weeks and bands: what days withheld stays withheld when the unions come out.

The attacker is a linear program of the tests' own: days, weeks, month and bands as unknowns, with everything
that holds between them whoever the visitors are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import linprog

from iesiz.disclosure.night_rules import LEFT_BY_ALL, LEFT_BY_EACH
from iesiz.periods import Grain, Period
from iesiz.table_parts import TYPES
from iesiz.tables import Cells, TableSpec, load_tables
from tests.privacy.releases import THRESHOLDS, Releases

DAILY, WEEKLY, MONTHLY = (f"{grain}_visitors_by_site" for grain in ("daily", "weekly", "monthly"))
BANDED = "monthly_returning_visitors_by_site"
NAMES = (DAILY, WEEKLY, MONTHLY, BANDED)
SPECS = tuple(
    replace(one, links=tuple(link for link in one.links if link.table in NAMES))
    for one in load_tables()
    if one.name in NAMES
)
JUNE = Period(Grain.MONTH, dt.date(2026, 6, 1))  # it begins on a Monday, and four weeks lie within it
BANDS = {"1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6+": (6, 30)}
SITES = ("a", "b")
K = THRESHOLDS.k
# Visitors of a day at the first site; the second has three times as many.
LEVELS = (2.0, 5.0, 8.0, 12.0, 40.0)
# A large day that is withheld for its few networks: its week's visitor-days less the other days would be it.
FEW_NETWORKS = ("a", dt.date(2026, 6, 10))
Visitors = Mapping[str, Mapping[dt.date, frozenset[int]]]


def visitors(mean: float) -> Visitors:
    """Who was seen on each day: most come once, some come again on many days."""
    random = np.random.default_rng(int(mean * 10))
    days = list(JUNE.days)
    found: dict[str, dict[dt.date, frozenset[int]]] = {}
    for site, level in zip(SITES, (mean, 3 * mean), strict=True):
        regulars = np.flatnonzero(random.random((int(level), len(days))) < 0.3)
        by_day: dict[dt.date, set[int]] = {day: set() for day in days}
        for place in regulars:
            by_day[days[place % len(days)]].add(int(place) // len(days))
        for at, day in enumerate(days):
            by_day[day] |= {1000 * (at + 1) + one for one in range(random.poisson(0.7 * level))}
        found[site] = {day: frozenset(seen) for day, seen in by_day.items()}
    return found


@dataclass(frozen=True)
class Month:
    """A month's visitors, published day after day, each week after its Sunday, the month at its end."""

    seen: Visitors

    def published(self, releases: Releases) -> Releases:
        days = list(self.seen[SITES[0]])
        for day in days:
            self._publish(releases, Period(Grain.DAY, day), DAILY)
            if day.isoweekday() == 7:
                self._publish(releases, Period.of(Grain.WEEK, day), WEEKLY)
        self._publish(releases, JUNE, MONTHLY, BANDED)
        return releases

    def _publish(self, releases: Releases, period: Period, *names: str) -> None:
        specs = {spec.name: spec for spec in SPECS}
        releases.publish(period, [self.cells(specs[name], period, releases) for name in names])

    def cells(self, spec: TableSpec, period: Period, releases: Releases) -> Cells:
        """Exact cells, with what published parts leave over; all else that rules ask is plenty."""
        days = [day for day in self.seen[SITES[0]] if day in period]
        rows = [row for site in SITES for row in self._rows(spec, site, days, releases)]
        plenty = {one.name: 100 for one in spec.columns}
        schema = pa.schema([(one.name, TYPES[one.type]) for one in spec.columns])
        covered = frozenset(days) if period.grain is not Grain.DAY else frozenset()
        return Cells(
            spec, pa.Table.from_pylist([plenty | row for row in rows], schema), period=period, days=covered
        )

    def _rows(
        self, spec: TableSpec, site: str, days: Sequence[dt.date], releases: Releases
    ) -> Iterator[dict[str, object]]:
        seen = [self.seen[site][day] for day in days]
        whole = frozenset[int]().union(*seen)
        often = {one: sum(one in day for day in seen) for one in whole}
        if spec.name == BANDED:
            for band, (least, most) in BANDS.items():
                count = sum(least <= times <= most for times in often.values())
                yield {"site": site, "days_seen": band, "visitor_count": count}
            return
        row: dict[str, object] = {"site": site, "visitor_count": len(whole)}
        if spec.name == DAILY:  # one visit of a minute each, with two pageviews
            row |= {
                "visit_count": len(whole),
                "pageview_count": 2 * len(whole),
                "duration_seconds": 60 * len(whole),
            }
            row |= {"duration_seconds_first": 1, "duration_seconds_second": 1}
            row |= {"network_count": 1} if (site, days[0]) == FEW_NETWORKS else {}
        else:
            parts = list(self._told(releases, site, days))
            row["visitor_days"] = sum(often.values())
            row[LEFT_BY_EACH] = min((len(whole - part) for part in parts), default=len(whole))
            row[LEFT_BY_ALL] = len(whole - frozenset[int]().union(*parts))
        yield row

    def _told(self, releases: Releases, site: str, days: Sequence[dt.date]) -> Iterator[frozenset[int]]:
        """Visitors of each part whose number is published."""
        for (_, period), count in counts(releases, site).items():
            inside = [day for day in self.seen[site] if day in period]
            if count is not None and set(inside) <= set(days):
                yield frozenset[int]().union(*(self.seen[site][day] for day in inside))


def counts(releases: Releases, site: str) -> dict[tuple[str, Period], int | None]:
    """Visitors of a site by day, week and month as published; None where withheld."""
    return {
        (name, period): row["visitor_count"]
        for (name, period), one in releases.done.items()
        if name != BANDED
        for row in one.published.table.to_pylist()
        if row["site"] == site
    }


@dataclass
class Program:
    """What holds between days, weeks, month and bands of a site, and what is published of them."""

    shown: Mapping[str, float | None]
    upper: list[tuple[dict[str, float], float]] = field(default_factory=list)
    equal: list[tuple[dict[str, float], float]] = field(default_factory=list)

    @classmethod
    def of(cls, releases: Releases, site: str, days: Sequence[dt.date]) -> Program:
        """The program of a site."""
        rows = {
            (name, str(period)): [one for one in done.published.table.to_pylist() if one["site"] == site]
            for (name, period), done in releases.done.items()
        }
        bands = {one["days_seen"]: one["visitor_count"] for one in rows.pop((BANDED, str(JUNE)))}
        made = cls({name: row["visitor_count"] for (_, name), (row,) in rows.items()} | bands)
        for (table, name), (row,) in rows.items():
            if table != DAILY:
                made.union(name, [str(day) for day in days if day in Period.named(name)], row["visitor_days"])
            if table == WEEKLY:
                made.upper.append(({name: 1.0, str(JUNE): -1.0}, 0.0))
        made.bands([str(day) for day in days])
        return made

    def union(self, name: str, days: Sequence[str], visitor_days: float | None) -> None:
        """At least as many as on each day, at most as on all; these add up to the visitor-days."""
        self.upper += [({day: 1.0, name: -1.0}, 0.0) for day in days]
        self.upper.append(({name: 1.0} | dict.fromkeys(days, -1.0), 0.0))
        if visitor_days is not None:
            self.equal.append((dict.fromkeys(days, 1.0), float(visitor_days)))

    def bands(self, days: Sequence[str]) -> None:
        """Each visitor of the month is in one band, and each band was seen on so many days."""
        self.equal.append((dict.fromkeys(BANDS, 1.0) | {str(JUNE): -1.0}, 0.0))
        for side, sign in ((0, 1.0), (1, -1.0)):
            ends = {band: sign * both[side] for band, both in BANDS.items()}
            self.upper.append((ends | dict.fromkeys(days, -sign), 0.0))

    def widths(self) -> dict[str, float]:
        """How closely each withheld number is known, by two linear programs each."""
        withheld = [name for name, count in self.shown.items() if count is None]
        return {name: -self._least(name, -1.0) - self._least(name, 1.0) for name in withheld}

    def _least(self, name: str, sign: float) -> float:
        bounds = [(0.0, None) if one is None else (one, one) for one in self.shown.values()]
        left, right = (
            np.array([[one.get(name, 0.0) for name in self.shown] for one, _ in rows])
            for rows in (self.upper, self.equal)
        )
        limits, sums = ([value for _, value in rows] for rows in (self.upper, self.equal))
        goal = [sign * (one == name) for one in self.shown]
        found = linprog(goal, A_ub=left, b_ub=limits, A_eq=right, b_eq=sums, bounds=bounds)
        assert found.status in (0, 3), "what is published contradicts itself"
        return -np.inf if found.status == 3 else float(found.fun)


def known(mean: float, releases: Releases) -> list[float]:
    """How closely each withheld number of a month is known."""
    seen = visitors(mean)
    Month(seen).published(releases)
    found = [Program.of(releases, site, list(seen[site])).widths() for site in SITES]
    return [width for one in found for width in one.values()]


@pytest.mark.parametrize("mean", LEVELS)
def test_thirty_nights_four_weeks_a_month_and_its_bands_give_nothing_away(mean: float) -> None:
    widths = known(mean, Releases(specs=SPECS))
    assert len(widths) > 0
    assert min(widths) >= K - 1e-6


def test_control_without_history_a_week_less_its_days_is_a_withheld_day() -> None:
    assert min(known(LEVELS[-1], Releases(specs=SPECS, remembers=False))) < 1e-6
