"""An analyst's own table: from records to a protected table and the reasons for it.

In: a CSV file and frozen asked. Out: a frozen `ProtectedTable`. The rules are those of every release;
k is fixed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.csv_table import Columns, read
from iesiz.disclosure.layout import Layout, table
from iesiz.disclosure.primary import Shares, below_threshold, not_negative, p_percent, upper_protection
from iesiz.disclosure.protect import Protected, protect
from iesiz.disclosure.rules import Needs, join, widths
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.system import LinearSystem, system_of, two_measures
from iesiz.disclosure.tables import Table, codes_of
from iesiz.disclosure.task import Task
from iesiz.own_table import Asked

HIDDEN_SHARE = 1e-3  # a withheld magnitude that no rule protects must still not be exact


@dataclass(frozen=True, eq=False)
class Measure:
    """One published column: name, exact value of each planned cell, sensitive cells."""

    name: str
    values: Floats
    sensitive: Bools


@dataclass(frozen=True, eq=False)
class ProtectedTable:
    """The result, by planned cell.

    Attributes:
        table: labels and incidence.
        measures: the columns, in order.
        primary, withheld: masks of the planned cells.
        result: pattern, verdict, times.
    """

    table: Table
    measures: tuple[Measure, ...]
    primary: Bools
    withheld: Bools
    result: Protected


@dataclass(frozen=True, eq=False)
class _Part:
    """One measure as the engine needs it."""

    measure: Measure
    inner: Floats
    needs: Needs
    insiders: tuple[tuple[int, ...], ...]


def protect_own(asked: Asked, shape: Layout) -> ProtectedTable:
    """Read, find the sensitive cells, protect them.

    Args:
        asked: the file and the rules.
        shape: dimensions, groupings and margins that the options name.

    Raises:
        InputError: the file cannot be used.
        PrivacyRefusal: a negative value, or no safe pattern.
        SettingsError: the options do not fit the file.
    """
    columns = read(asked.path, _needed(asked, shape))
    planned, cell_of = table(columns, shape)
    system = system_of(planned.incidence, codes_of(planned.dimensions))
    parts = []
    if asked.count is not None or asked.total is None:
        parts.append(_counted(columns, cell_of, system, asked))
    if asked.total is not None:
        parts.append(_summed(columns, cell_of, system, asked))
    result = protect(_task(system, parts))
    sensitive = np.logical_or.reduce([part.measure.sensitive for part in parts])
    measures = tuple(_by_label(part.measure, system) for part in parts)
    primary, withheld = sensitive[system.planned], result.withheld[system.planned]
    return ProtectedTable(planned, measures, primary, withheld, result)


def _needed(asked: Asked, shape: Layout) -> tuple[str, ...]:
    """Every column that is read, once each."""
    named = (*shape.by, *(nest.group for nest in shape.nests), *(nest.child for nest in shape.nests))
    optional = tuple(name for name in (asked.count, asked.total, asked.contributor) if name)
    return tuple(dict.fromkeys(named + optional))


def _by_label(measure: Measure, system: LinearSystem) -> Measure:
    return Measure(measure.name, measure.values[system.planned], measure.sensitive[system.planned])


def _task(system: LinearSystem, parts: list[_Part]) -> Task:
    sensitive = np.logical_or.reduce([part.measure.sensitive for part in parts])
    nothing = np.zeros(system.cells, dtype=np.bool_)
    if len(parts) == 1:
        return Task(system, parts[0].inner, sensitive, nothing, parts[0].needs, parts[0].insiders)
    first, second = parts
    shifted = tuple(tuple(v + system.variables for v in told) for told in second.insiders)
    inner = np.concatenate([first.inner, second.inner])
    needs = join(first.needs, second.needs)
    return Task(two_measures(system, system), inner, sensitive, nothing, needs, first.insiders + shifted)


def _counted(columns: Columns, cell_of: Ints, system: LinearSystem, asked: Asked) -> _Part:
    """Counts of people: threshold k, intervals of k, one person knows his own cell."""
    k = asked.k or 10
    counts = np.ones(len(columns))
    if asked.count:
        counts = np.array(columns.numbers(asked.count, whole=True))
    not_negative(counts)
    inner = np.bincount(cell_of, weights=counts, minlength=system.variables).astype(np.float64)
    values = system.forms.dot(inner)
    sensitive = below_threshold(values, k, zeros=asked.zeros)
    needs = widths(values, 1.0 if asked.exact_only else float(k))
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    return _Part(Measure(asked.count or "count", values, sensitive), inner, needs, alone)


def _summed(columns: Columns, cell_of: Ints, system: LinearSystem, asked: Asked) -> _Part:
    """A magnitude: p % rule and protection levels; who is alone in a cell knows it."""
    name = str(asked.total)
    amounts = np.array(columns.numbers(name, whole=False))
    not_negative(amounts)
    who = np.arange(len(columns))
    if asked.contributor:
        who = np.unique(columns.text[asked.contributor], return_inverse=True)[1]
    shares, people = _shares(system, cell_of, who, amounts)
    inner = np.bincount(cell_of, weights=amounts, minlength=system.variables).astype(np.float64)
    sensitive = p_percent(shares, asked.p)
    if asked.k is not None:
        sensitive |= below_threshold(people, asked.k, zeros=asked.zeros)
    levels = np.where(
        sensitive & (not asked.exact_only), np.maximum(upper_protection(shares, asked.p), 0.0), 0.0
    )
    hidden = np.maximum(levels, HIDDEN_SHARE * shares.total)
    needs = Needs(hidden, levels, levels, np.zeros(len(levels), dtype=np.bool_))
    return _Part(Measure(name, shares.total, sensitive), inner, needs, _alone(cell_of, who))


def _shares(system: LinearSystem, cell_of: Ints, who: Ints, amounts: Floats) -> tuple[Shares, Floats]:
    """Total, two largest contributors and number of contributors of each cell."""
    order = np.argsort(cell_of, kind="stable")
    starts = np.searchsorted(cell_of[order], np.arange(system.variables + 1))
    found = np.zeros((4, system.cells))
    for cell in range(system.cells):
        inner = system.forms.row(cell)
        records = np.concatenate([order[starts[v] : starts[v + 1]] for v in inner])
        people, member = np.unique(who[records], return_inverse=True)
        parts = np.sort(np.bincount(member, weights=amounts[records], minlength=2))[::-1]
        found[:, cell] = amounts[records].sum(), parts[0], parts[1], len(people)
    return Shares(*found[:3]), found[3]


def _alone(cell_of: Ints, who: Ints) -> tuple[tuple[int, ...], ...]:
    """For each contributor who is alone in some inner cells, these cells."""
    pairs = np.unique(np.stack([cell_of, who]), axis=1)
    cells, first, times = np.unique(pairs[0], return_index=True, return_counts=True)
    found: dict[int, list[int]] = {}
    for cell, person in zip(cells[times == 1], pairs[1][first[times == 1]], strict=True):
        found.setdefault(int(person), []).append(int(cell))
    return tuple(tuple(found[person]) for person in sorted(found))
