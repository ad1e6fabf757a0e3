"""The DuckDB session of one day: its relations over restricted records, and what the settings declare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from iesiz.aggregate.labels import History, Label, Shown
from iesiz.behaviour import BEHAVIOUR, Behaviour
from iesiz.bounds import BOUNDS, Bounds
from iesiz.languages import language_of_code
from iesiz.periods import Grain, Period
from iesiz.settings import Site
from iesiz.vocabulary import check_name

PART = pa.schema(
    [
        ("visitor", pa.binary()),
        ("network", pa.binary()),
        ("second", pa.int64()),
        ("hour", pa.int8()),
        ("method", pa.string()),
        ("route", pa.string()),
        ("resource", pa.string()),
        ("status_code", pa.int16()),
        ("bytes", pa.int64()),
        ("referrer", pa.string()),
        ("referrer_source", pa.string()),
        ("device", pa.string()),
        ("system", pa.string()),
        ("browser", pa.string()),
        ("is_robot", pa.bool_()),
        ("duration", pa.int64()),
        ("language", pa.string()),
        ("preferred", pa.string()),
        ("site", pa.string()),
    ]
)
COLUMNS = PART.names[:-1]
SINCE = frozenset({"language", "preferred"})
"""Columns that parts of open days may lack, since they were read by an earlier version: null there."""

FUNNEL = pa.schema(
    [("site", pa.string()), ("place", pa.int64()), ("step", pa.string()), ("route", pa.string())]
)
DECLARED = pa.schema([("site", pa.string()), ("language", pa.string())])
RELATIONS = (
    "words",
    "browsers",
    "robots",
    "visitors",
    "people",
    "timed",
    "spoken",
    "requests",
    "pageviews",
    "half_hours",
    "visits",
)
MEMORY = "1GiB"  # of the engine; what is more goes to the scratch folder
ADMITTED = pa.schema([("site", pa.string()), ("label", pa.string())])


@dataclass(frozen=True, slots=True)
class DayInput:
    """What one day's aggregation reads.

    Attributes:
        parts: for each site the Parquet parts of its requests.
        registrations: the mirror of the registration source, or None where there is none.
        sampling_key: key of the day under which a visitor's cells are drawn.
        threshold_key: key of the day under which the secret part of a threshold is drawn.
        labels: labels that were common on earlier days, by day and table.
        shown: of a day that is revised, what each site's tables show; see ``Shown``.
        bounds: how much one visitor may add.
        behaviour: what makes a visitor-day a robot's whose agent is a browser's.
        registering: names of the sites on which people can register.
        scratch: folder of the restricted zone for what memory cannot hold; without one nothing is written.
        memory: how much of the day may be in memory at once, as DuckDB writes it.
        open_labels: tables that give every label of the day, for noise to choose among them.
    """

    day: dt.date
    sites: tuple[Site, ...]
    parts: Mapping[str, Sequence[Path]]
    registrations: Path | None
    registering: tuple[str, ...] = ()
    sampling_key: bytes = field(kw_only=True)
    threshold_key: bytes = field(kw_only=True)
    labels: History = field(default_factory=dict)
    shown: Shown | None = None
    bounds: Bounds = BOUNDS
    behaviour: Behaviour = BEHAVIOUR
    scratch: Path | None = None
    memory: str = MEMORY
    open_labels: frozenset[str] = frozenset()

    @property
    def period(self) -> Period:
        """The day as a period."""
        return Period(Grain.DAY, self.day)

    @property
    def days(self) -> frozenset[dt.date]:
        """None: a day is not made of others."""
        return frozenset()

    @property
    def with_data(self) -> tuple[Site, ...]:
        """Sites with records of the day."""
        return tuple(site for site in self.sites if site.name in self.parts)

    @property
    def sources(self) -> frozenset[str]:
        """The sources of which the day has data."""
        return frozenset({"access_log"} | ({"registration"} if self.registrations is not None else set()))

    @property
    def dates(self) -> Mapping[str, Any]:
        """Parameters of its queries."""
        return {"day": self.day}


def connect(threads: int, memory: str, scratch: Path | None) -> duckdb.DuckDBPyConnection:
    """An empty session that opens nothing by itself; what memory cannot hold goes to the scratch folder."""
    return duckdb.connect(
        config={
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": memory,
            "temp_directory": str(scratch or ""),
            "preserve_insertion_order": False,
        }
    )


@contextmanager
def day_session(given: DayInput, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with the relations of a day: ``RELATIONS``, ``funnel`` and ``registrations``."""
    connection = connect(threads, given.memory, given.scratch)
    try:
        _register_parts(connection, given)
        connection.register("declared", _declared(given.with_data))
        for name in RELATIONS:
            text = relation(name)
            connection.execute(
                text, {key: value for key, value in _parameters(given).items() if f"${key}" in text}
            )
        connection.register("funnel", _funnel(given.sites))
        if given.registrations is not None:
            register_mirror(connection, given.registrations, "registrations")
        yield connection
    finally:
        connection.close()


def visit_features(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The day's visits, at most one of a visitor, counted by their features (`visitor_count`)."""
    return connection.execute(relation("visit_features")).to_arrow_table()


def _parameters(given: DayInput) -> dict[str, int | float | bytes]:
    """Named parameters: bounds, robots' behaviour, padded halves of the key (RFC 2104); never in SQL text."""
    padded = given.sampling_key.ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
    keys = {"inner_pad": inner, "outer_pad": outer}
    return {**asdict(given.bounds), **asdict(given.behaviour), **keys}


def _register_parts(connection: duckdb.DuckDBPyConnection, given: DayInput) -> None:
    connection.register("no_parts", PART.empty_table())
    parts = connection.table("no_parts")
    for site, paths in given.parts.items():
        names = [str(path) for path in paths]
        # The site is named here and not taken from the path, whose reader would make a number of "24".
        held = connection.read_parquet(names, hive_partitioning=False, union_by_name=True)
        known = ", ".join(
            f"null as {name}" if name in SINCE - set(held.columns) else name for name in COLUMNS
        )
        parts = parts.union(held.project(f"{known}, '{check_name('site', site)}' as site"))
    parts.create_view("parts")


def relation(name: str) -> str:
    """The text of a shared relation."""
    return resources.files("iesiz.aggregate").joinpath("relations", f"{name}.sql").read_text("utf-8")


def _funnel(sites: tuple[Site, ...]) -> pa.Table:
    rows = [
        {"site": site.name, "place": place, "step": step.step, "route": step.route}
        for site in sites
        for place, step in enumerate(site.funnel, 1)
    ]
    return pa.Table.from_pylist(rows, FUNNEL)


def _declared(sites: Sequence[Site]) -> pa.Table:
    """Languages that paths of the sites name."""
    rows = [
        {"site": site.name, "language": word}
        for site in sites
        for word in sorted(set(map(language_of_code, site.languages)))
    ]
    return pa.Table.from_pylist(rows, DECLARED)


def register_mirror(connection: duckdb.DuckDBPyConnection, mirror: Path, name: str) -> None:
    """Give queries the people of the mirror that count, one row each."""
    connection.read_parquet(str(mirror)).filter("left_out = ''").create_view(name)


def register_admitted(connection: duckdb.DuckDBPyConnection, labels: Sequence[Label]) -> None:
    """Give queries the labels that were admitted, by site."""
    rows = [{"site": site, "label": label} for site, label in labels]
    connection.register("admitted", pa.Table.from_pylist(rows, ADMITTED))
