"""What was published before, for a release that is to be protected together with it.

In: settings and specifications. Out: the `Archive` that disclosure control asks. It must not write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from iesiz.disclosure import CHANGE, Archive, Earlier
from iesiz.errors import Expired
from iesiz.periods import LONGER, Grain, Period
from iesiz.publish import (
    published_paths,
    published_periods,
    read_partition,
    read_published,
    superseded_paths,
)
from iesiz.restricted import read_exact
from iesiz.settings import Settings
from iesiz.tables import Cells, Standing, TableSpec


@dataclass(frozen=True)
class Shelves:
    """Published partitions by table and period, and the days that each longer period was made of.

    Attributes:
        superseded: partitions that revisions took the place of, oldest first.
        days: the published days that each longer period is made of.
        is_public: whether releases are fetched as everybody sees them, without exact counts.
        revised: the period that is being revised, whose partitions are past as well.
    """

    settings: Settings
    partitions: Mapping[tuple[str, str], Path]
    superseded: Mapping[tuple[str, str], Sequence[Path]]
    days: Mapping[Period, frozenset[dt.date]]
    is_public: bool = False
    revised: Period | None = None

    def fetch(self, spec: TableSpec, period: Period) -> Earlier | None:
        """A release as it was published, with its exact counts; None without one, or if it has noise.

        Raises:
            Expired: the exact counts have expired.
        """
        path = self.partitions.get((spec.name, period.name))
        if path is None:
            return None
        if read_partition(spec, path).noise:  # No equation: its numbers are not those of the people.
            return None
        days = self.days.get(period, frozenset())
        both = self._both(spec, period, path, len(self.superseded.get((spec.name, period.name), ())))
        return Earlier(*(_placed(one, period, days) for one in both))

    def past(self, spec: TableSpec, period: Period) -> tuple[Earlier, ...]:
        """What revisions took the place of, oldest first; what is being revised with it.

        Raises:
            Expired: the exact counts have expired.
        """
        name = (spec.name, period.name)
        paths = [*self.superseded.get(name, ())]
        if period == self.revised and name in self.partitions:
            paths.append(self.partitions[name])
        return tuple(
            Earlier(*(replace(one, period=period, standing=Standing.PAST, revision=revision) for one in both))
            for revision, path in enumerate(paths)
            for both in (self._both(spec, period, path, revision),)
        )

    def _both(self, spec: TableSpec, period: Period, path: Path, revision: int) -> tuple[Cells, Cells]:
        """A partition as it was published, and its exact counts."""
        shown = read_partition(spec, path)
        exact = (shown,) if self.is_public else read_exact(self.settings, [spec], period, revision)
        if not exact:
            raise Expired(
                f"{spec.name}, {period}: its exact counts have expired, so that what it withheld can't be "
                "protected beside a new release; nothing is published"
            )
        return shown, exact[0]

    def longer(self, grain: Grain, day: Period) -> Sequence[Period]:
        """Published periods of a grain that were made of a day."""
        found = Period.of(grain, day.start)
        return [found] if day.start in self.days.get(found, ()) else []


def open_archive(settings: Settings, is_public: bool = False, revised: Period | None = None) -> Archive:
    """The archive of a store, as it stands now; to the public without exact counts.

    Args:
        settings: where the store is.
        is_public: whether it is opened for the public.
        revised: a period of which a revision is being decided.
    """
    partitions, superseded = published_paths(settings), superseded_paths(settings)
    shelves = Shelves(settings, partitions, superseded, _days(settings), is_public, revised)
    return Archive(shelves.fetch, shelves.longer, shelves.past)


def read_release(settings: Settings, specs: Sequence[TableSpec], period: Period) -> tuple[Cells, ...]:
    """The partitions of a period without noise as readers see them, with the days of a longer one."""
    days = _days(settings).get(period, frozenset())
    found = [cells for cells in read_published(settings, specs, period) if not cells.noise]
    return tuple(replace(cells, days=days) for cells in found)


def read_span(settings: Settings, specs: Sequence[TableSpec], period: Period) -> tuple[Cells, ...]:
    """Every release of some tables that tells of a day of a period, and the days that these are made of.

    As everybody sees them.
    """
    archive, days, found = open_archive(settings, is_public=True), set(period.days), list[Cells]()
    for spec in (one for one in specs if one.grain is not Grain.DAY):
        for longer in sorted({Period.of(spec.grain, day) for day in period.days}, key=lambda one: one.start):
            release = archive.fetch(spec, longer)
            if release is not None:
                found.append(release.published)
                days |= release.published.days
    for spec in (one for one in specs if one.grain is Grain.DAY):
        releases = (archive.fetch(spec, Period(Grain.DAY, day)) for day in sorted(days))
        found += [one.published for one in releases if one is not None]
    return tuple(found)


def _days(settings: Settings) -> dict[Period, frozenset[dt.date]]:
    return {
        period: frozenset(dt.date.fromisoformat(day) for day in facts["days"])
        for grain in LONGER
        for period, facts in published_periods(settings, grain).items()
    }


def _placed(cells: Cells, period: Period, days: frozenset[dt.date]) -> Cells:
    return replace(cells, period=period, days=days, standing=Standing.KEPT)


def with_changes(settings: Settings, exact: Sequence[Cells]) -> tuple[Cells, ...]:
    """Stocks with the number by which each cell differs from what was last published of it."""
    return tuple(_changed(settings, cells) if _is_stock(cells.spec) else cells for cells in exact)


def _is_stock(spec: TableSpec) -> bool:
    return any(column.name == CHANGE for column in spec.columns)


def _changed(settings: Settings, cells: Cells) -> Cells:
    spec, last = cells.spec, dict[tuple[object, ...], int]()
    paths = published_paths(settings)
    for period in sorted(published_periods(settings, spec.grain), key=lambda one: one.start):
        path = paths.get((spec.name, period.name))
        for row in read_partition(spec, path).table.to_pylist() if path else ():
            if row[spec.contributors] is not None:
                last[tuple(row[name] for name in spec.dimensions)] = row[spec.contributors]
    rows = cells.table.to_pylist()
    for row in rows:
        before = last.get(tuple(row[name] for name in spec.dimensions), 0)
        row[CHANGE] = abs(row[spec.contributors] - before)
    return replace(cells, table=pa.Table.from_pylist(rows, cells.table.schema))
