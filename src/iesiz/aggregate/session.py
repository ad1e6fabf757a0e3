"""What a day is made of, and what queries find in its session beside its records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from iesiz.site_settings import Site

FUNNEL = pa.schema(
    [("site", pa.string()), ("place", pa.int64()), ("step", pa.string()), ("route", pa.string())]
)
DECLARED = pa.schema([("site", pa.string()), ("language", pa.string())])
LEFT = ("visit_features", "seen_visitors")
MEMORY = "1GiB"  # of the engine; what is more goes to the scratch folder
DAY_MEMORY = "192MiB"  # of a day's tables, beside one share of its records
MOST_ROUTES = 200_000  # a busy network has some thousands of templates
SHARE_ROWS = 1_000_000  # of a site; a day with more is counted share by share
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
        memory: how much of the engine's tables may be in memory at once, as DuckDB writes it.
        share_rows: records of a site that may be in memory at once.
        most_routes: routes beyond which those that no table may name are one.
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
    memory: str = DAY_MEMORY
    share_rows: int = SHARE_ROWS
    most_routes: int = MOST_ROUTES
    open_labels: frozenset[str] = frozenset()

    @property
    def period(self) -> Period:
        """The day as a period."""
        return Period(Grain.DAY, self.day)

    @property
    def days(self) -> frozenset[dt.date]:
        """None: a day is not made of others."""
        return frozenset()

    def days_of(self, site: str) -> int:
        """How many days of a site's data it holds."""
        return int(site in self.parts)

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
    connection = duckdb.connect(
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
    # Where the main program is no file, DuckDB takes it for a prompt, and writes to standard output.
    connection.execute("set enable_progress_bar = false")
    return connection


@dataclass(frozen=True, slots=True)
class Left:
    """What a day leaves for longer periods.

    Attributes:
        visits: at most one of a visitor, counted by their features (`visitor_count`).
        visitors: `site`, `visitor` (day pseudonym) and `network` (a number) of each visitor that is counted.
    """

    visits: pa.Table
    visitors: pa.Table


def left_by(connection: duckdb.DuckDBPyConnection) -> Left:
    """What the day of a session leaves for longer periods."""
    tables = (connection.execute(relation(name)).to_arrow_table() for name in LEFT)
    return Left(*tables)


def relation(name: str) -> str:
    """The text of a shared relation."""
    return resources.files("iesiz.aggregate").joinpath("relations", f"{name}.sql").read_text("utf-8")


def register_funnel(connection: duckdb.DuckDBPyConnection, sites: Sequence[Site]) -> None:
    """Give queries the steps of each site's way to registration."""
    rows = [
        {"site": site.name, "place": place, "step": step.step, "route": step.route}
        for site in sites
        for place, step in enumerate(site.funnel, 1)
    ]
    connection.from_arrow(pa.Table.from_pylist(rows, FUNNEL)).create("funnel")


def register_declared(connection: duckdb.DuckDBPyConnection, sites: Sequence[Site]) -> None:
    """Give queries the languages that paths of the sites name."""
    rows = [
        {"site": site.name, "language": word}
        for site in sites
        for word in sorted(set(map(language_of_code, site.languages)))
    ]
    connection.register("declared", pa.Table.from_pylist(rows, DECLARED))


def register_mirror(connection: duckdb.DuckDBPyConnection, mirror: Path, name: str) -> None:
    """Give queries the people of the mirror that count, one row each."""
    connection.read_parquet(str(mirror)).filter("left_out = ''").create_view(name)


def register_admitted(connection: duckdb.DuckDBPyConnection, labels: Sequence[Label]) -> None:
    """Give queries the labels that were admitted, by site."""
    rows = [{"site": site, "label": label} for site, label in labels]
    connection.register("admitted", pa.Table.from_pylist(rows, ADMITTED))
