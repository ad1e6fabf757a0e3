"""Who was seen on which days of a week or month: sets of (period pseudonym, day), a file a site and day.

A closed day leaves them, under the keys of its week and of its month and apart from its records; the period's
close deletes them. In: visitors of a day, and the maps of what they are called. Out: Parquet by period, its
rows in the order of the pseudonyms. It must not hold a day pseudonym, nor what would join a week's set to a
month's, nor be read by anybody but the owner (mode 0600).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.periods import Grain, Period
from iesiz.restricted.exact import SEEN, seen_folder
from iesiz.settings import Settings
from iesiz.storage import outside, remove_tree, write_private

BYTES = 16
Networks = npt.NDArray[np.int32]
SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("day", pa.date32()),
        ("visitor", pa.binary(BYTES)),
        ("network", pa.int32()),
        ("networks", pa.int32()),
    ]
)


def set_folder(settings: Settings, period: Period, site: str) -> Path:
    """Where the visitors of a site lie by day until the week or month is closed."""
    return seen_folder(settings, period) / f"site={site}"


def write_set(
    settings: Settings, period: Period, site: str, day: dt.date, visitors: pa.Table, maps: pa.Table | None
) -> None:
    """Keep a day's visitors for its week or month; nothing is kept if one of them has no name there.

    `networks` is how many the day's visitors came from; which of them share one stands in `network`, by a
    number of that day alone and for months only: in both it could join a week's set to a month's.

    Args:
        settings: where the store is.
        period: the week or month.
        site: whose visitors they are.
        day: the local day.
        visitors: `visitor` (day pseudonym) and `network` (a number), a row each.
        maps: `visitor` and what it is called, by grain; None if that is not known.
    """
    path = set_folder(settings, period, site) / f"day={day}.parquet"
    with outside(path):
        path.unlink(missing_ok=True)
    if maps is None:
        return
    place = pc.index_in(_flat(visitors["visitor"]), _flat(maps["visitor"]))
    called = _flat(maps[period.grain.value]).take(place)
    if called.null_count:
        return
    write_private(
        path, partial(_write, _ordered(site, day, called, visitors["network"].to_numpy(), period.grain))
    )


def set_paths(settings: Settings, period: Period) -> dict[str, dict[dt.date, Path]]:
    """The sets that a period's closed days have left, by site and day."""
    found: dict[str, dict[dt.date, Path]] = {}
    for path in sorted(seen_folder(settings, period).glob("site=*/day=*.parquet")):
        site, day = path.parent.name.partition("=")[2], path.stem.partition("=")[2]
        found.setdefault(site, {})[dt.date.fromisoformat(day)] = path
    return found


def held_sets(settings: Settings) -> Iterator[tuple[Period, str]]:
    """Periods and sites of which sets are held."""
    for folder in sorted((settings.restricted / SEEN).glob("*=*/site=*")):
        yield Period.named(folder.parent.name.partition("=")[2]), folder.name.partition("=")[2]


def forget_sets(settings: Settings, period: Period) -> None:
    """Delete a period's sets, once it is closed."""
    remove_tree(seen_folder(settings, period))


def estrange(path: Path, gone: Collection[bytes]) -> int:
    """Give those on a list a name that nobody can make again, another one a day; the number of rows.

    They are not taken out: a day's published count holds them, and one that is smaller by as many would tell
    that somebody has gone.
    """
    with outside(path):
        held = pq.ParquetFile(path).read()
    column = _flat(held["visitor"])
    rows = np.flatnonzero(pc.is_in(column, pa.array(gone, pa.binary())).to_numpy(zero_copy_only=False))
    if not len(rows):
        return 0
    names = column.to_pylist()
    for row in rows.tolist():
        names[row] = os.urandom(BYTES)
    order = pa.array(sorted(range(len(names)), key=names.__getitem__))
    table = held.set_column(2, "visitor", pa.array(names, pa.binary(BYTES))).take(order)
    write_private(path, partial(_write, table))
    return len(rows)


def _ordered(site: str, day: dt.date, called: pa.Array, networks: Networks, grain: Grain) -> pa.Table:
    """Rows by pseudonym; networks of a month numbered by the first of their visitors, of a week not."""
    order = pc.sort_indices(called)
    _, first, place = np.unique(networks[order.to_numpy()], return_index=True, return_inverse=True)
    renumbered = np.argsort(np.argsort(first))[place].astype(np.int32)
    count = len(called)
    is_month = grain is Grain.MONTH
    columns = [
        pa.array([site] * count, pa.string()),
        pa.array([day] * count, pa.date32()),
        called.take(order).cast(pa.binary(BYTES)),
        pa.array(renumbered) if is_month else pa.nulls(count, pa.int32()),
        pa.array(np.full(count, len(first), np.int32)),
    ]
    return pa.table(columns, schema=SCHEMA)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    """One array of texts of bytes, whatever their type."""
    return pc.cast(column, pa.binary()).combine_chunks()


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", use_dictionary=["site", "day"], write_statistics=False)
