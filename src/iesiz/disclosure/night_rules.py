"""Which cells of a night are sensitive by themselves, and how far an attacker must stay from each number.

In: exact cells with their `rule` columns, the thresholds' key, the plan. Out: masks, and needs by number.
A negative or missing number is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from iesiz.disclosure.binder import Key
from iesiz.disclosure.binding import Binding
from iesiz.disclosure.plan import Plan, least, magnitudes, width_needed
from iesiz.disclosure.primary import Shares, below_threshold, group_disclosed, p_percent, upper_protection
from iesiz.disclosure.rules import Needs
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.errors import PrivacyRefusal
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, Standing, TableSpec
from iesiz.vocabulary import Role

PRIMARY = "primary"  # beside exact cells that are kept: which of them a rule withheld
NETWORKS = 3  # distinct networks that a published cell needs
NETWORK_COUNT = "network_count"
CHANGE = "change_count"
REVISED_COUNT = "revised_count"  # of a revised cell: the fewest people in whom one of its numbers changed
LEFT_BY_EACH, LEFT_BY_ALL = "left_by_each_count", "left_by_all_count"
P = 15.0  # per cent of the p % rule
HIDDEN_SHARE = 1e-3  # a withheld magnitude that no rule protects must still not be exact
KEY_BYTES = 32


@dataclass(frozen=True)
class Rules:
    """What the primary rules of a night depend on.

    Attributes:
        key: of the thresholds, at least 32 bytes, known to nobody else.
        period: the day, as in the tables' files.
    """

    key: bytes
    period: str
    thresholds: Thresholds
    plan: Plan

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            PrivacyRefusal: it is too short.
        """
        if len(self.key) < KEY_BYTES:
            raise PrivacyRefusal(f"The key of the thresholds has {KEY_BYTES} bytes or more.")

    def threshold(self, spec: TableSpec, key: Key) -> int:
        """T_c = k + HMAC-SHA256(key, table | cell | period) mod 5."""
        text = json.dumps([spec.name, [str(label) for label in key], self.period], ensure_ascii=False)
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).digest()
        return least(spec, self.thresholds) + int.from_bytes(digest, "big") % self.thresholds.spread


def column(cells: Cells, name: str) -> Floats:
    """A counted or rule column, shape (rows,).

    Raises:
        PrivacyRefusal: a number is negative or missing.
    """
    found = cells.table[name]
    values = np.array([np.nan if one is None else one for one in found.to_pylist()], dtype=np.float64)
    if not np.all(values >= 0):
        raise PrivacyRefusal(
            f"Table {cells.spec.name}, column {name}: a negative or missing count; nothing is published."
        )
    return values


def keys_of(cells: Cells) -> list[Key]:
    """The labels of each row, in the table's order."""
    return list(zip(*(cells.table[name].to_pylist() for name in cells.spec.dimensions), strict=True))


def sensitive_rows(cells: Cells, rules: Rules) -> Bools:
    """Which rows of an exact table must be withheld, shape (rows,); a zero counts as a small cell.

    Raises:
        PrivacyRefusal: a number is negative or missing.
    """
    spec, keys = cells.spec, keys_of(cells)
    for name in (*spec.counted, *(c.name for c in spec.of_role(Role.RULE))):
        column(cells, name)
    people = column(cells, spec.contributors)
    networks = column(cells, NETWORK_COUNT) if NETWORK_COUNT in cells.table.column_names else None
    limits = np.array([rules.threshold(spec, key) for key in keys], dtype=np.float64)
    found = below_threshold(people, limits, zeros=True, networks=networks, least=NETWORKS)
    for name in magnitudes(spec):
        found = found | p_percent(_shares(cells, name), P)
    found = found | _differences_are_few(cells, least(spec, rules.thresholds))
    return found | _group_disclosed(cells, keys, people) if spec.sensitive else found


