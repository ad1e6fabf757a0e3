"""A locked, read-only session over the catalog, and its answers as rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from iesiz.errors import InputError, SettingsError

LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": "2GB",
    "temp_directory": "",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that a query gave, with the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def open_catalog(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the catalog read-only: no file, network or extension access, configuration locked.

    Raises:
        InputError: there is no catalog, since nothing was published yet.
    """
    if not path.is_file():
        raise InputError(f"{path}: no catalog. Publish a day with `iesiz run` first.")
    connection = duckdb.connect(str(path), read_only=True, config=LOCKED)
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def query(path: Path, sql: str) -> Answer:
    """Answer one query.

    Raises:
        InputError: there is no catalog.
        SettingsError: the query is wrong or not permitted.
    """
    connection = open_catalog(path)
    try:
        result = connection.execute(sql)
        names = tuple(one[0] for one in result.description or ())
        return Answer(names, tuple(result.fetchall()))
    except duckdb.Error as error:
        raise SettingsError(f"The query was refused: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()
