"""The dashboard's pages as data: ``pages.toml`` read into frozen types, patterns met by tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from importlib import resources

from iesiz.periods import Grain
from iesiz.tables import TableSpec

SITE = "site"
ORDERED = frozenset({"age", "age_band"})
"""Dimensions whose values have an order of their own."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart with its numbers.

    Attributes:
        title: key of a message; ``unit`` and ``by`` likewise, and ``by`` is a dimension besides, or "".
        chart: days, bars or grid.
        periods: how many of the table's last periods are summed or shown; 0 for all, at most 400.
        top: how many bars a site has at most; 0 for all.
        first: whether bars stand in the order of the dimension's values.
        where: for a dimension the values that are kept.
    """

    title: str
    unit: str
    table: str
    measure: str
    chart: str
    by: str = ""
    periods: int = 0
    top: int = 0
    first: bool = False
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the last seven days."""

    table: str
    measure: str
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its file's name, the key of its title, what it shows."""

    name: str
    title: str
    panels: tuple[Panel, ...] = ()
    tiles: tuple[Tile, ...] = ()
    extra: str = ""


def load_pages(specs: Sequence[TableSpec]) -> tuple[Page, ...]:
    """All pages, in the order of the navigation; a panel for many tables becomes one for each."""
    text = resources.files("iesiz.dashboard").joinpath("pages.toml").read_text("utf-8")
    return tuple(
        Page(
            name=one["name"],
            title=one["title"],
            panels=tuple(each for entry in one.get("panels", []) for each in _panels(Panel(**entry), specs)),
            tiles=tuple(Tile(**entry) for entry in one.get("tiles", [])),
            extra=one.get("extra", ""),
        )
        for one in tomllib.loads(text)["pages"]
    )


def _panels(panel: Panel, specs: Sequence[TableSpec]) -> Iterator[Panel]:
    if "*" not in panel.table:
        yield panel
        return
    for spec in specs:
        if fnmatchcase(spec.name, panel.table):
            yield from _breakdowns(panel, spec)


def _breakdowns(panel: Panel, spec: TableSpec) -> Iterator[Panel]:
    """One panel for each dimension of a table; longer periods than a day are not summed."""
    periods = panel.periods if spec.grain == Grain.DAY else 1
    for name in spec.dimensions:
        if name != SITE:
            ordered = name in ORDERED
            yield replace(
                panel, table=spec.name, measure=spec.contributors, by=name, periods=periods, first=ordered
            )
