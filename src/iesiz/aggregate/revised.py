"""By how many people a revision changes a cell: the same queries, visitor by visitor, before and after.

Each visitor is given a site of his own, so that every query of the plan tells what he adds to each cell; what
he adds with late lines less what he adds without is his part of the difference. In: two inputs of a day. Out:
for each cell and number how many people it changes by, on how many networks. It must not choose what is
published, nor keep what it finds of a visitor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from iesiz.aggregate.day import day_session
from iesiz.aggregate.session import DayInput
from iesiz.engine import engine_errors
from iesiz.tables import TableSpec

Key = tuple[Any, ...]
APART = "\x1f"  # between a site and a visitor: no site's name has it
RECORDS = ("requests", "pageviews", "visits")
ALONE = """
create or replace table {name} as
select
    one.* exclude (site, visitor) replace (one.network::bigint as network),
    concat(one.site::varchar, '{apart}', hex(visitors.pseudonym)) as site,
    one.visitor
from {name} as one
inner join visitors using (visitor)
"""
ADMITTED = """
create or replace table admitted as
select distinct seen.site, shown.label
from (
    select site, route::varchar as route from requests
    union
    select site, route::varchar as route from pageviews
) as seen
inner join labels_shown as shown
    on shown.site = split_part(seen.site, '{apart}', 1) and shown.label = seen.route
"""
OF_SITES = """
create or replace table {name} as
select of_site.* replace (seen.site as site)
from (select distinct site from pageviews) as seen
inner join {source} as of_site on of_site.site::varchar = split_part(seen.site, '{apart}', 1)
"""
NETWORKS = """
create table networks as
select concat(site, '{apart}', hex(pseudonym)) as person, network
from visitors
"""
COMPARED = """
with both_days as (
    select
        {names},
        coalesce(parts_before.{number}, 0)::bigint as number_before,
        coalesce(parts_after.{number}, 0)::bigint as number_after
    from parts_before full join parts_after using ({names})
),

parts as (
    select
        both_days.*,
        abs(number_after - number_before) as part,
        networks.network  -- of who does not count any more, none: networks are numbered anew in each session
    from both_days
    left join networks on networks.person = both_days.site
)

select
    {labels},
    count(*) filter (where part > 0),
    count(distinct network) filter (where part > 0),
    sum(number_before),
    sum(number_after),
    max(part),
    coalesce(max(part, 2)[2], 0),
    sum(part)
from parts
group by {places}
"""


@dataclass(frozen=True, slots=True)
class Change:
    """By how many people, on how many networks, a number of a cell changes, and how much.

    Attributes:
        before, after: the number as all visitors add up to it.
        first, second: the two largest parts of the difference that one visitor has.
        total: all parts, each without its sign.
    """

    people: int
    networks: int
    before: int
    after: int
    first: int
    second: int
    total: int


Changes = Mapping[str, Mapping[tuple[Key, str], Change]]


def changes_of(before: DayInput, after: DayInput, specs: Sequence[TableSpec], threads: int) -> Changes:
    """What late lines change, by table, and by key and counted column; cells of nobody are left out.

    Args:
        before: the day as it was published.
        after: the same with late lines.
        specs: daily tables of the logs, none that shows another's numbers.
        threads: of the engine.

    Raises:
        CheckFailed: a query failed.
        OutsideError: memory did not suffice, or a part could not be read.
    """
    with engine_errors(f"day {after.day}"):
        with day_session(before, threads) as connection:
            held = _of_visitors(connection, before, specs)
        with day_session(after, threads) as connection:
            new = _of_visitors(connection, after, specs)
            connection.execute(NETWORKS.format(apart=APART))
            return {spec.name: _compared(connection, spec, held[spec.name], new[spec.name]) for spec in specs}


def _of_visitors(
    connection: duckdb.DuckDBPyConnection, given: DayInput, specs: Sequence[TableSpec]
) -> dict[str, pa.Table]:
    """What each visitor adds to each cell, by table; ``site`` names both."""
    for name in RECORDS:
        connection.execute(ALONE.format(name=name, apart=APART))
    connection.execute("create table timed_sites as from timed")
    connection.execute("drop view timed")
    connection.execute("create table steps as from funnel")
    connection.unregister("funnel")
    connection.execute(OF_SITES.format(name="timed", source="timed_sites", apart=APART))
    connection.execute(OF_SITES.format(name="funnel", source="steps", apart=APART))
    return dict(_queried(connection, given, specs))


def _queried(
    connection: duckdb.DuckDBPyConnection, given: DayInput, specs: Sequence[TableSpec]
) -> Iterator[tuple[str, pa.Table]]:
    for spec in specs:
        labels = given.shown.labels.get(spec.name, ()) if given.shown else ()
        schema = pa.schema([("site", pa.string()), ("label", pa.string())])
        rows = [{"site": site, "label": label} for site, label in sorted(labels)]
        connection.register("labels_shown", pa.Table.from_pylist(rows, schema))
        connection.execute(ADMITTED.format(apart=APART))
        yield spec.name, connection.execute(spec.query).to_arrow_table()


def _compared(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, before: pa.Table, after: pa.Table
) -> dict[tuple[Key, str], Change]:
    connection.register("parts_before", before)
    connection.register("parts_after", after)
    found: dict[tuple[Key, str], Change] = {}
    for name in spec.counted:
        for row in connection.execute(_comparison(spec, name)).fetchall():
            key, numbers = row[: len(spec.dimensions)], row[len(spec.dimensions) :]
            found[tuple(key), name] = Change(*(int(one or 0) for one in numbers))
    return found


def _comparison(spec: TableSpec, name: str) -> str:
    """The query over both: a row a cell, its labels first, then the fields of ``Change``."""
    own = [f"split_part(site, '{APART}', 1)" if one == "site" else f'"{one}"' for one in spec.dimensions]
    return COMPARED.format(
        number=f'"{name}"',
        names=", ".join(f'"{one}"' for one in spec.dimensions),
        labels=", ".join(f"{one} as label_{place}" for place, one in enumerate(own)),
        places=", ".join(str(place + 1) for place in range(len(own))),
    )