def _differences_are_few(cells: Cells, k: int) -> Bools:
    """Unions of which what a published part, or all of them together, leave over is about too few.

    With w the contributors of the cell, s those of a published part and U those of all published parts, the
    columns count the smallest `w - s` and `w - U`: each s must leave k, U none or k. Six published days of
    100 and a withheld one of 4, each with visitors of its own, pass the first rule and give 604 - 600.
    Of a stock the column counts by how many it differs from the one last published: none or k; of a revised
    cell the people by whom it differs from what was published before.
    """
    few = np.zeros(len(cells.table), dtype=np.bool_)
    for name in {CHANGE, REVISED_COUNT} & set(cells.table.column_names):
        change = column(cells, name)
        few |= (change > 0) & (change < k)
    if LEFT_BY_EACH in cells.table.column_names:
        few |= column(cells, LEFT_BY_EACH) < k
    if LEFT_BY_ALL in cells.table.column_names:
        left = column(cells, LEFT_BY_ALL)
        few |= (left > 0) & (left < k)
    return few


def marked(cells: Cells, rules: Rules) -> Cells:
    """Exact cells with a column that says which a rule withholds, for later releases.

    Raises:
        PrivacyRefusal: a number is negative or missing.
    """
    marks = pa.array(sensitive_rows(cells, rules))
    return replace(cells, table=cells.table.append_column(PRIMARY, marks))


def _withheld_by_rule(cells: Cells, rules: Rules) -> Bools:
    """As the rules say now, or as they said when an earlier release was decided."""
    if cells.standing is Standing.NEW:
        return sensitive_rows(cells, rules)
    return np.array(cells.table[PRIMARY].to_pylist(), dtype=np.bool_)


def _group_disclosed(cells: Cells, keys: list[Key], people: Floats) -> Bools:
    """Cells of a sensitive split that hold all members of their group, or all but one."""
    spec, found = cells.spec, np.zeros(len(keys), dtype=np.bool_)
    for link in spec.links:
        if spec.contributors in link.sums and link.over:
            kept = [place for place, name in enumerate(spec.dimensions) if name not in link.over]
            groups: dict[Key, float] = {}
            margin = [tuple(key[place] for place in kept) for key in keys]
            for group, count in zip(margin, people, strict=True):
                groups[group] = groups.get(group, 0.0) + float(count)
            found |= group_disclosed(people, np.array([groups[group] for group in margin]))
    return found


def _shares(cells: Cells, name: str) -> Shares:
    return Shares(*(column(cells, one) for one in (name, f"{name}_first", f"{name}_second")))


@dataclass(frozen=True, eq=False)
class Demands:
    """What the rules ask of a night.

    Attributes:
        values: exact value of each variable of the system, the sets that no table shows among them; NaN for
            what stands for days that are not looked at.
        sensitive: cells withheld by a rule, drop-outs always among them, shape (cells,).
        needs: by number.
        insiders: for each cell of one contributor, the numbers that this one knows.
        primary: how many published cells a rule withholds.
    """

    values: Floats
    sensitive: Bools
    needs: Needs
    insiders: tuple[tuple[int, ...], ...]
    primary: int


def demands(binding: Binding, exact: Sequence[Cells], rules: Rules) -> Demands:
    """Apply the rules to a night's exact numbers.

    Raises:
        PrivacyRefusal: a number is negative or missing, or the counts do not fit the plan's links.
    """
    sensitive = {
        (cells.label, key): bool(row)
        for cells in exact
        for key, row in zip(keys_of(cells), _withheld_by_rule(cells, rules), strict=True)
    }
    values = whole_values(binding, exact)
    decided = {cells.label for cells in exact if cells.standing is Standing.NEW}
    counted = np.array([cell in sensitive and cell[0] in decided for cell in binding.cells], dtype=np.bool_)
    withheld = np.array([sensitive.get(cell, True) for cell in binding.cells], dtype=np.bool_)
    needs = _needs(binding, exact, rules, values, withheld)
    return Demands(
        values, withheld, needs, _alone(binding, rules.plan, values), int(np.sum(withheld & counted))
    )


