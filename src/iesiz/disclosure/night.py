"""A night's exact tables to tables that may be published: every table at once, as one linear system.

In: exact cells, the key of the thresholds, the plan. Out: a frozen `Night`. Must not declare the result safe:
that is for the attacker and the judge, on the files as they will be published.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from iesiz.disclosure.binding import Binding, Key, bind
from iesiz.disclosure.derived import tellable
from iesiz.disclosure.night_rules import Demands, Rules, demands, keys_of
from iesiz.disclosure.parts import Part, cut
from iesiz.disclosure.plan import Plan
from iesiz.disclosure.protect import prices, protect
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.disclosure.task import Task
from iesiz.errors import PrivacyRefusal
from iesiz.settings import Thresholds
from iesiz.tables import Cells
from iesiz.vocabulary import PUBLISHED, SUPPRESSED

STATUS = "status"
MOVES = 1000  # moves that a component may spend, those on cells to give back among them


@dataclass(frozen=True)
class Night:
    """What may be published once it has been attacked in vain.

    Attributes:
        cells: the tables with nulls and a `status`, without their `rule` columns, in the order given.
        primary: cells withheld by a rule.
        secondary: cells withheld to protect these.
        coarser: tables withheld whole in a part of the network, because no finer pattern was safe.
        seconds: time taken.
    """

    cells: tuple[Cells, ...]
    primary: int
    secondary: int
    coarser: tuple[str, ...]
    seconds: float


def protect_night(
    exact: Sequence[Cells], key: bytes, period: str, thresholds: Thresholds, plan: Plan
) -> Night:
    """Withhold what is sensitive and what would give it away.

    Args:
        exact: every table of the night, complete over its dimensions, with `rule` columns where a rule asks.
        key: of the thresholds' random part, 32 bytes.
        period: the day, as in the tables' files.
        thresholds: least numbers of contributors.
        plan: the tables and their links.

    Raises:
        PrivacyRefusal: the counts do not fit the plan, or no pattern is safe.
    """
    start = time.perf_counter()
    binding = bind(plan, exact)
    rules = Rules(key, period, thresholds, plan)
    asked = demands(binding, exact, rules)
    withheld, coarser = asked.sensitive.copy(), set[str]()
    worth = np.array([_worth(plan, table) for table, _ in binding.cells], dtype=np.float64)
    for part in cut(binding.system):
        pattern, given_up = _pattern(binding, part, asked, worth)
        withheld[part.cells] = pattern
        coarser |= given_up
    hidden = {cell for cell, gone in zip(binding.cells, withheld, strict=True) if gone}
    tables = tuple(_withhold(cells, _hidden(cells, plan, hidden), tellable(cells, rules)) for cells in exact)
    total = sum(_suppressed(cells) for cells in tables if plan.original(cells.spec) is None)
    seconds = time.perf_counter() - start
    return Night(tables, asked.primary, total - asked.primary, tuple(sorted(coarser)), seconds)


def _worth(plan: Plan, table: str) -> int:
    spec = plan.spec(table)
    return plan.worth(spec) if spec else 1


def _pattern(binding: Binding, part: Part, asked: Demands, worth: Floats) -> tuple[Bools, set[str]]:
    """A component's withheld cells; where none is found, with its finest tables withheld whole.

    Raises:
        PrivacyRefusal: not even with every table withheld whole.
    """
    tables = [binding.cells[cell][0] for cell in part.cells]
    finest = sorted(set(tables), key=lambda name: (-tables.count(name), name))
    for given_up in range(len(finest) + 1):
        gone = set(finest[:given_up])
        sensitive = asked.sensitive[part.cells] | np.array([name in gone for name in tables])
        task = Task(
            part.system,
            asked.values[part.variables],
            sensitive,
            np.zeros(len(tables), dtype=np.bool_),
            part.needs(asked.needs),
            part.insiders(asked.insiders),
        )
        if not sensitive.any():
            return sensitive, gone
        try:
            return protect(task, prices(task) * worth[part.cells], MOVES).withheld, gone
        except PrivacyRefusal:
            continue
    raise PrivacyRefusal(f"No safe pattern for the tables {', '.join(sorted(finest))}; nothing is published.")


def _hidden(cells: Cells, plan: Plan, hidden: set[tuple[str, Key]]) -> set[Key]:
    """Keys of a table's withheld cells; where it shows another's numbers, of that one's."""
    shown = plan.original(cells.spec) or cells.spec
    return {key for table, key in hidden if table == shown.name}


def _withhold(cells: Cells, hidden: set[Key], told: Mapping[str, Bools]) -> Cells:
    """Nulls and a status; the columns that only the rules read go."""
    spec, table = cells.spec, cells.table
    kept = np.array([key not in hidden for key in keys_of(cells)], dtype=np.bool_)
    for name in (*spec.counted, *told):
        place = table.column_names.index(name)
        shown = kept & told.get(name, True)
        values = pa.array(table[name].to_pylist(), table.schema.field(name).type, mask=~shown)
        table = table.set_column(place, name, values)
    table = table.select([column.name for column in spec.published])
    status = pa.array([PUBLISHED if one else SUPPRESSED for one in kept], pa.string())
    return replace(cells, table=table.append_column(STATUS, status))


def _suppressed(cells: Cells) -> int:
    return sum(one == SUPPRESSED for one in cells.table[STATUS].to_pylist())
