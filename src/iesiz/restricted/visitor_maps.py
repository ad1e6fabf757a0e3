"""What the visitors of an open day are called within their week and month, beside each part of its records.

In: visitors whose pseudonyms were made while a file was read. Out: one small file for each part. It counts as
long as its part does and its day is open: with the day's close it goes, and what is kept of the day's records
leads to no other day. That of late lines that lie aside counts until a revision takes them in or none can any
more. It must not hold what a pseudonym was made of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.restricted.forgotten import clean_part
from iesiz.restricted.part_files import open_part
from iesiz.settings import Settings
from iesiz.storage import STAGED, outside, put_in_place

MAPS = "maps"
VISITOR = "visitor"
AT_ONCE = 1 << 20  # rows of a map


def map_of(settings: Settings, part: Path) -> Path:
    """Where the map beside a part of the records lies: the same site, day and name."""
    site, day, name = part.parts[-3:]
    return settings.restricted / MAPS / site / day / name


@dataclass(slots=True)
class MapWriter:
    """Writes the maps of one file beside their places, in a folder that whoever opened it empties."""

    staging: Path
    _writers: dict[dt.date, pq.ParquetWriter] = field(default_factory=dict)

    def add(self, met: Mapping[dt.date, pa.Table]) -> None:
        """Append visitors by day; one that was met before may come again."""
        for day, visitors in met.items():
            writer = self._writers.get(day)
            if writer is None:
                writer = self._writers[day] = open_part(self._staged(day), visitors.schema, compressed=False)
            writer.write_table(visitors)

    def close(self) -> None:
        """Finish all maps."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def place(self, settings: Settings, parts: Mapping[dt.date, Path], gone: Collection[bytes]) -> None:
        """Put the maps of days with records in their places, without those who asked to be forgotten.

        Args:
            settings: where the store is.
            parts: where the part of each day will lie.
            gone: tombstones of all of these days.
        """
        days = set(self._writers) & set(parts)
        self.close()
        for day in sorted(days):
            if gone:
                clean_part(self._staged(day), gone)
            put_in_place(self._staged(day), map_of(settings, parts[day]))

    def _staged(self, day: dt.date) -> Path:
        return self.staging / f"{day}.map{STAGED}"


@contextmanager
def map_writer(staging: Path) -> Iterator[MapWriter]:
    """A writer into a folder that whoever opened it empties."""
    writer = MapWriter(staging)
    try:
        yield writer
    finally:
        writer.close()


def read_maps(settings: Settings, parts: Sequence[Path]) -> pa.Table | None:
    """The maps of a site's parts of a day as one table, a row a visitor; None if one is missing."""
    paths = [map_of(settings, part) for part in parts]
    if not paths or not all(path.exists() for path in paths):
        return None
    held = list[pa.Table]()
    with outside(paths[0]):
        for path in paths:
            for batch in pq.ParquetFile(path).iter_batches(AT_ONCE):
                held = [_once(pa.concat_tables([*held, pa.table(batch)]))]
    return held[0] if held else pa.concat_tables([pq.ParquetFile(path).read() for path in paths])


def _once(visitors: pa.Table) -> pa.Table:
    """The first row of each visitor: whoever was met again after being forgotten is called the same."""
    codes = visitors[VISITOR].combine_chunks().dictionary_encode().indices.to_numpy()
    most = np.maximum.accumulate(codes)
    is_first = np.concatenate([[True], codes[1:] > most[:-1]])[: len(codes)]
    return visitors if is_first.all() else visitors.filter(pa.array(is_first))


def drop_empty(settings: Settings) -> None:
    """Delete the folders of days that have no map any more."""
    for folder in (settings.restricted / MAPS).glob("site=*/day=*"):
        if not any(folder.iterdir()):
            folder.rmdir()


def held_maps(settings: Settings) -> tuple[Path, ...]:
    """Every map that lies in the store."""
    return tuple(sorted((settings.restricted / MAPS).glob("site=*/day=*/*")))
