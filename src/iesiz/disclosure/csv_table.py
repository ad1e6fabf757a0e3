"""Read an analyst's CSV file, and say exactly what is wrong with it without quoting it.

In: a path and the columns needed. Out: frozen `Columns`. Must not guess: an unreadable number is an error.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import InputError, SettingsError

LARGEST = 1e12  # sums stay exact, and the solver's tolerance stays below one


@dataclass(frozen=True)
class Columns:
    """Named columns of text, all as long as `lines`, the line number of each record."""

    path: Path
    text: dict[str, tuple[str, ...]]
    lines: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.lines)

    def numbers(self, column: str, *, whole: bool, empty: bool = False) -> list[float]:
        """A column as numbers, NaN where empty if that is allowed.

        Raises:
            InputError: a value is not the number expected.
        """
        return [
            math.nan if empty and not text.strip() else self._number(column, text, line, whole)
            for text, line in zip(self.text[column], self.lines, strict=True)
        ]

    def _number(self, column: str, text: str, line: int, whole: bool) -> float:
        kind = "a whole number" if whole else "a number with a decimal point"
        try:
            value = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not abs(value) <= LARGEST or (whole and value != int(value)):
            raise InputError(
                f"{self.path}, line {line}: column {column} must hold {kind} of at most 12 digits"
            )
        return value


def read(path: Path, needed: tuple[str, ...]) -> Columns:
    """Read the needed columns of a CSV file with a header (UTF-8, comma, semicolon or tab).

    Raises:
        InputError: the file cannot be read as a table.
        SettingsError: a column asked for is not in the header.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            head = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=head.count), strict=True)
            return _columns(path, reader, needed)
    except OSError:
        raise InputError(f"{path}: cannot be read; expected a CSV file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except csv.Error:
        raise InputError(
            f"{path}, line {reader.line_num}: is not well-formed CSV (quotes, line ends)"
        ) from None


def _columns(path: Path, reader: csv._reader, needed: tuple[str, ...]) -> Columns:  # type: ignore[name-defined]
    header = [name.strip() for name in next(reader, [])]
    if not header or len(set(header)) != len(header):
        raise InputError(f"{path}, line 1: expected a header with a different name for each column")
    missing = [name for name in needed if name not in header]
    if missing:
        raise SettingsError(f"{path}: no column {', '.join(missing)}; the header has {', '.join(header)}")
    rows, lines = [], []
    for row in reader:
        if not any(row):
            continue
        if len(row) != len(header):
            raise InputError(
                f"{path}, line {reader.line_num}: {len(header)} fields expected, {len(row)} found"
            )
        rows.append(row)
        lines.append(reader.line_num)
    if not rows:
        raise InputError(f"{path}: no records after the header")
    places = {name: header.index(name) for name in needed}
    text = {name: tuple(row[place].strip() for row in rows) for name, place in places.items()}
    return Columns(path, text, tuple(lines))
