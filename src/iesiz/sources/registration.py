"""Registrations from CSV files: the declared columns only, every row counted.

In: files of UTF-8 text with a header. Out: one Arrow table of text columns, and what was rejected or not
declared. It must not ask for a column without a treatment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from iesiz.errors import InputError
from iesiz.policy import Registry
from iesiz.settings import Registration
from iesiz.sources.files import matching


@dataclass(frozen=True, slots=True)
class RegistrationRows:
    """Rows of the source, identified, in memory only.

    Attributes:
        table: a text column for each declared field that is read; missing optional ones are null.
        rejected: rows that could not be read, by reason.
        undeclared: columns of the files that the registry does not name, and that were not read.
    """

    table: pa.Table
    rejected: Mapping[str, int]
    undeclared: tuple[str, ...]


def read_registrations(base: Path, source: Registration, registry: Registry) -> RegistrationRows:
    """Read all files of the source.

    Raises:
        InputError: there is no file, one is not readable as CSV, or lacks a mandatory column.
    """
    paths = matching(base, source.paths)
    if not paths:
        raise InputError(
            f"registration: no file matches {', '.join(source.paths)}. Check registration.paths."
        )
    undeclared: set[str] = set()
    tables, broken = [], 0
    for path in paths:
        header = _header(path)
        _refuse_incomplete(path, header, registry)
        undeclared |= {name for name in header if registry.of(name) is None}
        table, rejected = _read(path, [name for name in header if name in registry.read], registry)
        tables.append(table)
        broken += rejected
    return RegistrationRows(
        pa.concat_tables(tables), {"columns": broken} if broken else {}, tuple(sorted(undeclared))
    )


def _header(path: Path) -> list[str]:
    try:
        with path.open("rb") as lines:
            first = lines.readline().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{path}, line 1: not readable as UTF-8 text with a header. Have it delivered again."
        ) from None
    names = [name.strip().strip('"') for name in first.split(",")]
    if not first.strip() or len(set(names)) != len(names):
        raise InputError(
            f"{path}, line 1: expected a header of distinct column names, separated by commas. "
            "Have it delivered with one."
        )
    return names


def _refuse_incomplete(path: Path, header: list[str], registry: Registry) -> None:
    missing = [name for name in registry.mandatory if name not in header]
    if missing:
        raise InputError(
            f"{path}, line 1: the mandatory column{'s' * (len(missing) > 1)} {', '.join(missing)} "
            "is not there. Have the file delivered with it."
        )


def _read(path: Path, wanted: list[str], registry: Registry) -> tuple[pa.Table, int]:
    broken: list[int] = []

    def skip(row: pc.InvalidRow) -> str:
        broken.append(row.number or 0)
        return "skip"

    schema = pa.schema([(name, pa.string()) for name in registry.read])
    try:
        table = pc.read_csv(
            path,
            pc.ReadOptions(use_threads=False),
            pc.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pc.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, OSError):
        raise InputError(
            f"{path}{_first_bad_line(path)}: not readable as CSV in UTF-8. Have it delivered again."
        ) from None
    columns = {
        field.name: table[field.name] if field.name in wanted else pa.nulls(len(table), pa.string())
        for field in schema
    }
    return pa.table(columns, schema), len(broken)


def _first_bad_line(path: Path) -> str:
    """Where a file stops being UTF-8, for a message; nothing if it does not."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return f", line {number}"
    return ""
