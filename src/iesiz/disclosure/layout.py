"""The dimensions and margins of an analyst's table, from columns of labels.

In: columns and the options `--by`, `--nest`, `--margins`. Out: a `Table` with the inner cell of each record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.csv_table import Columns
from iesiz.disclosure.sparse import Ints
from iesiz.disclosure.tables import TOTAL, Dimension, Table, all_margins, cross, inner_count
from iesiz.errors import InputError, SettingsError

LARGEST = 2_000_000  # inner cells of the full crossing; more are not published as one table


@dataclass(frozen=True)
class Nest:
    """One grouping: the values of column `child` belong to groups named in column `group`."""

    child: str
    group: str


@dataclass(frozen=True)
class Layout:
    """What the options say about a table's shape."""

    by: tuple[str, ...]
    nests: tuple[Nest, ...]
    margins: frozenset[frozenset[str]]


def layout(by: str, nests: Sequence[str], margins: str) -> Layout:
    """Parse the options.

    Args:
        by: comma-separated columns.
        nests: `child=group` each; a column that groups another need not be in `by`.
        margins: `all`, `none`, or a comma-separated list of margins, each naming the columns that keep their
            detail, joined by `+` (`age,geo,age+geo`); `total` is the grand total.

    Raises:
        SettingsError: an option that does not fit the others.
    """
    pairs = [nest.partition("=") for nest in nests]
    names = tuple(name.strip() for name in by.split(","))
    if any(not child or not group for child, _, group in pairs):
        raise SettingsError("--nest expects child=group, two column names")
    found = tuple(Nest(child.strip(), group.strip()) for child, _, group in pairs)
    grouping = {nest.group for nest in found}
    names = tuple(name for name in names if name not in grouping)
    if not names or "" in names or len(set(names)) != len(names):
        raise SettingsError("--by expects different column names, separated by commas")
    for nest in found:
        if _leaf(nest.child, found) not in names:
            raise SettingsError(
                f"--nest {nest.child}={nest.group}: {nest.child} is not among the columns of --by"
            )
    return Layout(names, found, _margins(margins, names))


def _leaf(column: str, nests: tuple[Nest, ...]) -> str:
    """The finest column below a grouping (`--nest geo=eu --nest eu=world`)."""
    seen = {column}
    while (below := next((nest.child for nest in nests if nest.group == column), None)) is not None:
        if below in seen:
            raise SettingsError(f"--nest: {column} is nested in itself")
        seen.add(below)
        column = below
    return column


def _margins(margins: str, names: tuple[str, ...]) -> frozenset[frozenset[str]]:
    if margins == "all":
        return all_margins(names)
    if margins == "none":
        return frozenset()
    asked = set()
    for margin in margins.split(","):
        kept = frozenset(part.strip() for part in margin.split("+"))
        kept = frozenset() if kept == {"total"} and "total" not in names else kept
        if not kept <= set(names):
            raise SettingsError(f"--margins: expected all, none, total or columns of {', '.join(names)}")
        asked.add(kept)
    return frozenset(asked)


def table(columns: Columns, shape: Layout) -> tuple[Table, Ints]:
    """The planned cells, and the inner cell of each record, shape (records,).

    Raises:
        InputError: labels that contradict each other, or too large a crossing.
    """
    dimensions = tuple(_dimension(columns, name, shape.nests) for name in shape.by)
    if inner_count(dimensions) > LARGEST:
        raise InputError(
            f"{columns.path}: the columns cross to more than {LARGEST} cells; use fewer or wider groups"
        )
    inner = np.zeros(len(columns), dtype=np.int64)
    for dimension in dimensions:
        number = {label: code for code, label in enumerate(dimension.leaves)}
        codes = [number[label] for label in columns.text[dimension.name]]
        inner = inner * len(dimension.leaves) + np.array(codes, dtype=np.int64)
    return cross(dimensions, shape.margins), inner


def _dimension(columns: Columns, name: str, nests: tuple[Nest, ...]) -> Dimension:
    """Leaf codes in order of their label, with every grouping above them."""
    leaves = tuple(sorted(set(columns.text[name])))
    groupings = []
    for nest in nests:
        if _leaf(nest.child, nests) == name:
            group_of = _groups(columns, name, nest.group)
            groupings.append(tuple(group_of[leaf] for leaf in leaves))
    if TOTAL in leaves or "" in leaves:
        line = next(
            line
            for label, line in zip(columns.text[name], columns.lines, strict=True)
            if label in ("", TOTAL)
        )
        raise InputError(
            f"{columns.path}, line {line}: column {name} needs a label other than {TOTAL}; "
            "give inner cells only"
        )
    try:
        return Dimension(name, leaves, tuple(groupings))
    except ValueError as error:
        raise InputError(f"{columns.path}: {error}; rename the groups") from None


def _groups(columns: Columns, child: str, group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, above, line in zip(columns.text[child], columns.text[group], columns.lines, strict=True):
        if not above or above == TOTAL:
            raise InputError(f"{columns.path}, line {line}: column {group} needs a label other than {TOTAL}")
        if found.setdefault(label, above) != above:
            raise InputError(
                f"{columns.path}, line {line}: a value of {child} must lie in one group of {group}"
            )
    return found
