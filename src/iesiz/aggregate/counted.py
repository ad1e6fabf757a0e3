"""What counts of a share: its visits, requests and pageviews, within the bounds, as columns for the engine.

In: ``People`` of one site. Out: a frame a relation, its texts as enumerations. A pageview, a visit and the
bounds are what ``bounds``, ``visit_kernel`` and ``bound_kernel`` say. It must not aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from iesiz.aggregate.bound_kernel import CELLS, CLASSES, bound_pageviews, bound_requests
from iesiz.aggregate.draws import Halves, halves_of_cells
from iesiz.aggregate.habit_kernel import VIEW
from iesiz.aggregate.order_kernel import sort_by
from iesiz.aggregate.rows import People
from iesiz.aggregate.visit_kernel import LANGUAGES, count_some, describe_visits, draw_one, put_visits_together
from iesiz.aggregate.words import OF_AGENT, STATUS_CLASSES, Words, spoken
from iesiz.bounds import Bounds
from iesiz.languages import UNKNOWN

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.signedinteger[Any]]
NEVER = np.iinfo(np.int64).max
CELL_NAMES = [(hour, name) for hour in range(24) for name in STATUS_CLASSES]


@dataclass(frozen=True, eq=False)
class Counting:
    """A share whose people are told from robots.

    Attributes:
        site: its name.
        people: its requests.
        is_person: whether each visitor counts.
        number: of each visitor in the day's session.
        network: number of each visitor's network.
        own: each visitor's half of the draws.
        words: those of the day.
        bounds: how much one visitor may add.
        key: the day's, under which cells are drawn.
    """

    site: str
    people: People
    is_person: Flags
    number: npt.NDArray[np.int32]
    network: npt.NDArray[np.int32]
    own: Halves
    words: Words
    bounds: Bounds
    key: bytes

    @cached_property
    def whose(self) -> npt.NDArray[np.int32]:
        """The visitor of each request."""
        visitors = np.arange(self.people.visitors, dtype=np.int32)
        return np.repeat(visitors, np.diff(self.people.starts))

    def columns(self, whose: Numbers, **texts: Numbers) -> dict[str, Any]:
        """Site, visitor and network of the rows of a relation, and texts."""
        site = self.words.column("site", np.full(len(whose), self.words.place["site"][self.site]))
        named = {name: self.words.column(name, codes) for name, codes in texts.items()}
        return {"site": site, "visitor": self.number[whose], "network": self.network[whose], **named}


def requests_of(share: Counting) -> pd.DataFrame:
    """Requests that count: what people asked for, assets included."""
    rows, bounds, keep = share.people.rows, share.bounds, np.zeros(len(share.people.rows), np.bool_)
    cell_of = rows["hour"].astype(np.int16) * np.int16(CLASSES) + rows["status_class"]
    most_of_one = int(np.diff(share.people.starts).max(initial=0))
    bound_requests(
        share.people.starts,
        share.is_person,
        share.own,
        cell_of,
        halves_of_cells(((share.site, *cell) for cell in CELL_NAMES), share.key),
        rows["second"],
        rows["route"] * np.int64(bounds.bytes + 1) + rows["bytes"],
        bounds.request_hits,
        np.empty(CELLS, np.int64),
        np.empty(bounds.cells, np.uint64),
        np.empty(bounds.cells, np.int64),
        np.empty(most_of_one, np.int32),
        keep,
    )
    kept = np.flatnonzero(keep)
    columns = share.columns(
        share.whose[kept], route=rows["route"][kept], status_class=rows["status_class"][kept]
    )
    return pd.DataFrame(
        columns | {"hour": rows["hour"][kept], "bytes": _small(rows["bytes"][kept], bounds.bytes)}, copy=False
    )


def pageviews_of(share: Counting) -> pd.DataFrame:
    """Pageviews that count."""
    people, bounds, whose = share.people, share.bounds, share.whose
    rows, keep = people.rows, np.zeros(len(people.rows), np.bool_)
    views = np.flatnonzero((rows["kind"] & VIEW != 0) & share.is_person[whose]).astype(np.int32)
    by_route, order = np.empty_like(views), np.empty_like(views)
    sort_by(rows["route"], views, np.zeros(len(share.words.of["route"]) + 1, np.int64), by_route)
    starts = np.zeros(people.visitors + 1, np.int64)
    sort_by(whose, by_route, starts, order)
    duration = rows["duration"]
    bound_pageviews(
        starts,
        order,
        share.own,
        rows["route"],
        _halves_of_routes(share, rows["route"][views]),
        rows["second"],
        np.where(duration < 0, NEVER, duration),
        bounds.pageview_hits,
        np.empty(bounds.cells, np.uint64),
        np.empty(bounds.cells, np.int64),
        keep,
    )
    kept = np.flatnonzero(keep)
    columns = share.columns(whose[kept], route=rows["route"][kept])
    took = pd.arrays.IntegerArray(duration[kept], duration[kept] < 0)
    return pd.DataFrame(columns | {"second": rows["second"][kept], "duration": took}, copy=False)


def visits_of(share: Counting) -> pd.DataFrame:
    """Visits that count; of one with several devices, which no agent has, the first in the alphabet."""
    people, bounds = share.people, share.bounds
    visits = _Visits.of(share)
    keep, drawn = np.empty((2, len(visits.whose)), np.bool_)
    hits = np.zeros(len(share.words.of["referrer"]), np.int64)
    referrer, device, hour, views, language = visits.like
    count_some(visits.whose, referrer, bounds.visit_hits, hits, keep)
    draw_one(visits.whose, visits.number, share.own, keep, drawn)
    second = people.rows["second"]
    first, last = second[visits.first], second[visits.last]
    numbers = {
        "is_drawn": drawn,
        "duration_seconds": np.minimum(last - first, np.int32(bounds.seconds)),
        "first_second": first,
        "last_second": last,
        "hour": hour.astype(np.int8),
        "pageview_count": views,
    }
    texts = {"referrer": referrer, "device": device, "language": _of_languages(share.words)[language]}
    texts |= dict(zip(OF_AGENT, people.of_agent[:, visits.whose], strict=True))
    columns = share.columns(visits.whose[keep], **{name: one[keep] for name, one in texts.items()})
    return pd.DataFrame(columns | {name: one[keep] for name, one in numbers.items()}, copy=False)


def _of_languages(words: Words) -> npt.NDArray[np.int32]:
    """The word of each language as the kernel numbers them, 0 for none that is known."""
    return np.array([words.place["language"][word] for word in (UNKNOWN, *spoken())], np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """Visits of a share: first and last request of each, whose it is, its number, what it was like."""

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    whose: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]
    like: npt.NDArray[np.int32]

    @classmethod
    def of(cls, share: Counting) -> _Visits:
        """Put them together. No more memory is touched than there are visits."""
        people, rows = share.people, share.people.rows
        first, last = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        whose, number = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
        total = put_visits_together(
            people.starts, share.is_person, rows["second"], first, last, whose, number
        )
        first, last, like = first[:total], last[:total], np.empty((5, total), np.int32)
        told = rows["second"], rows["kind"] & VIEW != 0, rows["referrer"], rows["device"]
        weights = np.empty(LANGUAGES, np.int64)
        describe_visits(first, last, *told, rows["hour"], rows["spoken"], weights, like)
        return cls(first, last, whose[:total], number[:total], like)


def _halves_of_routes(share: Counting, seen: Numbers) -> Halves:
    """The halves of routes with pageviews, at the place of each route."""
    found = np.flatnonzero(np.bincount(seen, minlength=1))
    halves = np.zeros(len(share.words.of["route"]), np.uint64)
    routes = share.words.of["route"]
    halves[found] = halves_of_cells(((share.site, routes[at]) for at in found.tolist()), share.key)
    return halves


def _small(values: Numbers, most: int) -> Numbers:
    """Numbers up to a bound in as few bytes as any of its kind take, whatever a share has of them."""
    return values.astype(np.min_scalar_type(-most - 1))
