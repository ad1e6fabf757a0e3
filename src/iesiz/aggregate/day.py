"""The session of a day: what counts of its records, share by share, in the engine's tables.

In: parts by site. Out: a session with the tables `visitors`, `requests`, `pageviews`, `visits`, `people`
(how many requests of people there were before the bounds, how many of them pageviews, timed, with a preferred
language), `timed` (sites whose log tells how long a request took), `spoken`, `funnel` and `registrations`. It
must not hold more than one share besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import chain
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from iesiz.aggregate.counted import Counting, Flags, pageviews_of, requests_of, visits_of
from iesiz.aggregate.draws import halves_of
from iesiz.aggregate.habit_kernel import PREFERRING, TIMED, VIEWS
from iesiz.aggregate.many_routes import common_routes
from iesiz.aggregate.pieces import Meaning, origin_of
from iesiz.aggregate.robots import Asked, Habits, asked_of, habits_of, persons_among
from iesiz.aggregate.rows import People, load_people
from iesiz.aggregate.session import (
    DayInput,
    connect,
    register_declared,
    register_funnel,
    register_mirror,
    relation,
)
from iesiz.aggregate.shares import shares_of
from iesiz.aggregate.words import Words, words_of
from iesiz.heap import give_back
from iesiz.parallel import in_order

ROUTE_VISITORS = 10  # no label has fewer: the least k that the settings admit
PEOPLE = pa.schema(
    [
        ("site", pa.string()),
        *((name, pa.int64()) for name in ("requests", "pageviews", "timed", "preferring")),
    ]
)
TIMED_SITES = "create view timed as select distinct site from people where timed > 0"


def _visitors(share: Counting) -> pa.Table:
    """People of the share, numbered for the time of the session."""
    there = np.flatnonzero(share.is_person)
    return pa.table(
        {
            "site": pa.array([share.site] * len(there), pa.string()),
            "pseudonym": share.people.pseudonyms.take(pa.array(there)),
            "visitor": share.number[there],
            "network": share.network[there],
        }
    )


MADE: Mapping[str, Callable[[Counting], pd.DataFrame | pa.Table]] = {
    "visitors": _visitors,
    "requests": requests_of,
    "pageviews": pageviews_of,
    "visits": visits_of,
}
"""The relations that a share fills, and what makes its rows of each."""


@contextmanager
def day_session(given: DayInput, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with the relations of a day."""
    connection = connect(threads, given.memory, given.scratch)
    try:
        making = _Making(
            connection,
            given,
            threads,
            words_of(given.parts, threads, given.most_routes, partial(_shown_routes, given, threads)),
        )
        connection.register("nothing", PEOPLE.empty_table())
        connection.execute("create table people as from nothing")
        making.add([_nobody(given, making.words)])
        for site, paths in given.parts.items():
            making.take(site, paths)
        give_back()
        connection.execute(TIMED_SITES)
        register_declared(connection, given.with_data)
        for name in ("spoken", "unspoken"):
            connection.execute(relation(name))
        register_funnel(connection, given.sites)
        if given.registrations is not None:
            register_mirror(connection, given.registrations, "registrations")
        yield connection
    finally:
        connection.close()


def _shown_routes(given: DayInput, threads: int) -> set[str]:
    """The routes that a table may name: of enough visitors, common before, or a site's own."""
    paths = [path for parts in given.parts.values() for path in parts]
    common = common_routes(paths, ROUTE_VISITORS, threads)
    earlier = {label for tables in given.labels.values() for labels in tables.values() for _, label in labels}
    own = {route for site in given.sites for route in (*site.routes, *(step.route for step in site.funnel))}
    return common | earlier | own


@dataclass(slots=True)
class _Making:
    """A session whose relations are being filled."""

    connection: duckdb.DuckDBPyConnection
    given: DayInput
    threads: int
    words: Words
    visitors: int = 0
    networks: dict[bytes, int] = field(default_factory=dict)
    tables: set[str] = field(default_factory=lambda: {"people"})

    def take(self, site: str, paths: Sequence[Path]) -> None:
        """Take in a site's parts, share by share; whether its log has assets is asked of all shares first."""
        given = self.given
        meaning = Meaning(self.words, origin_of(given.day), given.bounds.bytes)
        with shares_of(paths, meaning, self.threads, given.share_rows, given.scratch) as shares:

            def ask(share: int) -> Asked:
                return asked_of(shares.begin(share), self.words, given.behaviour)

            last = len(shares) - 1  # The largest: no other is in memory beside it.
            asked = reduce(Asked.plus, chain(in_order(ask, range(last), self.threads), map(ask, [last])))
            has_assets = asked.has_assets(given.behaviour)
            give_back()
            self.add(
                self._counting(site, shares.people(share), has_assets=has_assets)
                for share in reversed(range(len(shares)))
            )

    def _counting(self, site: str, people: People, *, has_assets: bool) -> Counting:
        """Tell a share's persons, and number them and their networks."""
        given, habits = self.given, habits_of(people)
        is_person = persons_among(people, habits, self.words, given.behaviour, has_assets=has_assets)
        self._append("people", _people(site, people, habits, is_person))
        number = np.cumsum(is_person, dtype=np.int32) + np.int32(self.visitors - 1)
        self.visitors += int(is_person.sum())
        known = [self.networks.setdefault(one, len(self.networks)) for one in people.networks.to_pylist()]
        network = np.array(known, np.int32)[people.network_of]
        own = halves_of(people.pseudonyms, given.sampling_key)
        return Counting(
            site, people, is_person, number, network, own, self.words, given.bounds, given.sampling_key
        )

    def add(self, shares: Iterable[Counting]) -> None:
        """Append what counts of shares to the relations; the next one is begun while the last is appended."""
        wanted = ((name, share) for share in shares for name in MADE)
        for name, frame in in_order(lambda one: (one[0], MADE[one[0]](one[1])), wanted, self.threads):
            self._append(name, frame)

    def _append(self, name: str, frame: pd.DataFrame | pa.Table) -> None:
        self.connection.register("frame", frame)
        is_there = name in self.tables
        self.tables.add(name)
        self.connection.execute(
            f"insert into {name} from frame" if is_there else f"create table {name} as from frame"
        )
        self.connection.unregister("frame")


def _nobody(given: DayInput, words: Words) -> Counting:
    """A share without anybody, by which every relation is there with its types."""
    none, nobody = np.zeros(0, np.int32), load_people([], Meaning(words, 0, given.bounds.bytes), 1)
    draws = np.zeros(0, np.uint64)
    site = words.of["site"][0]
    return Counting(
        site, nobody, none.astype(np.bool_), none, none, draws, words, given.bounds, given.sampling_key
    )


def _people(site: str, people: People, habits: Habits, is_person: Flags) -> pa.Table:
    """How much there was of persons before the bounds."""
    done = habits[is_person].sum(axis=0)
    requests = np.diff(people.starts)[is_person].sum()
    counts = {"pageviews": VIEWS, "timed": TIMED, "preferring": PREFERRING}
    told = {name: int(done[habit]) for name, habit in counts.items()}
    return pa.Table.from_pylist([{"site": site, "requests": int(requests), **told}], PEOPLE)
