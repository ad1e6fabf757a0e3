"""Labels that had enough visitors on a day, kept so that later days can admit them.

A label is text from requests. Which ones a day's tables show is decided from earlier days, so that a row's
being there tells nothing about that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.settings import Settings
from iesiz.storage import outside, write_whole

SCHEMA = pa.schema([("table", pa.string()), ("site", pa.string()), ("label", pa.string())])
Labels = Mapping[str, Collection[tuple[str, str]]]


def write_labels(settings: Settings, day: dt.date, found: Labels) -> None:
    """Keep a day's labels: for each table (site, label) with enough visitors."""
    rows = [
        {"table": table, "site": site, "label": label}
        for table, labels in sorted(found.items())
        for site, label in sorted(labels)
    ]
    table = pa.Table.from_pylist(rows, SCHEMA)
    write_whole(_path(settings, day), lambda staged: pq.write_table(table, staged, compression="zstd"))


def read_labels(
    settings: Settings, days: Collection[dt.date]
) -> dict[dt.date, dict[str, set[tuple[str, str]]]]:
    """Labels of the given days, as far as they are still kept, by day and table."""
    found: dict[dt.date, dict[str, set[tuple[str, str]]]] = {}
    for day in sorted(days):
        path = _path(settings, day)
        if not path.exists():
            continue
        with outside(path):
            rows = pq.ParquetFile(path).read().to_pylist()
        found[day] = {}
        for row in rows:
            found[day].setdefault(row["table"], set()).add((row["site"], row["label"]))
    return found


def _path(settings: Settings, day: dt.date) -> Path:
    return settings.restricted / "labels" / f"day={day}" / "labels.parquet"
