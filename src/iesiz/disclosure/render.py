"""A protected table as a file, as numbers, and as an explanation.

In: a `ProtectedTable`. Out: CSV text, a summary, lines for the terminal. Must not show a withheld value.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

import numpy as np

from iesiz.disclosure.inspect import STATUS, SUPPRESSED
from iesiz.disclosure.layout import Layout, layout
from iesiz.disclosure.tabular import ProtectedTable, protect_own
from iesiz.own_table import Asked, ProtectedFile


def protected_file(asked: Asked) -> ProtectedFile:
    """Protect the file and say what came of it.

    Raises:
        InputError: the file cannot be used.
        PrivacyRefusal: a negative value, or no safe pattern.
        SettingsError: the options do not fit the file or each other.
    """
    shape = layout(asked.by, asked.nest, asked.margins)
    result = protect_own(asked, shape)
    return ProtectedFile(as_csv(result, shape), counts(result), tuple(explanation(result, asked)))


def counts(result: ProtectedTable) -> dict[str, int | None]:
    """Planned cells by what became of them; the narrowest interval is None where nothing bounds any."""
    cells, primary = len(result.withheld), int(result.primary.sum())
    withheld = int(result.withheld.sum())
    narrowest = result.result.verdict.narrowest
    return {
        "cells": cells,
        "primary": primary,
        "secondary": withheld - primary,
        "published": cells - withheld,
        "narrowest_interval": math.floor(narrowest + 1e-6) if math.isfinite(narrowest) else None,
    }


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


def _above(result: ProtectedTable, shape: Layout) -> Callable[[tuple[str, ...]], list[str]]:
    """Gives the group columns of a row: filled in where the label is a finest one."""
    tables = []
    for nest in shape.nests:
        place, order = (
            _place(nest.child, shape),
            [n for n in shape.nests if _place(n.child, shape) == _place(nest.child, shape)],
        )
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


def explanation(result: ProtectedTable, asked: Asked) -> list[str]:
    """Why cells are withheld, and what it cost; one line each."""
    lines = []
    if asked.count is not None or asked.total is None:
        empty = "withheld" if asked.zeros else "published"
        lines.append(f"Fewer than {asked.k or 10} people: withheld (empty cells: {empty}).")
    if asked.total is not None:
        lines.append(
            f"{asked.p:g} % rule: withheld where the second largest contributor could estimate the largest "
            "that closely."
        )
    goal = (
        "no withheld value can be computed exactly"
        if asked.exact_only
        else "every withheld value stays within an interval at least as wide as its rule asks"
    )
    lines.append(f"Complementary cells are withheld so that {goal}, also for whoever is alone in a cell.")
    return lines + _costs(result)


def _costs(result: ProtectedTable, most: int = 5) -> list[str]:
    """What was published, and the largest cells lost, which a coarser grouping could bring back."""
    counted = counts(result)
    narrowest = counted["narrowest_interval"] or "unbounded"
    lines = [
        f"{counted['cells']} cells: {counted['published']} published, "
        f"{counted['primary']} withheld by a rule, {counted['secondary']} to protect these.",
        f"Narrowest interval of an attacker with a solver: {narrowest}. {result.result.seconds:.1f} s.",
    ]
    secondary = np.flatnonzero(result.withheld & ~result.primary)
    order = secondary[np.argsort(-result.measures[0].values[secondary], kind="stable")][:most]
    lost = "; ".join(" / ".join(result.table.labels[cell]) for cell in order)
    return [*lines, f"Largest cells lost to protect others: {lost}"] if lost else lines
