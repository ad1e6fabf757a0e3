"""Nights, weeks and months in sequence, in memory, and an attacker who keeps all that was published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from iesiz.disclosure import Archive, Earlier, Rules, audit_night, carried, marked, plan_of, protect_night
from iesiz.disclosure.attacker import Attacker, Intervals, View
from iesiz.disclosure.plan import Plan
from iesiz.disclosure.sparse import Floats, from_lists
from iesiz.disclosure.system import system_of
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link
from iesiz.periods import Grain, Period
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import TYPES, Column
from iesiz.tables import Cells, Standing, TableSpec
from iesiz.vocabulary import Purpose, Role

KEY, THRESHOLDS = bytes(range(32)), Thresholds()
PEOPLE = "registration_count"
SITES, REGIONS = ("a", "b"), ("r1", "r2", "r3", "r4", "r5")
DAILY, TOTALS = "daily_people_by_region", "daily_people_by_site"
OVER_TIME = Link(DAILY, (), sums={PEOPLE: PEOPLE}, over_time=True)


def spec_of(name: str, grain: Grain, dimensions: Mapping[str, Any], *links: Link) -> TableSpec:
    """A table that counts people."""
    columns = [
        Column(one, "string", Role.DIMENSION, one, one, values) for one, values in dimensions.items()
    ] + [Column(PEOPLE, "int", Role.CONTRIBUTOR, "people", "people")]
    fixed = (Purpose.RESEARCH, "registration", "row", "person", False, 1)
    return TableSpec(name, name, grain, *fixed, tuple(columns), "", "", (), links)


FULL = {"site": "sites", "region": REGIONS}
SPECS = (
    spec_of(DAILY, Grain.DAY, FULL, Link(TOTALS, ("region",), sums={PEOPLE: PEOPLE})),
    spec_of(TOTALS, Grain.DAY, {"site": "sites"}),
    spec_of("weekly_people_by_region", Grain.WEEK, FULL, OVER_TIME),
    spec_of("monthly_people_by_region", Grain.MONTH, FULL, OVER_TIME),
)
ALL_REGIONS = Link(DAILY, (), ("region",), sums={PEOPLE: PEOPLE}, over_time=True)
# Weeks that are sums over regions too: withheld regions of all days of a site hang together.
SUMMED = (
    *SPECS[:2],
    spec_of(
        "weekly_people_by_site", Grain.WEEK, {"site": "sites"}, replace(OVER_TIME, over_there=("region",))
    ),
    SPECS[3],
)


@dataclass
class Releases:
    """Everything that was published, in order; with `remembers` off each release forgets the others."""

    remembers: bool = True
    keeps_days: int = 45
    specs: Sequence[TableSpec] = SPECS
    done: dict[tuple[str, Period], Earlier] = field(default_factory=dict)
    seconds: dict[Period, float] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return plan_of(self.specs, len(SITES))

    def publish(self, period: Period, exact: Sequence[Cells]) -> None:
        """Protect, audit and publish a period's tables."""
        plan, today = self.plan, period.end
        history = carried(exact, plan, self._archive(today)) if self.remembers else ()
        rules = Rules(KEY, period.name, THRESHOLDS, plan)
        night = protect_night(exact, KEY, period.name, THRESHOLDS, plan, history)
        verdict = audit_night(night.cells, exact, rules, history)
        assert verdict.findings == (), [(one.table, one.key, one.reason) for one in verdict.findings]
        self.seconds[period] = night.seconds + verdict.seconds
        for cells, counts in zip(night.cells, exact, strict=True):
            kept = (replace(one, standing=Standing.KEPT) for one in (cells, marked(counts, rules)))
            self.done[cells.spec.name, period] = Earlier(*kept)

    def _archive(self, today: dt.date) -> Archive:
        def fetch(spec: TableSpec, period: Period) -> Earlier | None:
            one = self.done.get((spec.name, period))
            if one and (today - period.end).days > self.keeps_days:
                raise PrivacyRefusal("expired")
            return one

        def longer(grain: Grain, day: Period) -> list[Period]:
            found = Period.of(grain, day.start)
            return [p for (_, p), one in self.done.items() if p == found and day.start in one.counts.days][:1]

        return Archive(fetch, longer)


def cells_of(
    spec: TableSpec, period: Period, counts: Mapping[tuple[str, ...], int], days: Sequence[dt.date]
) -> Cells:
    """Exact cells of a period."""
    rows = [{**dict(zip(spec.dimensions, key, strict=True)), PEOPLE: n} for key, n in counts.items()]
    schema = pa.schema([(one.name, TYPES[one.type]) for one in spec.columns])
    covered = frozenset(days) if period.grain is not Grain.DAY else frozenset()
    return Cells(spec, pa.Table.from_pylist(rows, schema), period=period, days=covered)


@dataclass(frozen=True)
class World:
    """People by day, site and region, shape (days, sites, regions)."""

    days: tuple[dt.date, ...]
    people: np.ndarray[tuple[int, ...], np.dtype[np.int64]]

    def cells(self, spec: TableSpec, period: Period) -> Cells:
        """Exact cells of one table for one period."""
        inside = [place for place, day in enumerate(self.days) if day in period]
        found = self.people[inside].sum(axis=0)
        counts = {
            (site, region): int(found[s, r])
            for s, site in enumerate(SITES)
            for r, region in enumerate(REGIONS)
        }
        if "region" not in spec.dimensions:
            counts = {(site,): int(found[s].sum()) for s, site in enumerate(SITES)}
        return cells_of(spec, period, counts, [self.days[place] for place in inside])

    def run(self, releases: Releases) -> Releases:
        """Publish every day, each week after its Sunday, each month after its last day."""
        for day in self.days:
            for grain in Grain:
                period = Period.of(grain, day)
                specs = [spec for spec in releases.specs if spec.grain is grain]
                if specs and (period.last == day or (grain is Grain.MONTH and day == self.days[-1])):
                    releases.publish(period, [self.cells(spec, period) for spec in specs])
        return releases

    def attack(self, releases: Releases) -> tuple[Intervals, Floats]:
        """Everything published as sums of the finest cells, at once; intervals and true values."""
        place = np.arange(self.people.size).reshape(self.people.shape)
        rows, values = [], []
        for (_, period), one in releases.done.items():
            inside = [at for at, day in enumerate(self.days) if day in period]
            for row in one.published.table.to_pylist():
                regions = slice(None) if "region" not in row else REGIONS.index(row["region"])
                rows.append(place[inside, SITES.index(row["site"]), regions].ravel().tolist())
                values.append(np.nan if row[PEOPLE] is None else float(row[PEOPLE]))
        incidence = from_lists(rows, self.people.size)
        system = system_of(incidence)
        seen = np.full(len(system.forms), np.nan)
        for planned, value in zip(system.planned, values, strict=True):
            seen[planned] = value if np.isnan(seen[planned]) else seen[planned]
        intervals = Attacker(View(system, seen)).intervals()
        return intervals, system.forms.dot(self.people.ravel().astype(float))[intervals.forms]


def world(mean: float, days: int, seed: int = 7, start: dt.date = dt.date(2026, 11, 1)) -> World:
    """A made-up month; regions and sites differ in size."""
    random = np.random.default_rng(seed)
    size = random.lognormal(0.0, 1.2, (1, len(SITES), len(REGIONS)))
    people = random.poisson(mean * size * random.lognormal(0.0, 0.3, (days, len(SITES), len(REGIONS))))
    return World(tuple(start + dt.timedelta(days=step) for step in range(days)), people.astype(np.int64))