def whole_values(binding: Binding, exact: Sequence[Cells]) -> Floats:
    """Exact value of every variable: drop-outs as differences, a set that no table shows as its largest part.

    Raises:
        PrivacyRefusal: the counts do not fit what the plan says of them.
    """
    system, numbers = binding.system, len(binding.numbers)
    rows, planned = system.limits.rows, [number.planned for number in binding.numbers]
    values = np.concatenate([binding.values(exact), np.full(system.variables - numbers, np.nan)])
    for row in range(len(rows)):
        parts, weights = rows.row(row), rows.coefficients(row)
        unknown = np.isnan(values[parts])
        if unknown.sum() == 1 and parts[unknown][0] < numbers and not planned[parts[unknown][0]]:
            values[parts[unknown]] = -np.dot(weights[~unknown], values[parts[~unknown]]) / weights[unknown]
    _fill_unions(rows.row_of, rows.indices, rows.data, values, numbers)
    at = rows.dot(values)
    wrong = np.flatnonzero((at < -1e-6) | (at > system.limits.upper + 1e-6))
    if len(wrong) or np.any(values < 0):
        says = sorted({binding.says[row] for row in wrong}) or ["nested cells"]
        raise PrivacyRefusal(
            f"The counts contradict the release plan ({'; '.join(says)}); nothing is published."
        )
    return values


def _fill_unions(row_of: Ints, columns: Ints, weights: Floats, values: Floats, numbers: int) -> None:
    """A union is at least its parts: rows with the union at weight 1 and one part at -1."""
    sizes = np.bincount(row_of)[row_of] if len(row_of) else row_of
    for place in np.flatnonzero((columns >= numbers) & (weights == 1.0) & (sizes == 2)):
        parts = columns[(row_of == row_of[place]) & (columns != columns[place])]
        values[columns[place]] = np.fmax(values[columns[place]], values[parts[0]])


def _needs(binding: Binding, exact: Sequence[Cells], rules: Rules, values: Floats, withheld: Bools) -> Needs:
    """Widths for counts, protection levels for magnitudes; a large drop-out or an empty one needs nothing."""
    count = len(binding.numbers)
    width, level, whole = np.zeros(count), np.zeros(count), np.ones(count, dtype=np.bool_)
    levels = {
        (cells.label, name): dict(zip(keys_of(cells), upper_protection(_shares(cells, name), P), strict=True))
        for cells in exact
        for name in magnitudes(cells.spec)
    }
    tables = {cells.label: cells for cells in exact}
    few = {label: _changed_by_few(cells, rules) for label, cells in tables.items()}
    for place, number in enumerate(binding.numbers):
        spec, standing = tables[number.table].spec, tables[number.table].standing
        width[place] = width_needed(spec, number.measure, rules.thresholds)
        if number.change_of is not None:
            whole[place] = number.change_of in few[number.table]
            width[place] = max(width[place], P / 100 * values[place]) if whole[place] else 0.0
            whole[place] &= number.measure not in magnitudes(spec)
        elif (number.table, number.measure) in levels:
            if withheld[binding.system.owner[place]]:
                level[place] = max(levels[number.table, number.measure][number.key] / number.unit, 0.0)
            width[place], whole[place] = max(level[place], HIDDEN_SHARE * values[place]), False
        elif not number.planned and not 0 < values[place] < _few(spec, standing, number.key, rules):
            width[place], whole[place] = 0.0, False
    return Needs(width, level, level, whole)


def _changed_by_few(cells: Cells, rules: Rules) -> set[Key]:
    """Cells that a revision changed by too few people; by how many must be known, or any cell is one."""
    k = least(cells.spec, rules.thresholds)
    if REVISED_COUNT not in cells.table.column_names:
        return set(keys_of(cells))
    changes = column(cells, REVISED_COUNT)
    return {key for key, change in zip(keys_of(cells), changes, strict=True) if 0 < change < k}


def _few(spec: TableSpec, standing: Standing, key: Key, rules: Rules) -> int:
    """How many people dropping out are too few; the random part of an earlier night's limit is gone."""
    return rules.threshold(spec, key) if standing is Standing.NEW else least(spec, rules.thresholds)


def _alone(binding: Binding, plan: Plan, values: Floats) -> tuple[tuple[int, ...], ...]:
    """The numbers of each cell with one contributor."""
    members: dict[int, list[int]] = {}
    single: set[int] = set()
    for place, (number, owner) in enumerate(zip(binding.numbers, binding.system.owner, strict=True)):
        members.setdefault(int(owner), []).append(place)
        spec = plan.spec(number.table)
        if number.planned and spec and number.measure == spec.contributors and values[place] == 1:
            single.add(int(owner))
    return tuple(tuple(members[owner]) for owner in sorted(single))
