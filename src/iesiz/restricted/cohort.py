"""What microdata are made of: the people of a closed quarter, the visits of a closed month.

In: the mirror of registrations, and what closed days left of their visits. Out: Arrow tables of words, a row
a record, without a pseudonym. It must not give a person to two cohorts: who was in one is noted, by
pseudonym, as long as the source has the account. Notes hold under the key of the mirror that they were made
with; under another nobody can tell who was in a cohort.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from iesiz.errors import PrivacyRefusal
from iesiz.periods import Period
from iesiz.restricted.exact import visits_path
from iesiz.restricted.mirror import KEYED, mirror_path, read_marks
from iesiz.settings import Settings
from iesiz.storage import outside, write_private

PERSON, COHORT, CAME = "person", "cohort", "came"
NOT_GIVEN, UNKNOWN, REGISTERED = "not_given", "unknown", "registered_day"
SINCE = ("language",)
"""Features that days may lack which an earlier version has left."""

NETWORKS = "network_count"
"""From how many networks the visitors of a day came who share all features; 0 where nobody counted."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def cohorts_path(settings: Settings) -> Path:
    """Where the notes lie of who was in which cohort."""
    return settings.restricted / "registration" / "cohorts.parquet"


def write_visits(settings: Settings, day: dt.date, visits: pa.Table) -> None:
    """Keep a day's visits, counted by their features, until their month is closed."""
    write_private(visits_path(settings, day), partial(pq.write_table, visits, compression="zstd"))


def forget_visits(settings: Settings, days: Collection[dt.date]) -> None:
    """Delete what days left of their visits, once their month is closed."""
    for path in (visits_path(settings, day) for day in days):
        with outside(path):
            path.unlink(missing_ok=True)


def read_visits(settings: Settings, days: Collection[dt.date]) -> pa.Table | None:
    """The visits of days, a row each, with `came` (the day), `weekday` and `NETWORKS`; None without one."""
    found = [
        _of_day(visits_path(settings, day), day)
        for day in sorted(days)
        if visits_path(settings, day).exists()
    ]
    return pa.concat_tables(found) if any(len(one) for one in found) else None


def read_cohort(settings: Settings, period: Period, fields: Sequence[str]) -> pa.Table | None:
    """The people that registered in a period, a row each, whom no other cohort holds; None if there are none.

    Their fields, then the ISO day on which they registered.

    Args:
        settings: where the store is.
        period: the quarter.
        fields: columns of the mirror that are asked for; one that the source lacks was given by nobody.
    """
    people = _people(settings, period, fields)
    held = pc.is_in(people[PERSON], _noted(settings, besides=period)[PERSON].combine_chunks())
    people = people.filter(pc.invert(held))
    if not len(people):
        return None
    missing = pa.array([NOT_GIVEN] * len(people), pa.string())
    columns = [
        pc.cast(people[name], pa.string()) if name in people.column_names else missing for name in fields
    ]
    came = pc.cast(people[REGISTERED], pa.string())
    return pa.table([*columns, came], names=[*fields, CAME])


def notes_hold(settings: Settings) -> bool:
    """Whether people of earlier cohorts can be told: the notes were made under the key of the mirror."""
    marks, path = read_marks(settings), cohorts_path(settings)
    if marks is None or not path.exists():
        return marks is not None
    with outside(path):
        held = pq.read_metadata(path).metadata or {}
    return held.get(KEYED) == marks.key.encode()


def note_cohort(settings: Settings, period: Period) -> None:
    """Note who is in a cohort, released or left out, so that nobody is in a second one.

    Notes under another key stay as they are: they still say that there were cohorts of whom nobody can tell.
    """
    if not notes_hold(settings):
        return
    people = _people(settings, period, ())[PERSON]
    before = _noted(settings, besides=period)
    new = people.filter(pc.invert(pc.is_in(people, before[PERSON].combine_chunks())))
    named = pa.array([period.name] * len(new), pa.string())
    _write(settings, pa.concat_tables([before, pa.table({PERSON: new, COHORT: named})]))


def forget_gone(settings: Settings) -> None:
    """Drop the note of people whose account the source no longer has."""
    if not cohorts_path(settings).exists() or not notes_hold(settings):
        return
    noted = _noted(settings)
    with outside(mirror_path(settings)):
        there = pq.ParquetFile(mirror_path(settings)).read([PERSON])[PERSON].cast(pa.binary())
    stays = pc.is_in(noted[PERSON], there.combine_chunks())
    if not pc.all(stays).as_py():
        _write(settings, noted.filter(stays))


def _of_day(path: Path, day: dt.date) -> pa.Table:
    with outside(path):
        counted = pq.ParquetFile(path).read()
    rows = np.repeat(np.arange(len(counted)), counted["visitor_count"].to_numpy())
    visits = counted.drop_columns(["visitor_count"]).take(pa.array(rows))
    words = {"weekday": WEEKDAYS[day.weekday()], CAME: day.isoformat()}
    words |= {name: UNKNOWN for name in SINCE if name not in visits.column_names}
    for name, word in words.items():
        visits = visits.append_column(name, pa.array([word] * len(visits), pa.string()))
    if NETWORKS not in visits.column_names:
        visits = visits.append_column(NETWORKS, pa.array([0] * len(visits), pa.int64()))
    return visits.select(sorted(visits.column_names))


def _people(settings: Settings, period: Period, fields: Sequence[str]) -> pa.Table:
    path = mirror_path(settings)
    with outside(path):
        source = ds.dataset(path)
        wanted = [PERSON, *(name for name in fields if name in source.schema.names), REGISTERED]
        day, counts = ds.field(REGISTERED), ds.field("left_out").cast(pa.string()) == ""
        chosen = counts & (day >= period.start) & (day < period.end)
        people = source.to_table(columns=wanted, filter=chosen)
    return people.set_column(0, PERSON, people[PERSON].cast(pa.binary()))


def _noted(settings: Settings, besides: Period | None = None) -> pa.Table:
    schema = pa.schema([(PERSON, pa.binary()), (COHORT, pa.string())])
    path = cohorts_path(settings)
    if not path.exists():
        return schema.empty_table()
    with outside(path):
        noted = pq.ParquetFile(path).read().cast(schema)
    return noted if besides is None else noted.filter(pc.not_equal(noted[COHORT], besides.name))


def _write(settings: Settings, noted: pa.Table) -> None:
    marks = read_marks(settings)
    if marks is None:
        raise PrivacyRefusal(f"{mirror_path(settings)}: no mirror, so that nobody can be noted.")
    noted = noted.replace_schema_metadata({KEYED: marks.key.encode()})
    write_private(cohorts_path(settings), partial(pq.write_table, noted, compression="zstd"))
