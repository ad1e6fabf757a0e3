"""The DuckDB session of a longer period: relations over what its days left, instead of over their records.

`registered` holds the additive counts of registrations that were frozen when each day was published: a row
for each day and combination of dimensions, with `registration_count`. `members` holds the people who have
registered, one row each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from iesiz.aggregate.labels import History, Shown
from iesiz.aggregate.session import MEMORY, connect, register_mirror
from iesiz.periods import Period
from iesiz.settings import Site
from iesiz.tables import MEMBERS


@dataclass(frozen=True, slots=True)
class PeriodInput:
    """What a longer period's aggregation reads.

    Attributes:
        with_data: sites with a published day in the period.
        registering: names of the sites on which people can register.
        registered: frozen counts of registrations, a file a day.
        days: the published days that the period is made of.
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
        }
        return frozenset(name for name, there in has.items() if there)

    @property
    def dates(self) -> Mapping[str, Any]:
        """Parameters of its queries: `$start` and `$end`, which is the first day after it."""
        return {"start": self.period.start, "end": self.period.end}


@contextmanager
def period_session(given: PeriodInput, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with the relations `registered` and `members` of a period."""
    connection = connect(threads, MEMORY, None)
    try:
        if given.registered:
            names = [str(path) for path in given.registered]
            connection.read_parquet(names, hive_partitioning=False, union_by_name=True).create_view(
                "registered"
            )
        if given.members is not None:
            register_mirror(connection, given.members, "members")
        yield connection
    finally:
        connection.close()
