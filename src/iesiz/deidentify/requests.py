"""A parsed chunk to restricted request records: each declared field gets its treatment, the rest goes.

In: ``ParsedChunk`` (identified, in memory). Out: one Arrow table a local day, without an identifier.
It must not keep a field that the registry does not name, nor know a treatment that the registry lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from iesiz.counts import LineCounts
from iesiz.deidentify.agents import classify_agent
from iesiz.deidentify.context import ROBOT, Context, Fate
from iesiz.deidentify.labels import spread
from iesiz.deidentify.local_time import LocalTime, date_of, local_time
from iesiz.dictionaries import own_values
from iesiz.distinct import distinct_numbers
from iesiz.errors import PrivacyRefusal
from iesiz.records import METHODS, PATH, CodedText, LineMarks, ParsedChunk

Columns = dict[str, pa.Array]
MALFORMED = "{malformed}"
AGENT_COLUMNS = ("device", "system", "browser")
UNTOLD = ("language", "preferred", "duration")  # of a line, or of all


@dataclass(frozen=True, slots=True)
class Treated:
    """A chunk after de-identification.

    Attributes:
        counts: outcomes of its lines.
        days: records by local day, without an identifier; those of late lines that are laid aside among them.
        late: recognised lines by local day (ISO) that was published before.
        met: visitors met first in these lines, by local day: what they are called that day and longer.
        marks: by what the lines of open and late days are known again.
        rejected: positions of rejected lines in the block, from 0, with the reason.
    """

    counts: LineCounts
    days: Mapping[dt.date, pa.Table]
    late: Mapping[str, int]
    marks: LineMarks
    met: Mapping[dt.date, pa.Table]
    rejected: tuple[tuple[int, str], ...] = ()


def deidentify_chunk(chunk: ParsedChunk, context: Context) -> Treated:
    """Treat every declared field of a chunk and split the records by local day.

    Lines of days without an edition in force are ignored, those of published days counted as late. Neither is
    treated, so that no key is made or asked for, but late lines that are to be laid aside.

    Raises:
        PrivacyRefusal: the registry names a treatment that this room does not know.
    """
    times = local_time(chunk.seconds, context.zone)
    numbers, place = distinct_numbers(times.days)
    rows = np.bincount(place, minlength=len(numbers))
    days = [date_of(number) for number in numbers.tolist()]
    fates = [context.fate(day) for day in days]
    lines = list(zip(days, fates, rows.tolist(), strict=True))
    late = {day.isoformat(): count for day, fate, count in lines if fate in (Fate.LATE, Fate.ASIDE)}
    if Fate.NO_EDITION in fates:
        keep = np.array([fate != Fate.NO_EDITION for fate in fates], np.bool_)[place]
        chunk, times, place = chunk.only(keep, Fate.NO_EDITION.value), times.only(keep), place[keep]
    counts, marks = chunk.counts, LineMarks(chunk.line_hash.view(np.uint64), times.days, chunk.seconds)
    if Fate.LATE in fates:
        keep = np.array([fate != Fate.LATE for fate in fates], np.bool_)[place]
        chunk, times = chunk.only(keep, "not_open"), times.only(keep)
    records = _records(chunk, times, context) if chunk.rows else {}
    return Treated(counts, records, late, marks, context.visitors.take_met(), chunk.rejected_lines)


def _records(chunk: ParsedChunk, times: LocalTime, context: Context) -> dict[dt.date, pa.Table]:
    columns: Columns = {}
    for declared in context.registry.fields.values():
        treatment = TREATMENTS.get(declared.treatment)
        if treatment is None:
            raise PrivacyRefusal(
                f"Field access_log.{declared.name}: treatment {declared.treatment!r} is not known."
            )
        columns |= treatment(chunk, context, times, declared.name)
    return _by_day(pa.table(columns, _schema(columns)), times)


def _schema(columns: Columns) -> pa.Schema:
    """What is told of every line has no nulls, so that none need be looked for in writing and reading."""
    return pa.schema([pa.field(name, one.type, name in UNTOLD) for name, one in columns.items()])


def _by_day(table: pa.Table, times: LocalTime) -> dict[dt.date, pa.Table]:
    days, _ = distinct_numbers(times.days)
    if len(days) == 1:
        return {date_of(int(days[0])): table}
    return {date_of(int(day)): own_values(table.filter(pa.array(times.days == day))) for day in days}


def _pseudonym(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return context.visitors.columns(chunk.texts[name], chunk.texts.get("agent"), times.days)


def _time(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return {"second": pa.array(chunk.seconds), "hour": pa.array(times.hours)}


def _request(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    paths = chunk.texts[PATH]
    (route, resource, language), labels = context.paths.of(paths)
    routes, resources = spread(route, labels, paths.codes), spread(resource, labels, paths.codes)
    methods = pa.DictionaryArray.from_arrays(pa.array(chunk.method.astype(np.int32)), pa.array(METHODS))
    told = spread(language, labels, paths.codes) if context.languages else _untold(chunk)
    return {
        "method": methods,
        "route": _malformed_apart(routes, chunk),
        "resource": resources,
        "language": told,
    }


def _untold(chunk: ParsedChunk) -> pa.DictionaryArray:
    """What neither the format nor the site's settings can tell of any line: null."""
    return pa.DictionaryArray.from_arrays(pa.nulls(chunk.rows, pa.int32()), pa.array([], pa.string()))


def _malformed_apart(routes: pa.DictionaryArray, chunk: ParsedChunk) -> pa.DictionaryArray:
    malformed = chunk.method == 0
    if not malformed.any():
        return routes
    labels = [*routes.dictionary.to_pylist(), MALFORMED]
    codes = np.where(malformed, len(labels) - 1, routes.indices.to_numpy())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(labels))


def _number(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    if name == "duration":
        return {name: _durations(chunk)}
    return {"status": {"status_code": pa.array(chunk.status)}, "bytes": {"bytes": pa.array(chunk.size)}}[name]


def _durations(chunk: ParsedChunk) -> pa.Array:
    """Microseconds, null where the line or its format does not tell."""
    if chunk.duration is None:
        return pa.nulls(chunk.rows, pa.int64())
    return pa.array(chunk.duration, mask=chunk.duration < 0)


def _referrer(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    coded = chunk.texts.get(name) or _absent(chunk)
    (kind, source, kind_of_campaign, source_of_campaign), labels = context.referrers.of(coded)
    rows = coded.codes + len(kind) * chunk.campaign.astype(np.int32)
    return {
        "referrer": spread(np.concatenate([kind, kind_of_campaign]), labels, rows),
        "referrer_source": spread(np.concatenate([source, source_of_campaign]), labels, rows),
    }


def _agent(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    if name not in chunk.texts:
        unknown = classify_agent(None)
        values = {key: [getattr(unknown, key)] * chunk.rows for key in AGENT_COLUMNS}
        labels = {key: pa.array(one, pa.string()).dictionary_encode() for key, one in values.items()}
        return {**labels, "is_robot": pa.array(np.zeros(chunk.rows, np.bool_))}
    coded = chunk.texts[name]
    codes, names = context.agents.of(coded)
    robot = names.index(ROBOT) if ROBOT in names else -1
    columns = {key: spread(codes[at], names, coded.codes) for at, key in enumerate(AGENT_COLUMNS)}
    return {**columns, "is_robot": pa.array((codes[-1] == robot)[coded.codes])}


def _preference(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    if name not in chunk.texts:
        return {"preferred": _untold(chunk)}
    coded = chunk.texts[name]
    (language,), labels = context.preferences.of(coded)
    return {"preferred": spread(language, labels, coded.codes)}


def _absent(chunk: ParsedChunk) -> CodedText:
    return CodedText.of(np.zeros(chunk.rows, np.int32), (b"",))


def _nothing(chunk: ParsedChunk, context: Context, times: LocalTime, name: str) -> Columns:
    return {}


TREATMENTS: dict[str, Callable[[ParsedChunk, Context, LocalTime, str], Columns]] = {
    "pseudonym": _pseudonym,
    "local_time": _time,
    "route": _request,
    "number": _number,
    "referrer_class": _referrer,
    "agent_class": _agent,
    "language_class": _preference,
    "own_host": _nothing,
    "client": _nothing,
    "drop": _nothing,
}
