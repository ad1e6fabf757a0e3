"""The set of a revised day: what the day left, with those whose lines came late.

In: the set as it is, the day's visitors with the late lines, and what the late ones are called. Out: the set
of the next revision, or none of the day's if somebody has no name there: nobody can be called again then. It
must not replace the set as it is, since a crash may keep the revision from counting.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.periods import Period
from iesiz.restricted.period_sets import (
    BYTES,
    SCHEMA,
    day_of,
    drop_sets,
    flat,
    set_path,
    site_of,
    write_table,
)
from iesiz.settings import Settings
from iesiz.storage import outside, write_private


def renew_set(
    settings: Settings, period: Period, held: Path, visitors: pa.Table, late: pa.Table | None, revision: int
) -> None:
    """Write the set of a day's next revision; if somebody has no name in it, the day leaves none any more.

    Args:
        settings: where the store is.
        period: the week or month.
        held: the set as it is, of one site and day.
        visitors: `visitor` (day pseudonym) and `network` of all that are counted then.
        late: the maps of the late lines; None if one is missing.
        revision: its number.
    """
    site, day = site_of(held), day_of(held)
    with outside(held):
        before = pq.ParquetFile(held).read()
    names = None if late is None else _names(before, visitors, late, period)
    if names is None:
        drop_sets(settings, period, day, site)
        return
    networks = len(pc.unique(visitors["network"]))
    place = pc.index_in(names, flat(before["visitor"]))
    columns = [
        pa.array([site] * len(names), pa.string()),
        pa.array([day] * len(names), pa.date32()),
        names.cast(pa.binary(BYTES)),
        before["network"].combine_chunks().take(place),
        pa.array(np.full(len(names), networks, np.int32)),
    ]
    table = pa.table(columns, schema=SCHEMA)
    write_private(set_path(settings, period, site, day, revision), partial(write_table, table))


def _names(before: pa.Table, visitors: pa.Table, late: pa.Table, period: Period) -> pa.Array | None:
    """What all are called, in that order; None unless there is one name for each.

    Who shares a network with whom is known of those before alone; of the others none is counted.
    """
    called = flat(late[period.grain.value])
    is_counted = pc.is_in(flat(late["visitor"]), flat(visitors["visitor"]))
    came, left = called.filter(is_counted), called.filter(pc.invert(is_counted)).drop_null()
    held = flat(before["visitor"])
    stay = held.filter(pc.invert(pc.is_in(held, left)))
    names = pa.concat_arrays([stay, came]).unique()
    if names.null_count or len(names) != len(visitors):
        return None
    return names.take(pc.sort_indices(names))
