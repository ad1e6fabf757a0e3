"""Who was seen on which days of a week or month: sets of (period pseudonym, day), a file a site and day.

A closed day leaves them, under the keys of its week and of its month and apart from its records; the period's
close deletes them. What a revision leaves lies apart, by its number, and counts once the ledger names it. In:
visitors of a day, and the maps of what they are called. Out: Parquet by period, its rows in the order of the
pseudonyms. It must not hold a day pseudonym, nor what would join a week's set to a month's, nor be read by
anybody but the owner (mode 0600).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.periods import Grain, Period
from iesiz.restricted.called import Names, places_in_order, pseudonyms_of
from iesiz.restricted.exact import SEEN, seen_folder
from iesiz.settings import Settings
from iesiz.storage import outside, remove_tree, write_private

BYTES, REVISION = 16, "revision"
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


def set_path(settings: Settings, period: Period, site: str, day: dt.date, revision: int = 0) -> Path:
    """Where a day's visitors lie for its week or month, as they were at one of its revisions."""
    folder = set_folder(settings, period, site)
    return (folder / f"revision={revision}" if revision else folder) / f"day={day}.parquet"


def write_set(
    settings: Settings,
    period: Period,
    site: str,
    day: dt.date,
    called: Names | None,
    networks: Networks,
    revision: int = 0,
) -> None:
    """Keep a day's visitors for its week or month; nothing is kept if one of them has no name there.

    `networks` is how many the day's visitors came from; which of them share one stands in `network`, by a
    number of that day alone and for months only: in both it could join a week's set to a month's.

    Args:
        settings: where the store is.
        period: the week or month.
        site: whose visitors they are.
        day: the local day.
        called: what each visitor is called; None if that is not known of all.
        networks: number of each visitor's network, from 0.
        revision: of the day.
    """
    path = set_path(settings, period, site, day, revision)
    with outside(path):
        path.unlink(missing_ok=True)
    if called is not None:
        write_private(path, partial(write_table, _ordered(site, day, called, networks, period.grain)))


def set_paths(
    settings: Settings, period: Period, revisions: Mapping[dt.date, int]
) -> dict[str, dict[dt.date, Path]]:
    """The sets that a period's closed days have left, by site and day.

    Args:
        settings: where the store is.
        period: the week or month.
        revisions: the number of the last revision of each day; a site that it left alone has an earlier set.
    """
    found: dict[str, dict[dt.date, Path]] = {}
    for path in sorted(all_sets(settings, period), key=_revision_of):
        site, day = site_of(path), day_of(path)
        if _revision_of(path) <= revisions.get(day, 0):
            found.setdefault(site, {})[day] = path
    return found


def all_sets(settings: Settings, period: Period, site: str = "*") -> tuple[Path, ...]:
    """Every set that is held for a period, those that revisions took the place of among them."""
    folder = seen_folder(settings, period)
    names = (f"site={site}/day=*.parquet", f"site={site}/revision=*/day=*.parquet")
    return tuple(path for name in names for path in sorted(folder.glob(name)))


def drop_sets(settings: Settings, period: Period, day: dt.date, site: str = "*", revision: int = 0) -> None:
    """Delete what is held of a day for a period, from a revision on."""
    for path in all_sets(settings, period, site):
        if day_of(path) == day and _revision_of(path) >= revision:
            with outside(path):
                path.unlink()


def _revision_of(path: Path) -> int:
    name, _, number = path.parent.name.partition("=")
    return int(number) if name == REVISION else 0


def site_of(path: Path) -> str:
    """Whose visitors a set holds."""
    folder = path.parent.parent if _revision_of(path) else path.parent
    return folder.name.partition("=")[2]


def day_of(path: Path) -> dt.date:
    """The day that a set is of."""
    return dt.date.fromisoformat(path.stem.partition("=")[2])


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
    column = flat(held["visitor"])
    rows = np.flatnonzero(pc.is_in(column, pa.array(gone, pa.binary())).to_numpy(zero_copy_only=False))
    if not len(rows):
        return 0
    names = column.to_pylist()
    for row in rows.tolist():
        names[row] = os.urandom(BYTES)
    order = pa.array(sorted(range(len(names)), key=names.__getitem__))
    table = held.set_column(2, "visitor", pa.array(names, pa.binary(BYTES))).take(order)
    write_private(path, partial(write_table, table))
    return len(rows)


def _ordered(site: str, day: dt.date, called: Names, networks: Networks, grain: Grain) -> pa.Table:
    """Rows by pseudonym; networks of a month numbered by the first of their visitors, of a week not."""
    order, count = places_in_order(called), called.shape[1]
    renumbered, different = _by_first(networks[order])
    is_month = grain is Grain.MONTH
    columns = [
        pa.repeat(pa.scalar(site), count),
        pa.repeat(pa.scalar(day), count),
        pseudonyms_of(called[:, order]),
        pa.array(renumbered) if is_month else pa.nulls(count, pa.int32()),
        pa.repeat(pa.scalar(different, pa.int32()), count),
    ]
    return pa.table(columns, schema=SCHEMA)


def _by_first(networks: Networks) -> tuple[Networks, int]:
    """Networks numbered in the order in which they first appear, and how many there are."""
    first = np.full(int(networks.max(initial=-1)) + 1, len(networks))
    first[networks[::-1]] = np.arange(len(networks) - 1, -1, -1)
    number = np.empty(len(first), np.int32)
    number[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    return number[networks], int((first < len(networks)).sum())


def flat(column: pa.ChunkedArray) -> pa.Array:
    """One array of texts of bytes, whatever their type."""
    return pc.cast(column, pa.binary()).combine_chunks()


def write_table(table: pa.Table, path: Path) -> None:
    """Write a set without anything that tells how it came about."""
    pq.write_table(table, path, compression="zstd", use_dictionary=["site", "day"], write_statistics=False)
