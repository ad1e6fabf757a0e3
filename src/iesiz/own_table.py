"""An analyst's own table: what is asked of it and what comes of it, as frozen types for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import SettingsError


@dataclass(frozen=True)
class Asked:
    """What the options say, as they were given.

    Attributes:
        path: the CSV file.
        by: label columns, comma-separated.
        nest: `child=group`: the column that groups another's values.
        margins: `all`, `none`, or a list such as `age,geo,age+geo,total`.
        count: column with the number of people in a record; None if each record is one.
        total: column of a magnitude to be summed, or None for a table of counts.
        contributor: column that names who contributed a magnitude; None if every record is somebody else.
        k: smallest count published; None leaves it at 10 for counts and unused for magnitudes alone.
        p: per cent of the p % rule.
        zeros: whether empty cells are sensitive.
        exact_only: bar exact disclosure only, instead of intervals narrower than the rule.
    """

    path: Path
    by: str
    nest: tuple[str, ...] = ()
    margins: str = "all"
    count: str | None = None
    total: str | None = None
    contributor: str | None = None
    k: int | None = None
    p: float = 10.0
    zeros: bool = False
    exact_only: bool = False

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            SettingsError: a value outside its range, or options that do not go together.
        """
        if self.k is not None and not 1 <= self.k <= 1_000_000:
            raise SettingsError("-k expects a whole number of at least 1")
        if not 0 < self.p <= 1000:
            raise SettingsError("-p expects a percentage above 0")
        if self.contributor and not self.total:
            raise SettingsError("--contributor goes with --sum")


@dataclass(frozen=True)
class ProtectedFile:
    """A table that may be given away.

    Attributes:
        text: the table as CSV, with empty numbers where withheld.
        counts: cells, primary, secondary, published, narrowest_interval (None where nothing bounds any).
        words: what was done, why, and what it cost, a line each.
    """

    text: str
    counts: Mapping[str, int | None]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Bound:
    """One withheld cell: its labels and the ends of the interval (infinite if nothing bounds it)."""

    labels: tuple[str, ...]
    lo: float
    hi: float


@dataclass(frozen=True)
class Bounds:
    """The attacker's view of a file.

    Attributes:
        cells: every withheld cell, in the order of the labels.
        exact: cells whose value is the only possible one.
        narrow: cells with an interval narrower than k, the exact ones among them.
    """

    cells: tuple[Bound, ...]
    exact: int
    narrow: int

    @property
    def found(self) -> bool:
        """Whether the table gives something away."""
        return self.exact + self.narrow > 0
