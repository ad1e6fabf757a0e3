"""A parsed chunk to restricted request records: each declared field gets its treatment, the rest goes.

In: ``ParsedChunk`` (identified, in memory). Out: one Arrow table a local day, without an identifier.
It must not keep a field that the registry does not name, nor know a treatment that the registry lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.agents import Agent, classify_agent
from iesiz.deidentify.assets import join_asset, split_asset
from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.local_time import LocalTime, date_of
from iesiz.deidentify.memory import Memory
from iesiz.deidentify.referrers import classify_referrer
from iesiz.deidentify.routes import OwnRoutes, Resource, resource_of, route_of
from iesiz.deidentify.visitors import Visitors
from iesiz.errors import PrivacyRefusal
from iesiz.policy import Registry
from iesiz.records import METHODS, PATH, CodedText, ParsedChunk

Columns = dict[str, pa.Array]
MALFORMED = "{malformed}"


@dataclass(frozen=True)
class Context:
    """What the treatments of one file need.

    Attributes:
        zone: the site's time zone.
        own_hosts: all host names of the network.
    """

    site: str
    zone: str
    own_hosts: frozenset[str]
    routes: OwnRoutes
    registry: Registry
    keys: KeyRing
    visitors: Visitors = field(init=False)
    route_memory: Memory[tuple[str, str]] = field(init=False)
    folder_memory: Memory[str] = field(init=False)
    agent_memory: Memory[Agent] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing remembered."""
        object.__setattr__(self, "visitors", Visitors(self.site, self.keys))
        object.__setattr__(self, "route_memory", Memory(self._route))
        object.__setattr__(self, "folder_memory", Memory(lambda folder: route_of(str(folder), self.routes)))
        object.__setattr__(self, "agent_memory", Memory(lambda text: classify_agent(_text(text))))

    @property
    def routes_have_numbers(self) -> bool:
        """Whether an own route holds a digit, so that numbers in paths matter."""
        return any(character.isdigit() for template in self.routes.templates for character in template)

    def _route(self, path: object) -> tuple[str, str]:
        text = _text(path)
        resource = resource_of(text)
        if resource != Resource.ASSET:
            return route_of(text, self.routes), resource
        folder, name = split_asset(text)
        return join_asset(self.folder_memory.of(folder), name), resource


def deidentify_chunk(chunk: ParsedChunk, times: LocalTime, context: Context) -> dict[dt.date, pa.Table]:
    """Treat every declared field of a chunk and split the records by local day.

    Args:
        chunk: recognised lines of days whose records may be kept.
        times: their local times.
        context: what the treatments need.

    Raises:
        PrivacyRefusal: the registry names a treatment that this room does not know.
    """
    columns: Columns = {}
    for declared in context.registry.fields.values():
        treatment = TREATMENTS.get(declared.treatment)
        if treatment is None:
            raise PrivacyRefusal(
                f"Field access_log.{declared.name}: treatment {declared.treatment!r} is not known."
            )
        columns |= treatment(chunk, context, times, declared.name)
    return _by_day(pa.table(columns), times)


def _by_day(table: pa.Table, times: LocalTime) -> dict[dt.date, pa.Table]:
    days = np.unique(times.days)
    if len(days) == 1:
        return {date_of(int(days[0])): table}
    return {date_of(int(day)): table.filter(pa.array(times.days == day)) for day in days}


def _pseudonym(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return context.visitors.columns(chunk.texts[name], chunk.texts.get("agent"), times.days)


def _time(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return {"second": pa.array(chunk.seconds), "hour": pa.array(times.hours)}


def _request(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    paths = chunk.texts[PATH]
    made = [context.route_memory.of(value) for value in paths.values]
    routes = _spread(paths.codes, [route for route, _ in made])
    resources = _spread(paths.codes, [resource for _, resource in made])
    methods = pa.DictionaryArray.from_arrays(pa.array(chunk.method.astype(np.int32)), pa.array(METHODS))
    return {"method": methods, "route": _malformed_apart(routes, chunk), "resource": resources}


def _malformed_apart(routes: pa.DictionaryArray, chunk: ParsedChunk) -> pa.DictionaryArray:
    malformed = chunk.method == 0
    if not malformed.any():
        return routes
    labels = [*routes.dictionary.to_pylist(), MALFORMED]
    codes = np.where(malformed, len(labels) - 1, routes.indices.to_numpy())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(labels))


def _number(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return {"status": {"status_code": pa.array(chunk.status)}, "bytes": {"bytes": pa.array(chunk.size)}}[name]


def _referrer(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    coded = chunk.texts.get(name)
    values = (None,) if coded is None else coded.values
    codes = np.zeros(chunk.rows, np.int64) if coded is None else coded.codes.astype(np.int64)
    made = [
        classify_referrer(None if value is None else _text(value), query, context.own_hosts)
        for value in values
        for query in (None, "utm_source=x")
    ]
    spread = codes * 2 + chunk.campaign
    kinds, sources = [str(one.kind) for one in made], [one.source for one in made]
    return {"referrer": _spread(spread, kinds), "referrer_source": _spread(spread, sources)}


def _agent(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    coded = chunk.texts.get(name) or CodedText(np.zeros(chunk.rows, np.int32), (b"",))
    made = [
        context.agent_memory.of(value) if name in chunk.texts else classify_agent(None)
        for value in coded.values
    ]
    robots = np.array([one.is_robot for one in made], np.bool_)
    columns = {
        key: _spread(coded.codes, [getattr(one, key) for one in made])
        for key in ("device", "system", "browser")
    }
    return {**columns, "is_robot": pa.array(robots[coded.codes])}


def _nothing(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return {}


def _spread(codes: npt.NDArray[np.integer], labels: list[str]) -> pa.DictionaryArray:
    distinct = pa.array(labels, pa.string()).dictionary_encode()
    indices = distinct.indices.to_numpy()[codes] if len(labels) else np.zeros(0, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), distinct.dictionary)


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError("a distinct value of a log is bytes")
    return value.decode("utf-8", "backslashreplace")


TREATMENTS: dict[str, Callable[[ParsedChunk, Context, LocalTime, str], Columns]] = {
    "pseudonym": _pseudonym,
    "local_time": _time,
    "route": _request,
    "number": _number,
    "referrer_class": _referrer,
    "agent_class": _agent,
    "own_host": _nothing,
    "drop": _nothing,
}
