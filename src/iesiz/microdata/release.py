"""Apply a generalisation scheme to a file and write what may be released.

In: the file read, its combinations, the optimum found. Out: a table in which the quasi-identifiers are
generalised and the records of failing classes are missing, and a CSV file of it.
Must not keep the order of the records, which could tell who is who (the rows are sorted by what they show),
nor any column that was not named.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from iesiz.errors import OutsideError
from iesiz.microdata.classes import Cells, Classes, Microdata
from iesiz.microdata.models import Mask
from iesiz.microdata.records import Codes, Records, sort_order
from iesiz.microdata.search import Optimum


@dataclass(frozen=True)
class Shown:
    """A column of the release: its labels and, for each record, which of them it shows."""

    name: str
    labels: tuple[str, ...]
    codes: Codes


def keep(classes: Classes, failing: Mask) -> Classes:
    """Return the classes that do not fail, numbered anew."""
    place = np.cumsum(~failing) - 1
    cells = classes.cells
    if cells is not None:
        stays = ~failing[cells.owner]
        cells = Cells(place[cells.owner[stays]], cells.value[stays], cells.count[stays])
    return Classes(classes.representative[~failing], classes.counts[~failing], cells)


def released(records: Records, data: Microdata, optimum: Optimum, others: Sequence[str] = ()) -> pa.Table:
    """Return the release: generalised quasi-identifiers, then the other columns, as they are.

    Args:
        records: the file.
        data: its combinations.
        optimum: the scheme and the classes that fail.
        others: columns to carry over, the sensitive attribute first.

    Returns:
        one row a record that is kept, sorted by all columns.
    """
    rows = kept_rows(data, optimum)
    combinations = data.codes[data.combination_of[rows]]
    columns = [
        Shown(hierarchy.column, hierarchy.labels[level], hierarchy.codes[level][combinations[:, place]])
        for place, (hierarchy, level) in enumerate(zip(data.hierarchies, optimum.levels, strict=True))
    ]
    columns += [
        Shown(column.name, column.values, column.codes[rows]) for column in map(records.column, others)
    ]
    ordered = [_sorted_labels(column) for column in columns]
    order = np.lexsort([column.codes for column in reversed(ordered)])
    arrays = [pa.array(column.labels, pa.string()).take(pa.array(column.codes[order])) for column in ordered]
    return pa.table(arrays, names=[column.name for column in ordered])


def kept_rows(data: Microdata, optimum: Optimum) -> npt.NDArray[np.int64]:
    """Return the indices of the records whose class does not fail."""
    owner, size = data.owners(data.finest, optimum.levels)
    fails = np.zeros(size, dtype=bool)
    fails[owner[optimum.classes.representative[optimum.failing]]] = True
    return np.flatnonzero(~fails[owner[data.combination_of]])


def write_csv(table: pa.Table, path: Path, separator: str) -> None:
    """Write a table as CSV, in one step: a reader sees the whole file or none.

    Raises:
        OutsideError: the place cannot be written.
    """
    options = pa_csv.WriteOptions(delimiter=separator, quoting_style="needed")
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as sink:
                pa_csv.write_csv(table, sink, options)
            Path(beside).chmod(0o644)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutsideError(f"{path}: cannot be written ({error.strerror}); choose another place") from None


def _sorted_labels(column: Shown) -> Shown:
    labels = sort_order(column.labels)
    place = {label: number for number, label in enumerate(labels)}
    rank = np.array([place[label] for label in column.labels], dtype=np.int32)
    return Shown(column.name, labels, rank[column.codes])
