"""Generalisation hierarchies as data: what each value of a column becomes, level by level.

In: a CSV file (`,` or `;`, no header) with the value in the first column and its levels in the next.
Out: a validated Hierarchy. Must not guess: a ragged, repeated or non-monotone file is refused, naming file
and line, never content.
"""

from __future__ import annotations

import csv
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
        InputError: the file cannot be read, is empty or ragged, repeats a value, or is not monotone (two
        values
            that share a label must share all labels above it).
    """
    rows, lines = _rows(path)
    _refuse_repeated_values(path, rows, lines)
    labels, codes = [], []
    for level in range(len(rows[0])):
        known: dict[str, int] = {}
        codes.append(np.array([known.setdefault(row[level], len(known)) for row in rows], dtype=np.int32))
        labels.append(tuple(known))
    _refuse_non_monotone(path, codes, lines)
    return Hierarchy(column, str(path), tuple(labels), tuple(codes))


def identity(column: Column) -> Hierarchy:
    """Return the hierarchy of a column that is only measured: its values and no level above them."""
    return Hierarchy(column.name, "", (column.values,), (np.arange(len(column.values), dtype=np.int32),))


def _rows(path: Path) -> tuple[list[list[str]], list[int]]:
    """Return the rows of a hierarchy file and their line numbers, read with the separator that fits."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a hierarchy file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; write the hierarchy as UTF-8") from None
    parsed = [_split(text, separator) for separator in SEPARATORS]
    if not parsed[0][0]:
        raise InputError(f"{path}: empty; expected a value and its levels on each line")
    widths = [{len(row) for row in rows} for rows, _ in parsed]
    widest = max(max(width) for width in widths)
    even = [split for split, width in zip(parsed, widths, strict=True) if len(width) == 1 and width != {1}]
    if not even and widest > 1:
        rows, lines = parsed[0] if max(widths[0]) == widest else parsed[1]
        odd = next(line for row, line in zip(rows, lines, strict=True) if len(row) != len(rows[0]))
        raise InputError(
            f"{path}, line {odd}: expected {len(rows[0])} fields as on the first line; fill them in"
        )
    return max(even or parsed, key=lambda split: len(split[0][0]))


def _split(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(text.splitlines(), delimiter=separator)
    numbered = [(row, reader.line_num) for row in reader if row]
    return [row for row, _ in numbered], [line for _, line in numbered]


def _refuse_repeated_values(path: Path, rows: list[list[str]], lines: list[int]) -> None:
    seen: set[str] = set()
    for row, line in zip(rows, lines, strict=True):
        if row[0] in seen:
            raise InputError(
                f"{path}, line {line}: this value stands on an earlier line too; keep one of them"
            )
        seen.add(row[0])


def _refuse_non_monotone(path: Path, codes: list[Codes], lines: list[int]) -> None:
    for lower, upper in itertools.pairwise(codes):
        above: dict[int, int] = {}
        for row, (label, parent) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
            if above.setdefault(label, parent) != parent:
                raise InputError(
                    f"{path}, line {lines[row]}: not monotone, an equal label on an earlier line has another "
                    "label on the next level; give equal labels equal levels above"
                )
