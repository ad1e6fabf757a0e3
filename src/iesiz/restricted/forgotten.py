"""Tombstones: keyed pseudonyms of people whose records may not come back when a source is read again.

In: pseudonyms under a day's own key, or under that of the mirror. Out: tables and parts without their rows. A
list goes with its key. It must not hold an identifier, nor be read by anybody but the owner (mode 0600).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.dictionaries import own_values
from iesiz.periods import Period
from iesiz.restricted.part_files import open_part, schema_of
from iesiz.settings import Settings
from iesiz.storage import STAGED, outside, put_in_place, write_secret

BYTES = 16
VISITOR, PERSON = "visitor", "person"


def day_list(settings: Settings, site: str, day: dt.date) -> Path:
    """Where the tombstones of a site's local day lie."""
    return settings.restricted / "forgotten" / f"site={site}" / f"day={day}"


def period_list(settings: Settings, site: str, period: Period) -> Path:
    """Where the tombstones of a site's week or month lie until its sets are without those people."""
    return settings.restricted / "forgotten" / f"site={site}" / f"{period.grain}={period}"


def people_list(settings: Settings) -> Path:
    """Where the tombstones of the registrations' mirror lie."""
    return settings.restricted / "forgotten" / "registration"


def add_tombstones(path: Path, pseudonyms: Collection[bytes]) -> None:
    """Put pseudonyms of 16 bytes on a list; those that are there stay."""
    if any(len(one) != BYTES for one in pseudonyms):
        raise ValueError(f"a pseudonym has {BYTES} bytes")
    write_secret(path, b"".join(sorted({*pseudonyms, *tombstones(path)})))


def tombstones(path: Path) -> tuple[bytes, ...]:
    """What stands on a list; nothing if there is none."""
    with outside(path):
        content = path.read_bytes() if path.exists() else b""
    return tuple(content[start : start + BYTES] for start in range(0, len(content), BYTES))


def without(table: pa.Table, column: str, gone: Collection[bytes]) -> pa.Table:
    """A table without the rows of those who are on a list; what only they had is not in it either."""
    if not gone or not len(table):
        return table
    values = pc.cast(table[column], pa.binary())
    return own_values(table.filter(pc.invert(pc.is_in(values, pa.array(gone, pa.binary())))))


def clean_part(path: Path, gone: Collection[bytes]) -> int:
    """Take those on a list out of a part of a day, row group by row group; the number of rows that went."""
    staged, removed = path.with_name(path.name + STAGED), 0
    with outside(path):
        try:
            with pq.ParquetFile(path) as part, open_part(staged, schema_of(part)) as out:
                for group in range(part.num_row_groups):
                    table = part.read_row_group(group)
                    kept = without(table, VISITOR, gone)
                    removed += len(table) - len(kept)
                    out.write_table(kept)
            if removed:
                put_in_place(staged, path)
        finally:
            staged.unlink(missing_ok=True)
    return removed
