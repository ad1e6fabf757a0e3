"""Registrations from files: which there are, what columns they have, each read as its ending says.

In: CSV, Parquet or JSON lines. Out: Arrow tables, a batch each. A file is a whole delivery: it is always read
whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from iesiz.errors import InputError
from iesiz.sources.files import delivered
from iesiz.sources.registration_csv import csv_columns, read_csv
from iesiz.sources.registration_json import json_columns, read_json
from iesiz.sources.registration_parquet import parquet_columns, read_parquet
from iesiz.sources.wanted import SourceColumn, Wanted


@dataclass(frozen=True, slots=True)
class Kind:
    """How files of one ending are read.

    Attributes:
        columns: name and type of a file's columns.
        read: a file's batches, given its columns by field and what counts a rejected row.
        head: where a message says that the columns stand.
    """

    columns: Callable[[Path], Mapping[str, str]]
    read: Callable[[Path, Mapping[str, str], Callable[[str], None]], Iterator[pa.Table]]
    head: str


JSON_LINES = Kind(json_columns, read_json, ", line 1")
KINDS: Mapping[str, Kind] = {
    ".csv": Kind(csv_columns, read_csv, ", line 1"),
    ".parquet": Kind(parquet_columns, read_parquet, ""),
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
}


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files of registrations; see ``RegistrationSource``."""

    columns: Mapping[Path, tuple[SourceColumn, ...]]
    wanted: Wanted

    @property
    def offered(self) -> tuple[SourceColumn, ...]:
        """Columns of all files, each once."""
        return tuple({one.name: one for columns in self.columns.values() for one in columns}.values())

    def rows(self, since: int | None = None) -> Iterator[pa.Table]:  # noqa: ARG002 - always whole
        """All rows of all files.

        Raises:
            InputError: a file is not readable as what its ending says.
        """
        for path, columns in self.columns.items():
            kind = KINDS[path.suffix.lower()]
            yield from kind.read(path, self.wanted.columns(columns), self.wanted.reject)

    @property
    def tells_changes(self) -> bool:
        """It does not: a file is read whole."""
        return False

    def versions(self) -> Iterator[pa.Table]:
        """None."""
        return iter(())


@contextmanager
def open_files(base: Path, patterns: Sequence[str], wanted: Wanted, store: Path) -> Iterator[FileSource]:
    """Find the files and look at their columns.

    Raises:
        InputError: there is no file, one may not be read, is of no known kind, or lacks a mandatory column.
        SettingsError: a pattern leads into the store.
    """
    found = delivered(base, patterns, store)
    refused = [one.refusal for one in found if one.refusal]
    if refused:
        raise InputError(refused[0])
    paths = [one.path for one in found]
    if not paths:
        raise InputError(f"registration: no file matches {', '.join(patterns)}. Check registration.paths.")
    yield FileSource({path: _columns(path, wanted) for path in paths}, wanted)


def _columns(path: Path, wanted: Wanted) -> tuple[SourceColumn, ...]:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"{path}: expected a name that ends in {', '.join(KINDS)}. Check registration.paths."
        )
    names = kind.columns(path)
    columns = tuple(SourceColumn(name, wanted.field_of(name), type_) for name, type_ in names.items())
    missing = wanted.missing(columns)
    if missing:
        raise InputError(
            f"{path}{kind.head}: the mandatory column{'s' * (len(missing) > 1)} {', '.join(missing)} "
            "is not there. Have the file delivered with it."
        )
    return columns
