"""The catalog's own tables as data: ``own.toml`` read into frozen types."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column: name, type (string, int, date, bool), unit and meaning."""

    name: str
    type: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A table that describes the published ones."""

    name: str
    row: str
    columns: tuple[OwnColumn, ...]


def own_tables() -> tuple[OwnTable, ...]:
    """The tables of the catalog that are not published as Parquet."""
    text = resources.files("iesiz.catalog").joinpath("own.toml").read_text("utf-8")
    return tuple(
        OwnTable(
            name, one["row"], tuple(OwnColumn(column, *facts) for column, facts in one["columns"].items())
        )
        for name, one in tomllib.loads(text).items()
    )
