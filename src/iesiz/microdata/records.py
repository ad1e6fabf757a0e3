"""Read a delimited file of records and turn its columns into codes.

In: a CSV file with a header, separated by `,` or `;`. Out: an Arrow table of text, and for each column
the distinct values with a code for every record. Must not interpret, repair or quote a value: a file that
does not parse is refused with the number of the record at fault, never with its content.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from iesiz.errors import InputError, SettingsError

Codes = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
SEPARATORS = (";", ",")


@dataclass(frozen=True)
class Column:
    """One column of a table: its distinct values and, for each record, the place of its value among them.

    Attributes:
        values: distinct values, in the order in which they first occur.
        codes: shape (records,), indices into `values`.
    """

    name: str
    values: tuple[str, ...]
    codes: Codes

    def __post_init__(self) -> None:
        """Refuse codes that point outside the values."""
        if self.codes.size and not 0 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.values):
            raise ValueError("a code points outside the values of its column")

    def line_of(self, value_index: int) -> int:
        """Return the line of the file on which a value first occurs, if every record takes one line."""
        return int(np.argmax(self.codes == value_index)) + 2


@dataclass(frozen=True)
class Records:
    """A file of records as it was read.

    Attributes:
        path: the file, for messages.
        separator: between its fields.
        table: one string column for each column of the file; an empty field is an empty text.
    """

    path: Path
    separator: str
    table: pa.Table

    def column(self, name: str) -> Column:
        """Return a column as values and codes.

        Raises:
            SettingsError: the file has no such column.
        """
        if name not in self.table.column_names:
            raise SettingsError(f"{self.path} has no column '{name}'; name one of its header")
        encoded = self.table.column(name).combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        return Column(name, tuple(encoded.dictionary.to_pylist()), codes)


def read_records(path: Path) -> Records:
    """Read a delimited file as text columns.

    Raises:
        InputError: the file cannot be read, is not UTF-8, has no record, repeats a column name, or has a
            record with another number of fields than the header.
    """
    names, separator = _header(path)
    faulty: list[int | None] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        faulty.append(row.number)
        return "error"

    # One thread, because only then does the reader know the number of a faulty record.
    try:
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(use_threads=False, encoding="utf-8"),
            parse_options=pa_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError):
        raise InputError(_why(path, len(names), faulty)) from None
    if table.column_names != names:
        raise InputError(f"{path}, line 1: the header must be on one line; put it there")
    if table.num_rows == 0:
        raise InputError(f"{path}: no record after the header; a file with at least one record is needed")
    return Records(path, separator, table)


def sort_order(values: Sequence[str]) -> tuple[str, ...]:
    """Order the values of an attribute: by number if all are numbers, alphabetically otherwise."""
    try:
        numbers = {value: float(value) for value in values}
    except ValueError:
        return tuple(sorted(values))
    if not all(np.isfinite(number) for number in numbers.values()):
        return tuple(sorted(values))
    return tuple(sorted(values, key=lambda value: (numbers[value], value)))


def _header(path: Path) -> tuple[list[str], str]:
    """Return the column names and the separator, which is the one that splits the header further."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file that exists") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; write the file as UTF-8") from None
    split = {separator: next(csv.reader([first], delimiter=separator), []) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda candidate: len(split[candidate]))
    names = split[separator]
    if not names or len(set(names)) != len(names):
        raise InputError(f"{path}, line 1: expected a header with distinct column names; add or repair it")
    return names, separator


def _why(path: Path, fields: int, faulty: list[int | None]) -> str:
    """Say what is wrong with a file that does not parse."""
    if faulty:
        return (
            f"{path}, record on line {faulty[0]}: expected {fields} fields as in the header; repair the file"
        )
    return f"{path}: not a UTF-8 text file with one record a line; write it as such"
