"""The DuckDB session of a longer period: relations over what its days left, instead of over their records.

`registered` holds the additive counts of registrations that were frozen when each day was published: a row
for each day and combination of dimensions, with `registration_count`. `members` holds the people who have
registered, one row each. `seen` holds the visitors of each closed day under the period's pseudonyms, `told`
the parts of the period of which visitors were published; `unions.sql` makes of both what unions need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from iesiz.aggregate.labels import History, Shown
from iesiz.aggregate.session import MEMORY, connect, register_mirror, relation
from iesiz.periods import Period
from iesiz.site_settings import Site
from iesiz.tables import MEMBERS, SEEN

TOLD = pa.schema(
    [("site", pa.string()), ("part", pa.string()), ("day", pa.date32()), ("is_whole", pa.bool_())]
)


@dataclass(frozen=True, slots=True)
class Told:
    """A day or week of a site of which visitors are published.

    Attributes:
        part: its name.
        days: those of its days that the period holds.
        is_whole: whether all its visitors are counted in what is published, and the period holds all of them.
    """

    site: str
    part: str
    days: frozenset[dt.date]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PeriodInput:
    """What a longer period's aggregation reads.

    Attributes:
        with_data: sites with a published day in the period.
        registering: names of the sites on which people can register.
        registered: frozen counts of registrations, a file a day.
        days: the published days that the period is made of.
        seen: visitors of closed days by site and day; empty where a day has left none.
        told: what was published of visitors in the period.
        scratch: folder of the restricted zone for what memory cannot hold.
        members: the mirror of the registration source, or None if it was not read after the period's end.
        threshold_key: key of the period under which the secret part of a threshold is drawn.
        labels, open_labels: none; a longer period admits no labels, and shows none.
    """

    period: Period
    with_data: tuple[Site, ...]
    registering: tuple[str, ...]
    registered: tuple[Path, ...]
    days: frozenset[dt.date]
    members: Path | None = None
    seen: Mapping[str, Mapping[dt.date, Path]] = field(default_factory=dict)
    told: Sequence[Told] = ()
    scratch: Path | None = None
    threshold_key: bytes = field(kw_only=True)
    labels: History = field(default_factory=dict)
    shown: Shown | None = None
    open_labels: frozenset[str] = frozenset()

    @property
    def sources(self) -> frozenset[str]:
        """The sources of which the period has data."""
        has = {
            "access_log": bool(self.with_data),
            "registration": bool(self.registered),
            MEMBERS: self.members is not None,
            SEEN: bool(self.seen),
        }
        return frozenset(name for name, there in has.items() if there)

    def days_of(self, site: str) -> int:
        """Of how many days of a site's data it knows the visitors."""
        return len(self.seen.get(site, {}))

    @property
    def dates(self) -> Mapping[str, Any]:
        """Parameters of its queries: `$start` and `$end`, which is the first day after it."""
        return {"start": self.period.start, "end": self.period.end}


@contextmanager
def period_session(given: PeriodInput, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with the relations `registered`, `members` and `seen` of a period, as far as it has them."""
    connection = connect(threads, MEMORY, given.scratch)
    try:
        if given.registered:
            names = [str(path) for path in given.registered]
            connection.read_parquet(names, hive_partitioning=False, union_by_name=True).create_view(
                "registered"
            )
        if given.members is not None:
            register_mirror(connection, given.members, "members")
        if given.seen:
            _register_seen(connection, given)
        yield connection
    finally:
        connection.close()


def _register_seen(connection: duckdb.DuckDBPyConnection, given: PeriodInput) -> None:
    """`seen` and `told`, and what is counted from them."""
    paths = [str(path) for by_day in given.seen.values() for path in by_day.values()]
    connection.read_parquet(paths, hive_partitioning=False).create_view("seen")
    rows = [
        {"site": one.site, "part": one.part, "day": day, "is_whole": one.is_whole}
        for one in given.told
        for day in sorted(one.days)
    ]
    connection.register("told", pa.Table.from_pylist(rows, TOLD))
    connection.execute(relation("unions"))
