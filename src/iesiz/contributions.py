"""How much one visitor or person can add to a table, as data: `[dp]` of a table.toml read into a frozen type.

A table without it cannot be published with noise. The bounds are those that the SQL enforces: names in
`Bounds` whose product is the most that one unit adds; the empty product is 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from iesiz.bounds import BOUNDS
from iesiz.errors import PrivacyRefusal
from iesiz.mechanisms import PERSON, VISITOR_DAY
from iesiz.settings import Settings
from iesiz.site_settings import Site

UNITS = {"visitor": VISITOR_DAY, "person": PERSON}
KNOWN = frozenset(asdict(BOUNDS))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What the SQL lets one unit add.

    Attributes:
        cells: names whose product is the number of cells of one site that a unit is in at most.
        columns: for each column that can be told the names whose product is the most it gets from one unit in
            one cell.
    """

    cells: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]

    def most_cells(self, sites: int) -> int:
        """Cells that a unit is in at most: it may use every site, and has a pseudonym of its own on each."""
        return sites * _product(self.cells)

    def most(self, column: str) -> int:
        """The most that a unit adds to one cell of a column."""
        return _product(self.columns[column])


def read_contribution(
    table: str, entry: Mapping[str, Any] | None, nested: str, counted: Collection[str]
) -> Contribution | None:
    """Read `[dp]` of a table with so many counted columns and perhaps a nested dimension; None without one.

    Raises:
        PrivacyRefusal: it lacks a fact, has one too many, or names a bound that is not known.
    """
    if entry is None:
        return None
    columns = entry.get("columns")
    fits = (
        set(entry) == {"cells", "columns"}
        and _names(entry["cells"])
        and isinstance(columns, Mapping)
        and bool(columns)
        and all(map(_names, columns.values()))
    )
    if not fits or not isinstance(columns, Mapping):
        raise PrivacyRefusal(
            f"Table {table}: [dp] has cells and columns, each with a list of bounds out of {sorted(KNOWN)}."
        )
    if nested or not set(columns) <= set(counted):
        raise PrivacyRefusal(f"Table {table}: [dp] names its counted columns; nested steps have none.")
    return Contribution(tuple(entry["cells"]), {name: tuple(names) for name, names in columns.items()})


def sites_counted(settings: Settings, source: str) -> tuple[Site, ...]:
    """The sites that a table of a source has rows for, whether anything of them arrived or not."""
    registering = settings.registration.sites if settings.registration else []
    return tuple(
        site for site in settings.sites if (site.logs if source == "access_log" else site.name in registering)
    )


def _names(value: object) -> bool:
    return isinstance(value, list) and set(value) <= KNOWN


def _product(names: Sequence[str]) -> int:
    return math.prod(int(getattr(BOUNDS, name)) for name in names)
