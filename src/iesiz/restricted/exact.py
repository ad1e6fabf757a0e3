"""Exact cells of published periods, kept until no later release needs them, at most 45 days.

A later week or month is protected together with the days that it is made of, their withheld values
included. In: exact cells. Out: the same, as long as they are kept. It must not outlive its time, nor be read
by anybody but the owner (mode 0600).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from iesiz.periods import Grain, Period
from iesiz.settings import Settings
from iesiz.storage import outside, write_private
from iesiz.tables import Cells, TableSpec

EXACT, COUNTS, VISITS, SEEN = "exact", "counts", "visits", "seen"
ROOMS = (EXACT, COUNTS, VISITS, "labels")


def write_exact(settings: Settings, period: Period, exact: Sequence[Cells], revision: int = 0) -> None:
    """Keep a period's exact cells, the columns that only rules read among them; each revision's apart.

    The folder is made even without any: where all tables have noise nothing is kept, nor has expired.
    """
    folder = _of_revision(settings, period, revision)
    with outside(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for cells in exact:
        path = folder / f"{cells.spec.name}.parquet"
        write_private(path, partial(pq.write_table, cells.table, compression="zstd"))


def read_exact(
    settings: Settings, specs: Sequence[TableSpec], period: Period, revision: int = 0
) -> tuple[Cells, ...]:
    """A period's exact cells as they were at one of its revisions, of the tables that are still kept."""
    folder = _of_revision(settings, period, revision)
    found = [(spec, folder / f"{spec.name}.parquet") for spec in specs]
    with outside(folder):
        return tuple(
            replace(Cells(spec, pq.ParquetFile(path).read()), period=period)
            for spec, path in found
            if path.exists()
        )


def has_exact(settings: Settings, day: dt.date) -> bool:
    """Whether a published day's exact cells are still kept."""
    return _folder(settings, EXACT, Period(Grain.DAY, day)).is_dir()


def counts_path(settings: Settings, day: dt.date) -> Path:
    """Where a day's additive counts of registrations lie, frozen when the day was published."""
    return _folder(settings, COUNTS, Period(Grain.DAY, day)) / "registered.parquet"


def visits_path(settings: Settings, day: dt.date) -> Path:
    """Where a day's visits lie, counted by their features, until their month is closed."""
    return _folder(settings, VISITS, Period(Grain.DAY, day)) / "visits.parquet"


def seen_folder(settings: Settings, period: Period) -> Path:
    """Where the visitors of a week or month lie until it is closed, by site and day."""
    return _folder(settings, SEEN, period)


def expired(settings: Settings, closed: Mapping[Period, dt.date], today: dt.date) -> tuple[Path, ...]:
    """Folders of exact cells, frozen counts and labels that have reached the end of their time.

    Args:
        settings: where the store is, and how long it may keep.
        closed: the day on which each period was published; of others the time runs from their last day.
        today: the day that it is.
    """
    oldest = today - dt.timedelta(days=settings.keeping.at_most_days)
    return tuple(
        folder
        for room in ROOMS
        for folder in sorted((settings.restricted / room).glob("*=*"))
        for period in (Period.named(folder.name.partition("=")[2]),)
        if closed.get(period, period.last) < oldest
    )


def _of_revision(settings: Settings, period: Period, revision: int) -> Path:
    folder = _folder(settings, EXACT, period)
    return folder / f"revision={revision}" if revision else folder


def _folder(settings: Settings, room: str, period: Period) -> Path:
    return settings.restricted / room / f"{period.grain}={period}"
