"""The mirror's rows as fixed-size records: what is sorted, compared and kept in files of one part each.

In: Arrow tables of treated rows. Out: NumPy records, and tables again. It must not hold a text: a column of
which the treatment gives more than 255 different words is no class, and refused.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.errors import PrivacyRefusal

MOST_CLASSES = 255
_NUMBERING = threading.Lock()
EARLIEST = np.iinfo(np.int64).min
COUNTS = 0
"""The code of a row that is not left out."""

ALWAYS_CODED = ("left_out", "site")
Stored = npt.NDArray[Any]
"""Structured records, one a row."""

KEY = [("high", np.uint64), ("low", np.uint64)]
MARK = np.dtype([*KEY, ("version", np.int64), ("row", np.int64), ("state", np.int64)])
"""Who, which of several versions, and the masked time of change."""


@dataclass(slots=True)
class Shape:
    """How a mirror's rows are stored; words get their numbers as they are met.

    Attributes:
        fields: the treated fields, in order.
        words: for each coded column the words by number.
    """

    fields: tuple[str, ...]
    words: dict[str, dict[str, int]] = field(default_factory=lambda: {"left_out": {"": COUNTS}})

    @property
    def coded(self) -> tuple[str, ...]:
        """Columns of words."""
        return (*ALWAYS_CODED, *self.fields)

    @property
    def record(self) -> np.dtype[Any]:
        """One row: a mark, the local day of registration, a number for each coded column."""
        return np.dtype([*MARK.descr, ("day", np.int32), ("codes", np.uint8, (len(self.coded),))])

    def records(self, table: pa.Table, first_row: int) -> Stored:
        """Rows of a table, numbered from ``first_row``; a column that it lacks is coded 0.

        Raises:
            PrivacyRefusal: a column holds too many different words to be a class.
        """
        made = np.empty(len(table), self.record)
        _fill_marks(made, table, first_row)
        made["day"] = table["registered_day"].cast(pa.int32()).to_numpy()
        for place, name in enumerate(self.coded):
            there = name in table.column_names
            made["codes"][:, place] = self._codes(name, table[name].combine_chunks()) if there else 0
        return made

    def table(self, records: Stored) -> pa.Table:
        """The rows as they are kept: no version, no row number."""
        person = np.empty((len(records), 2), ">u8")
        person[:, 0], person[:, 1] = records["high"], records["low"]
        columns: dict[str, pa.Array] = {
            "person": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(16), len(records), [None, pa.py_buffer(person)]
            ),
            "state": pa.array(records["state"]),
            "registered_day": pa.array(records["day"]).cast(pa.date32()),
        }
        for place, name in enumerate(self.coded):
            words = pa.array(list(self.words.get(name, ())), pa.string())
            codes = pa.array(records["codes"][:, place].astype(np.int16))
            columns[name] = pa.DictionaryArray.from_arrays(codes, words, safe=False)
        # What is never null needs no level a value, which is a fifth of the time of writing.
        fields = [pa.field(name, column.type, nullable=False) for name, column in columns.items()]
        return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))

    def _codes(self, name: str, column: pa.Array) -> npt.NDArray[np.uint8]:
        coded = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        if not pa.types.is_dictionary(coded.type):
            coded = coded.dictionary_encode()
        known = self.words.setdefault(name, {})
        with _NUMBERING:
            numbers = [known.setdefault(word, len(known)) for word in coded.dictionary.to_pylist()]
        if len(known) > MOST_CLASSES:
            raise PrivacyRefusal(
                f"registration: {name} has more than {MOST_CLASSES} different values after its treatment, "
                "so they are no classes. Nothing is kept; the mirror is as it was."
            )
        codes: npt.NDArray[np.uint8] = np.array(numbers or [0], np.uint8).take(coded.indices.to_numpy())
        return codes


def marks_of(table: pa.Table, first_row: int) -> Stored:
    """Rows of which only the marks are known."""
    made = np.zeros(len(table), MARK)
    _fill_marks(made, table, first_row)
    return made


def _fill_marks(made: Stored, table: pa.Table, first_row: int) -> None:
    if not len(table):
        return
    made["high"], made["low"] = _halves(table["person"].combine_chunks()).T
    made["state"] = table["state"].to_numpy()
    made["version"] = table["version"].to_numpy() if "version" in table.column_names else EARLIEST
    made["row"] = np.arange(first_row, first_row + len(table))


def _halves(person: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """A pseudonym as two numbers that sort as its bytes do, shape (rows, 2)."""
    chunk = person.chunk(0) if isinstance(person, pa.ChunkedArray) else person
    return np.frombuffer(chunk.buffers()[1], ">u8").reshape(-1, 2)[chunk.offset : chunk.offset + len(chunk)]
