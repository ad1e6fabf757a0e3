"""Counts of a day's registrations, frozen when the day is published, of which longer periods are the sums.

A record that is changed or deleted between the close of a day and that of its month would otherwise make the
month differ from its days, and tell who it was. In: the mirror. Out: counts a day, without a pseudonym.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from iesiz.restricted.exact import counts_path
from iesiz.settings import Settings
from iesiz.storage import outside, write_private

CUTS = {"age_and_sex": ("birth_date", "sex"), "channel": ("channel",)}
STATES = ("not_given", "invalid")
NO_FIELDS = frozenset({"person", "state", "left_out", "site", "registered_day"})
TEXTS = ("cut", "site", "birth_date", "sex", "channel", "field", "answer")
SCHEMA = pa.schema(
    [("day", pa.date32()), *((name, pa.string()) for name in TEXTS), ("registration_count", pa.int64())]
)


def freeze_registrations(settings: Settings, day: dt.date, mirror: Path) -> None:
    """Keep a day's counts: by age and sex, by channel, and for each field by what became of it.

    A row says in ``cut`` which of the three it belongs to; ``answer`` is ``given``, ``not_given`` or
    ``invalid``.
    """
    with outside(mirror):
        people = _people(mirror, day)
    cuts = [_counted(people, cut, dimensions) for cut, dimensions in CUTS.items()]
    fields = [_answers(people, name) for name in people.column_names if name not in NO_FIELDS]
    table = pa.concat_tables([_shaped(one, day) for one in (*cuts, *fields)])
    write_private(counts_path(settings, day), partial(pq.write_table, table, compression="zstd"))


def _people(mirror: Path, day: dt.date) -> pa.Table:
    """The people that registered on a day and count; words instead of their numbers."""
    chosen = (ds.field("registered_day") == day) & (ds.field("left_out").cast(pa.string()) == "")
    source = ds.dataset(mirror)
    wanted = [name for name in source.schema.names if name not in ("person", "state")]
    table = source.to_table(columns=wanted, filter=chosen)
    texts = [pc.cast(table[name], pa.string()) for name in wanted if name != "registered_day"]
    return pa.table(texts, [name for name in wanted if name != "registered_day"])


def _counted(people: pa.Table, cut: str, dimensions: tuple[str, ...]) -> pa.Table:
    counted = people.group_by(["site", *dimensions]).aggregate([([], "count_all")])
    return counted.append_column("cut", pa.array([cut] * len(counted), pa.string()))


def _answers(people: pa.Table, name: str) -> pa.Table:
    values = people[name]
    answer = pc.if_else(pc.is_in(values, pa.array(STATES)), values, "given")
    counted = _counted(pa.table({"site": people["site"], "answer": answer}), "field", ("answer",))
    return counted.append_column("field", pa.array([name] * len(counted), pa.string()))


def _shaped(counted: pa.Table, day: dt.date) -> pa.Table:
    held = {
        **{name: counted[name] for name in counted.column_names},
        "day": pa.array([day] * len(counted), pa.date32()),
        "registration_count": counted["count_all"],
    }
    columns = [held.get(one.name, pa.nulls(len(counted), one.type)) for one in SCHEMA]
    return pa.table(
        [pc.cast(column, one.type) for column, one in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )
