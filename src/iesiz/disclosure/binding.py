"""A night's numbers as one linear system: the plan laid over the cells' labels.

In: the plan, and tables of which only the labels matter. Out: a frozen `Binding`, the same for exact and for
published tables. Must not read a count: `values_of` reads them for whoever may see them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from iesiz.disclosure.binder import Binder, Collected, Key, Number, by_key
from iesiz.disclosure.plan import Plan
from iesiz.disclosure.spans import bind_spans
from iesiz.disclosure.sparse import Floats, Rows, from_lists
from iesiz.disclosure.system import Limits, LinearSystem
from iesiz.errors import PrivacyRefusal
from iesiz.links import Link
from iesiz.tables import Cells

LARGEST = 2e8  # no number of the system may be larger


@dataclass(frozen=True, eq=False)
class Binding:
    """Numbers and what is known of them.

    Attributes:
        numbers: one for each form, in the order of the variables.
        cells: (table, key) of each decision.
        system: one single-variable form for each number, then variables that no table shows.
        says: for each row of the limits, the tables that it stands for.
        shown_again: for a table that shows another's numbers once more, the link that says so; it has no
            number of its own here.
    """

    numbers: tuple[Number, ...]
    cells: tuple[tuple[str, Key], ...]
    system: LinearSystem
    says: tuple[str, ...]
    shown_again: Mapping[str, Link] = field(default_factory=dict)

    @cached_property
    def planned(self) -> frozenset[tuple[str, Key]]:
        """Cells that a table holds: all but the drop-outs."""
        return frozenset((number.table, number.key) for number in self.numbers if number.planned)

    def values(self, tables: Sequence[Cells]) -> Floats:
        """The value of each number, NaN where withheld or never published, shape (numbers,).

        Raises:
            PrivacyRefusal: the tables do not have these cells, a table that shows another's numbers has
                others, or a number is too large for the solver.
        """
        held = {cells.label: by_key(cells) for cells in tables}
        for name in sorted(set(held) & set(self.shown_again)):
            _refuse_other_numbers(name, held.pop(name), self.shown_again[name], held)
        if {(name, key) for name, rows in held.items() for key in rows} != self.planned:
            raise PrivacyRefusal("The tables do not hold the cells that the release plan expects.")
        found = np.full(len(self.numbers), np.nan)
        for place, number in enumerate(self.numbers):
            value = held[number.table][number.key][number.measure] if number.planned else None
            found[place] = np.nan if value is None else value / number.unit
        if np.any(found > LARGEST):
            raise PrivacyRefusal("A number is too large to be audited; count it in a larger unit.")
        return found


def bind(plan: Plan, tables: Sequence[Cells]) -> Binding:
    """Lay the plan over the tables' labels.

    Raises:
        PrivacyRefusal: a table is not in the plan or differs from it, or a cell is there twice.
    """
    for cells in tables:
        if plan.spec(cells.spec.name) != cells.spec:
            raise PrivacyRefusal(f"Table {cells.spec.name} is not in the release plan as it is.")
    binder = Binder(plan, tables)
    binder.bind()
    bind_spans(binder)
    return _finish(binder)


def _finish(binder: Binder) -> Binding:
    count, total = len(binder.numbers), len(binder.numbers) + binder.hidden
    rows = _weighted(binder.rows, count, total)
    limits = Limits(rows, np.zeros(len(rows)), np.array(binder.rows.upper, dtype=np.float64))
    cells = np.arange(len(binder.cells), dtype=np.int64)
    forms = from_lists([[place] for place in range(count)], total)
    axes = np.arange(total, dtype=np.int64)[:, None]
    system = LinearSystem(forms, np.array(binder.owner, dtype=np.int64), len(cells), cells, limits, axes)
    says = tuple(binder.rows.says)
    return Binding(tuple(binder.numbers), tuple(binder.cells), system, says, binder.shown_again)


def _refuse_other_numbers(
    name: str, rows: Mapping[Key, Mapping[str, Any]], link: Link, held: Mapping[str, Mapping[Key, Any]]
) -> None:
    """A table that shows another's numbers withholds and tells what the other does, cell by cell.

    Raises:
        PrivacyRefusal: it does not.
    """
    for key, row in rows.items():
        other = held.get(link.table, {}).get(key)
        if other is None or any(row[own] != other[there] for own, there in link.sums.items()):
            raise PrivacyRefusal(
                f"Table {name} does not hold the numbers of {link.table}; nothing is published."
            )


def _weighted(rows: Collected, count: int, total: int) -> Rows:
    """The collected rows, columns that no table shows behind the others."""
    if not rows.columns:
        return Rows(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0), total)
    indices = np.array([c if c >= 0 else count - 1 - c for row in rows.columns for c in row], dtype=np.int64)
    weights = np.array([weight for row in rows.weights for weight in row])
    sizes = np.array([len(row) for row in rows.columns], dtype=np.int64)
    order = np.lexsort((indices, np.repeat(np.arange(len(sizes)), sizes)))
    return Rows(np.concatenate(([0], np.cumsum(sizes))), indices[order], weights[order], total)
