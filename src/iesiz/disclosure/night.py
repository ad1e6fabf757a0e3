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

from iesiz.disclosure.binder import Key
from iesiz.disclosure.binding import Binding, bind
from iesiz.disclosure.derived import tellable
from iesiz.disclosure.earlier import Earlier, constants, told_of
from iesiz.disclosure.night_rules import Demands, Rules, demands, keys_of
from iesiz.disclosure.opened import horizon_of, left_by, opened
from iesiz.disclosure.parts import Part, cut
from iesiz.disclosure.plan import Plan
from iesiz.disclosure.protect import prices, protect
from iesiz.disclosure.sparse import Bools
from iesiz.disclosure.task import Task
from iesiz.errors import PrivacyRefusal
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, Standing
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


@dataclass(frozen=True)
class _Ground:
    """What a night is decided on.

    Attributes:
        binding: all tables as one system, earlier releases among them.
        asked: what the rules ask of it.
        whole: what is not known of it yet.
        decided: cells that are decided now, shape (cells,).
        fixed: of these the ones that were shown before a revision and that no rule withholds.
        has_history: whether there are earlier releases.
    """

    plan: Plan
    binding: Binding
    asked: Demands
    whole: Part
    decided: Bools
    fixed: Bools
    has_history: bool

    @classmethod
    def of(cls, exact: Sequence[Cells], rules: Rules, history: Sequence[Earlier]) -> _Ground:
        """Bind the tables and see what earlier releases have left of them."""
        everything = [*exact, *(one.counts for one in history)]
        binding = bind(rules.plan, everything)
        asked = demands(binding, everything, rules)
        known = constants(binding, [one.published for one in history])
        horizon = horizon_of(binding.system.limits, known, asked.values)
        whole = opened(binding.system, known, horizon)
        if history:
            near = told_of(binding, exact, known)
            needs = left_by(binding.system, known, horizon, asked.needs, asked.values, near)
            asked = replace(asked, needs=needs)
        decided = np.isin([table for table, _ in binding.cells], [cells.label for cells in exact])
        fixed = _shown_before(binding, exact, history) & ~asked.sensitive
        return cls(rules.plan, binding, asked, whole, decided, fixed, bool(history))


def protect_night(
    exact: Sequence[Cells],
    key: bytes,
    period: str,
    thresholds: Thresholds,
    plan: Plan,
    history: Sequence[Earlier] = (),
) -> Night:
    """Withhold what is sensitive and what would give it away, or would give earlier withheld numbers away.

    Args:
        exact: every table of the period, complete over its dimensions, with `rule` columns where a rule asks.
        key: of the thresholds' random part, 32 bytes.
        period: its name, as in the tables' files.
        thresholds: least numbers of contributors.
        plan: the tables and their links.
        history: earlier releases that link to these tables; their cells stay as they were published.

    Raises:
        PrivacyRefusal: the counts do not fit the plan, or no pattern is safe.
    """
    start = time.perf_counter()
    rules = Rules(key, period, thresholds, plan)
    ground = _Ground.of(exact, rules, history)
    withheld, coarser = ground.asked.sensitive.copy(), set[str]()
    for part in (ground.whole.within(one) for one in cut(ground.whole.system)):
        if ground.decided[part.cells].any():
            pattern, given_up = _pattern(ground, part)
            withheld[part.cells] = pattern
            coarser |= given_up
    hidden = {cell for cell, gone in zip(ground.binding.cells, withheld, strict=True) if gone}
    tables = tuple(_withhold(cells, _hidden(cells, plan, hidden), tellable(cells, rules)) for cells in exact)
    total = sum(_suppressed(cells) for cells in tables if plan.original(cells.spec) is None)
    primary, seconds = ground.asked.primary, time.perf_counter() - start
    return Night(tables, primary, total - primary, tuple(sorted(coarser)), seconds)


def _shown_before(binding: Binding, exact: Sequence[Cells], history: Sequence[Earlier]) -> Bools:
    """Cells that are decided anew and were shown by what a revision takes the place of, shape (cells,)."""
    labels = {(cells.spec.name, cells.period): cells.label for cells in exact}
    past = [one.published for one in history if one.published.standing is Standing.PAST]
    shown = {
        (labels.get((cells.spec.name, cells.period), ""), key)
        for cells in past
        for key, status in zip(keys_of(cells), cells.table[STATUS].to_pylist(), strict=True)
        if status == PUBLISHED
    }
    return np.array([cell in shown for cell in binding.cells], dtype=np.bool_)


def _pattern(ground: _Ground, part: Part) -> tuple[Bools, set[str]]:
    """A component's withheld cells; where none is found, with its finest tables withheld whole.

    A component whose tables are all given up tells nothing that earlier releases did not, whatever a single
    contributor knows of the numbers. A number that follows from earlier ones stays: hiding it would hide
    nothing. One whose place was shown before a revision stays as long as there is another way.
    """
    tables = [ground.binding.cells[cell][0] for cell in part.cells]
    own = [table for table, is_new in zip(tables, ground.decided[part.cells], strict=True) if is_new]
    finest = sorted(set(own), key=lambda name: (-own.count(name), name))
    follows = _follows(part, ground.asked) & ground.has_history
    worth = np.array([_worth(ground.plan, table) for table in tables], dtype=np.float64)
    for given_up in range(len(finest) + 1):
        gone = set(finest[:given_up])
        in_gone = np.array([name in gone for name in tables]) & ~follows & ~ground.fixed[part.cells]
        task = _task(ground, part, in_gone)
        if not task.must.any():
            return task.must, gone
        try:
            return protect(task, prices(task) * worth, MOVES).withheld, gone
        except PrivacyRefusal:
            continue
    return ~follows, set(finest)


def _task(ground: _Ground, part: Part, given_up: Bools) -> Task:
    """The search for a component's pattern, with some cells withheld in any case, shape (cells,)."""
    asked = ground.asked
    return Task(
        part.system,
        asked.values[part.variables],
        asked.sensitive[part.cells] | given_up,
        ground.fixed[part.cells],
        part.needs(asked.needs),
        part.insiders(asked.insiders),
        ~ground.decided[part.cells],
    )


def _follows(part: Part, asked: Demands) -> Bools:
    """Cells that no rule withholds and that earlier releases give away, shape (cells,)."""
    needed = np.zeros(len(part.cells), dtype=np.bool_)
    np.logical_or.at(needed, part.system.owner, asked.needs.length[part.forms] > 0)
    return ~needed & ~asked.sensitive[part.cells]


def _worth(plan: Plan, table: str) -> int:
    spec = plan.spec(table)
    return plan.worth(spec) if spec else 1


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
