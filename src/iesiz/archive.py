"""What was published before, for a release that is to be protected together with it.

In: settings and specifications. Out: the `Archive` that disclosure control asks. It must not write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iesiz.disclosure import Archive, Earlier
from iesiz.periods import LONGER, Grain, Period
from iesiz.publish import published_paths, published_periods, read_partition
from iesiz.restricted import read_exact
from iesiz.settings import Settings
from iesiz.tables import Cells, Standing, TableSpec


@dataclass(frozen=True)
class Shelves:
    """Published partitions by table and period, and the days that each longer period was made of."""

    settings: Settings
    partitions: Mapping[tuple[str, str], Path]
    days: Mapping[Period, frozenset[dt.date]]

    def fetch(self, spec: TableSpec, period: Period) -> Earlier | None:
        """A release as it was published, with its exact counts while these are kept."""
        path = self.partitions.get((spec.name, period.name))
        if path is None:
            return None
        exact = read_exact(self.settings, [spec], period)
        facts = (period, self.days.get(period, frozenset()), Standing.KEPT if exact else Standing.EDGE)
        published = _placed(read_partition(spec, path), *facts)
        return Earlier(published, _placed(exact[0], *facts) if exact else published)

    def longer(self, grain: Grain, day: Period) -> Sequence[Period]:
        """Published periods of a grain that were made of a day."""
        found = Period.of(grain, day.start)
        return [found] if day.start in self.days.get(found, ()) else []


def open_archive(settings: Settings) -> Archive:
    """The archive of a store, as it stands now."""
    days = {
        period: frozenset(dt.date.fromisoformat(day) for day in facts["days"])
        for grain in LONGER
        for period, facts in published_periods(settings, grain).items()
    }
    shelves = Shelves(settings, published_paths(settings), days)
    return Archive(shelves.fetch, shelves.longer)


def _placed(cells: Cells, period: Period, days: frozenset[dt.date], standing: Standing) -> Cells:
    return replace(cells, period=period, days=days, standing=standing)
