"""Unions of visitors over weeks and months: what a closed day leaves for them, and what a period finds.

Opened by ``pipeline`` and ``closing``. In: a day's visitors; sets and published partitions of a period. Out:
sets in the restricted zone, and what a period's unions are counted from. It must not publish.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from iesiz.aggregate import Told
from iesiz.choices import published_tables
from iesiz.deidentify import GRAINS
from iesiz.periods import Grain, Period
from iesiz.publish import published_paths, published_periods, read_partition
from iesiz.restricted import drop_sets, read_called, read_maps, renew_set, set_paths, write_set
from iesiz.settings import Settings
from iesiz.storage import outside
from iesiz.tables import SEEN, TableSpec, load_tables
from iesiz.vocabulary import PUBLISHED

SITE = "site"


def has_unions(settings: Settings) -> bool:
    """Whether a union is published at all; without one nothing is kept for it."""
    return any(spec.source == SEEN for spec in published_tables(settings, load_tables()))


def keep_visitors(
    settings: Settings, day: dt.date, parts: Mapping[str, Sequence[Path]], visitors: pa.Table
) -> None:
    """Leave a day's visitors to its week and month, if these are not closed; before the day is published.

    Args:
        settings: where the store is.
        day: the local day.
        parts: the parts of its records by site.
        visitors: `site`, `visitor` and `network` of each.
    """
    open_ones = [
        period
        for period in (Period.of(grain, day) for grain in GRAINS)
        if period not in published_periods(settings, period.grain)
    ]
    for site, paths in parts.items() if has_unions(settings) else ():
        _keep(settings, open_ones, site, day, paths, _of_site(visitors, site))


def _keep(
    settings: Settings,
    periods: Sequence[Period],
    site: str,
    day: dt.date,
    parts: Sequence[Path],
    visitors: pa.Table,
    revision: int = 0,
) -> None:
    """Leave a site's visitors to some periods."""
    called = read_called(settings, parts, visitors["visitor"], [one.grain for one in periods])
    networks = visitors["network"].to_numpy()
    for period in periods:
        write_set(settings, period, site, day, called[period.grain], networks, revision)


def _of_site(visitors: pa.Table, site: str) -> pa.Table:
    """The visitors of a site, without its name."""
    return visitors.select(["visitor", "network"]).filter(pc.equal(visitors[SITE], site))


def renew_visitors(
    settings: Settings,
    day: dt.date,
    revision: int,
    before: Mapping[str, Sequence[Path]],
    after: Mapping[str, Sequence[Path]],
    visitors: pa.Table,
) -> None:
    """Leave a revised day's visitors to its week and month, before the revision counts.

    What lies there already counts until the ledger names the revision.

    Args:
        settings: where the store is.
        day: the local day.
        revision: its number.
        before, after: the parts of the day's records by site, without the late ones and with them.
        visitors: `site`, `visitor` and `network` of each, with the late ones.
    """
    late = {site: [one for one in paths if one not in before.get(site, ())] for site, paths in after.items()}
    for period in (Period.of(grain, day) for grain in GRAINS):
        if period in published_periods(settings, period.grain):
            continue
        drop_sets(settings, period, day, revision=revision)  # Of one that a crash kept from counting.
        held = set_paths(settings, period, _revisions(settings))
        for site, paths in late.items():
            own = _of_site(visitors, site)
            if paths and day in held.get(site, {}):
                renew_set(settings, period, held[site][day], own, read_maps(settings, paths), revision)
            elif site not in before and has_unions(settings):
                _keep(settings, [period], site, day, paths, own, revision)


def _revisions(settings: Settings) -> dict[dt.date, int]:
    """The number of the last revision of each published day."""
    published = published_periods(settings, Grain.DAY)
    return {period.start: int(facts.get("revision", 0)) for period, facts in published.items()}


def seen_in(
    settings: Settings, period: Period, days: Mapping[dt.date, Collection[str]]
) -> dict[str, dict[dt.date, Path]]:
    """The sets of a period by site and day; none if a day has left none, so that a union would lack it.

    Args:
        settings: where the store is.
        period: the week or month.
        days: its published days with the sites that had data.
    """
    held = set_paths(settings, period, _revisions(settings))
    wanted = {(site, day) for day, sites in days.items() for site in sites}
    if not wanted <= {(site, day) for site, by_day in held.items() for day in by_day}:
        return {}
    return {
        site: {day: path for day, path in by_day.items() if (site, day) in wanted}
        for site, by_day in held.items()
        if any(name == site for name, _ in wanted)
    }


def told_in(settings: Settings, period: Period, days: Collection[dt.date]) -> tuple[Told, ...]:
    """Parts of a period of which visitors are published: its days, and of a month the weeks that hold some.

    Args:
        settings: where the store is.
        period: the week or month.
        days: the published days that it is made of.
    """
    specs = load_tables()
    unions = [one for one in specs if one.source == SEEN and one.grain is period.grain]
    daily = {link.table for one in unions for link in one.links if link.unions and link.over_time}
    within = {
        one.name
        for one in specs
        for link in one.links
        if link.within and link.table in {spec.name for spec in unions}
    }
    paths = published_paths(settings)
    visitors = [one for one in specs if one.grain is Grain.DAY and one.contributor == "visitor"]
    found = [told for day in sorted(days) for told in _of_day(paths, visitors, daily, day)]
    for spec in (one for one in specs if one.name in within):
        for part, facts in published_periods(settings, spec.grain).items():
            covered = frozenset(dt.date.fromisoformat(day) for day in facts["days"])
            inner = covered & frozenset(days)
            sites = _published_sites(paths, spec, part) if inner else set()
            found += [Told(site, part.name, inner, covered <= inner) for site in sorted(sites)]
    return tuple(found)


def _of_day(
    paths: Mapping[tuple[str, str], Path], specs: Sequence[TableSpec], whole: Collection[str], day: dt.date
) -> Iterator[Told]:
    """The sites of a day whose visitors are published, and those of which only some breakdown is."""
    period = Period(Grain.DAY, day)
    sites = {spec.name: _published_sites(paths, spec, period) for spec in specs}
    counted = {site for name in whole for site in sites.get(name, set())}
    for site in sorted({site for found in sites.values() for site in found}):
        yield Told(site, period.name, frozenset({day}), site in counted)


def _published_sites(paths: Mapping[tuple[str, str], Path], spec: TableSpec, period: Period) -> set[str]:
    """Sites of which a partition shows a cell."""
    path = paths.get((spec.name, period.name))
    if path is None:
        return set()
    with outside(path):
        rows: list[dict[str, Any]] = read_partition(spec, path).table.to_pylist()
    return {row[SITE] for row in rows if row["status"] == PUBLISHED}
