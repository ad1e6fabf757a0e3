"""Generalisation hierarchies as data: what each value of a column becomes, level by level.

In: a CSV file (`,` or `;`, no header) with the value in the first column and its levels in the next.
Out: a validated Hierarchy. Must not guess: a ragged, repeated or non-monotone file is refused, naming file
and line, never content.
"""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iesiz.errors import InputError
from iesiz.microdata.records import SEPARATORS, Codes, Column


@dataclass(frozen=True)
class Hierarchy:
    """The levels of one column; level 0 is the value itself.

    Attributes:
        column: name of the column.
        source: file it came from, for messages.
        labels: for each level its distinct labels.
        codes: for each level an array of shape (domain size,): the label of every row of the hierarchy.
    """

    column: str
    source: str
    labels: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]

    def __post_init__(self) -> None:
        """Refuse a hierarchy whose levels do not fit together."""
        sizes = {len(level) for level in self.codes}
        if len(self.labels) != len(self.codes) or len(sizes) != 1 or len(self.labels[0]) not in sizes:
            raise ValueError("the levels of a hierarchy must all cover the same values")

    @property
    def height(self) -> int:
        """Number of levels, the values themselves included."""
        return len(self.codes)

    @property
    def domain_size(self) -> int:
        """Number of values the hierarchy knows, whether or not they occur in the data."""
        return len(self.codes[0])

    def shares(self, level: int) -> npt.NDArray[np.float64]:
        """Return, for each label of a level, the share of the domain that it covers."""
        covered = np.bincount(self.codes[level], minlength=len(self.labels[level]))
        return covered / self.domain_size

    def encode(self, column: Column, source: str) -> Codes:
        """Return the row of the hierarchy for every record of a column, shape (records,).

        Raises:
            InputError: a value of the column is missing in the hierarchy.
        """
        row_of = {label: row for row, label in enumerate(self.labels[0])}
        rows = np.array([row_of.get(value, -1) for value in column.values], dtype=np.int32)
        if rows.size and rows.min() < 0:
            line = min(column.line_of(int(index)) for index in np.flatnonzero(rows < 0))
            raise InputError(
                f"{source}, line {line}: the value of column '{self.column}' is missing in {self.source}; "
                "add it there with its levels"
            )
        return rows[column.codes]


def read_hierarchy(path: Path, column: str) -> Hierarchy:
    """Read the hierarchy of a column.

    Raises:
        InputError: the file cannot be read, is empty or ragged, repeats a value, or is not monotone:
            two values that share a label must share all labels above it.
    """
    lines = _read_lines(path)
    _refuse_repeated_values(path, lines)
    labels, codes = [], []
    for level in range(len(lines[0].fields)):
        known: dict[str, int] = {}
        column_codes = [known.setdefault(line.fields[level], len(known)) for line in lines]
        codes.append(np.array(column_codes, dtype=np.int32))
        labels.append(tuple(known))
    _refuse_non_monotone(path, codes, lines)
    return Hierarchy(column, str(path), tuple(labels), tuple(codes))


def identity(column: Column) -> Hierarchy:
    """Return the hierarchy of a column that is only measured: its values and no level above them."""
    return Hierarchy(column.name, "", (column.values,), (np.arange(len(column.values), dtype=np.int32),))


@dataclass(frozen=True)
class _Line:
    number: int
    fields: tuple[str, ...]


def _read_lines(path: Path) -> list[_Line]:
    """Return the lines of a hierarchy file that hold anything, split at the separator that fits."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a hierarchy file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; write the hierarchy as UTF-8") from None
    lines = max((_split(text, separator) for separator in SEPARATORS), key=_fit)
    if not lines:
        raise InputError(f"{path}: empty; expected a value and its levels on each line")
    expected = len(lines[0].fields)
    for line in lines:
        if len(line.fields) != expected:
            raise InputError(
                f"{path}, line {line.number}: expected {expected} fields as on the first line; fill them in"
            )
    return lines


def _split(text: str, separator: str) -> list[_Line]:
    # Lines end where CSV says, not at every character that Unicode takes for the end of one.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [_Line(reader.line_num, tuple(fields)) for fields in reader if fields]


def _fit(lines: list[_Line]) -> tuple[bool, int]:
    """Rate a separator: best is one that splits all lines alike, then one that splits at all."""
    widths = {len(line.fields) for line in lines}
    return len(widths) == 1 and widths != {1}, max(widths, default=0)


def _refuse_repeated_values(path: Path, lines: list[_Line]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line.fields[0] in seen:
            raise InputError(
                f"{path}, line {line.number}: this value stands on an earlier line too; keep one of them"
            )
        seen.add(line.fields[0])


def _refuse_non_monotone(path: Path, codes: list[Codes], lines: list[_Line]) -> None:
    for lower, upper in itertools.pairwise(codes):
        above: dict[int, int] = {}
        for line, label, parent in zip(lines, lower.tolist(), upper.tolist(), strict=True):
            if above.setdefault(label, parent) != parent:
                raise InputError(
                    f"{path}, line {line.number}: not monotone, an equal label on an earlier line has "
                    "another label on the next level; give equal labels equal levels above"
                )
