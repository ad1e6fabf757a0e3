"""A protected table as a file, as numbers, and as an explanation.

In: a `ProtectedTable`. Out: CSV text, a summary, lines for the terminal. Must not show an exact withheld value.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass

import numpy as np

from iesiz.disclosure.inspect import STATUS, SUPPRESSED
from iesiz.disclosure.layout import Layout
from iesiz.disclosure.tabular import Options, ProtectedTable


@dataclass(frozen=True)
class Summary:
    """The counts that `--json` prints; the narrowest interval is None where nothing bounds a withheld cell."""

    cells: int
    primary: int
    secondary: int
    published: int
    narrowest_interval: int | None

    def as_dict(self) -> dict[str, int | None]:
        """For JSON."""
        return asdict(self)


def summary(result: ProtectedTable) -> Summary:
    """Count planned cells by what became of them."""
    cells, primary = len(result.withheld), int(result.primary.sum())
    withheld = int(result.withheld.sum())
    narrowest = result.result.verdict.narrowest
    whole = math.floor(narrowest + 1e-6) if math.isfinite(narrowest) else None
    return Summary(cells, primary, withheld - primary, cells - withheld, whole)


def as_csv(result: ProtectedTable, shape: Layout) -> str:
    """The table: labels, groups of the finest labels, values (empty where withheld), status."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    groups = [nest.group for nest in shape.nests]
    writer.writerow([*shape.by, *groups, *(m.name for m in result.measures), STATUS])
    above = _above(result, shape)
    for cell, labels in enumerate(result.table.labels):
        hidden = bool(result.withheld[cell])
        values = ["" if hidden else _number(m.values[cell]) for m in result.measures]
        writer.writerow([*labels, *above(labels), *values, SUPPRESSED if hidden else "published"])
    return text.getvalue()


def _above(result: ProtectedTable, shape: Layout):  # type: ignore[no-untyped-def]  # a local closure
    """Gives the group columns of a row: filled in where the label is a finest one."""
    tables = []
    for nest in shape.nests:
        place, order = _place(nest.child, shape), [n for n in shape.nests if _place(n.child, shape) == _place(nest.child, shape)]
        dimension = result.table.dimensions[place]
        grouping = dimension.groupings[order.index(nest)]
        tables.append((place, dict(zip(dimension.leaves, grouping, strict=True))))
    return lambda labels: [table.get(labels[place], "") for place, table in tables]


def _place(child: str, shape: Layout) -> int:
    below = {nest.group: nest.child for nest in shape.nests}
    while child not in shape.by:
        child = below[child]
    return shape.by.index(child)


def _number(value: float) -> str:
    """Shortest decimal that is not longer for having been summed."""
    rounded = round(float(value), 6)
    return str(int(rounded)) if rounded == int(rounded) else repr(rounded)


def explanation(result: ProtectedTable, options: Options) -> list[str]:
    """Why cells are withheld, and what it cost; one line each."""
    counted, seconds = summary(result), result.result.seconds
    lines = []
    if options.counts:
        lines.append(f"Fewer than {options.k or 10} people: withheld (empty cells: {'withheld' if options.zeros else 'published'}).")
    if options.total:
        lines.append(f"{options.p:g} % rule: withheld where the second largest contributor could estimate the largest that closely.")
    goal = "no withheld value can be computed exactly" if options.exact_only else "every withheld value stays within an interval at least as wide as its rule asks"
    lines.append(f"Complementary cells are withheld so that {goal}, also for whoever is alone in a cell.")
    lines.append(
        f"{counted.cells} cells: {counted.published} published, {counted.primary} withheld by a rule, "
        f"{counted.secondary} to protect these."
    )
    narrowest = "unbounded" if counted.narrowest_interval is None else str(counted.narrowest_interval)
    lines.append(f"Narrowest interval of an attacker with a solver: {narrowest}. {seconds:.1f} s.")
    return lines


def widest_loss(result: ProtectedTable, most: int = 5) -> list[str]:
    """Labels of the largest complementary cells: what a coarser grouping could bring back."""
    secondary = np.flatnonzero(result.withheld & ~result.primary)
    order = secondary[np.argsort(-result.measures[0].values[secondary], kind="stable")][:most]
    return [" / ".join(result.table.labels[cell]) for cell in order]
