"""The search finds what looking at every scheme finds, on small random tables.

The reference works on rows of text with dictionaries and fractions and shares no code with the package.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.microdata import models
from iesiz.microdata.classes import Microdata, collapse
from iesiz.microdata.hierarchy import Hierarchy
from iesiz.microdata.losses import loss_named
from iesiz.microdata.search import optimal

Tree = tuple[tuple[int, ...], ...]  # for each level above the value, the label of every value


@dataclass(frozen=True)
class Table:
    """A random table: for each column its tree, and rows of values with a sensitive value at the end."""

    trees: tuple[Tree, ...]
    rows: tuple[tuple[int, ...], ...]
    values: int

    def label(self, column: int, value: int, level: int) -> int:
        return value if level == 0 else self.trees[column][level - 1][value]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A hierarchy of 2 to 4 values: each level merges labels of the level below."""
    size = draw(st.integers(2, 4))
    levels: list[tuple[int, ...]] = []
    below = tuple(range(size))
    for _ in range(draw(st.integers(0, 2))):
        merged = {label: draw(st.integers(0, max(below))) for label in sorted(set(below))}
        below = tuple(merged[label] for label in below)
        levels.append(below)
    if draw(st.booleans()):
        levels.append((0,) * size)
    return tuple(levels)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    chosen = tuple(draw(trees()) for _ in range(draw(st.integers(1, 3))))
    sizes = [len(tree[0]) if tree else 3 for tree in chosen]
    values = draw(st.integers(2, 3))
    row = st.tuples(*(st.integers(0, size - 1) for size in sizes), st.integers(0, values - 1))
    return Table(chosen, tuple(draw(st.lists(row, min_size=1, max_size=24))), values)


def _microdata(table: Table) -> Microdata:
    hierarchies = []
    for number, tree in enumerate(table.trees):
        size = len(tree[0]) if tree else 3
        levels = [tuple(range(size)), *tree]
        dense = [{label: place for place, label in enumerate(dict.fromkeys(level))} for level in levels]
        codes = [
            np.array([known[label] for label in level], dtype=np.int32)
            for level, known in zip(levels, dense, strict=True)
        ]
        labels = tuple(tuple(map(str, known)) for known in dense)
        hierarchies.append(Hierarchy(f"q{number}", "test", labels, tuple(codes)))
    columns = [np.array(column, dtype=np.int32) for column in zip(*table.rows, strict=True)]
    return collapse(hierarchies, columns[:-1], tuple(map(str, range(table.values))), columns[-1])


# --- the reference ------------------------------------------------------------------------------------------

Groups = dict[tuple[int, ...], Counter[int]]
Holds = Callable[[Counter[int], Counter[int]], bool]


def _groups(table: Table, vector: tuple[int, ...]) -> Groups:
    groups: Groups = defaultdict(Counter)
    for row in table.rows:
        key = tuple(table.label(column, row[column], level) for column, level in enumerate(vector))
        groups[key][row[-1]] += 1
    return groups


def _entropy_holds(least: int) -> Holds:
    def holds(cell: Counter[int], whole: Counter[int]) -> bool:
        # Entropy >= log l, written without logarithms: the product of (n / c)^c is at least l^n.
        records = cell.total()
        product = math.prod(Fraction(records, count) ** count for count in cell.values())
        return product >= Fraction(least) ** records

    return holds


def _recursive_holds(c: int, rank: int) -> Holds:
    def holds(cell: Counter[int], whole: Counter[int]) -> bool:
        counts = sorted(cell.values(), reverse=True)
        return counts[0] < c * sum(counts[rank - 1 :])

    return holds


def _closeness_holds(t: Fraction, distance: str) -> Holds:
    def holds(cell: Counter[int], whole: Counter[int]) -> bool:
        order = sorted(whole)
        gaps = [Fraction(cell[v], cell.total()) - Fraction(whole[v], whole.total()) for v in order]
        if distance == "equal":
            return bool(sum(abs(gap) for gap in gaps) <= 2 * t)
        moved = sum(abs(sum(gaps[: place + 1], Fraction(0))) for place in range(len(order)))
        return moved <= t * (max(1, len(order) - 1))

    return holds


def _loss(name: str, table: Table, vector: tuple[int, ...], kept: Groups, lost: Groups) -> tuple[float, ...]:
    sizes = [cell.total() for cell in (*kept.values(), *lost.values())]
    if name == "discernibility":
        return (float(sum(size * size for size in sizes)),)
    if name == "class-size":
        return (len(table.rows) / (len(kept) + bool(lost)),)
    if name == "entropy":
        return (round(sum(_bits(table, column, level) for column, level in enumerate(vector)), 6),)
    return tuple(
        sorted((_share(table, c, level, kept, lost) for c, level in enumerate(vector)), reverse=True)
    )


def _bits(table: Table, column: int, level: int) -> float:
    values = [row[column] for row in table.rows]
    own, general = Counter(values), Counter(table.label(column, value, level) for value in values)
    return sum(math.log2(general[table.label(column, value, level)] / own[value]) for value in values)


def _share(table: Table, column: int, level: int, kept: Groups, lost: Groups) -> float:
    domain = range(len(table.trees[column][0]) if table.trees[column] else 3)
    covered = Counter(table.label(column, value, level) for value in domain)
    total = Fraction(sum(cell.total() for cell in lost.values()))
    total += sum(Fraction(covered[key[column]], len(domain)) * cell.total() for key, cell in kept.items())
    least = Fraction(len(table.rows), len(domain))
    return round(float(max(Fraction(0), (total - least) / (len(table.rows) - least))), 10)


def _reported(name: str, key: tuple[float, ...]) -> float:
    return math.prod(1 + share for share in key) ** (1 / len(key)) - 1 if name == "loss" else key[0]


def _brute_force(
    table: Table, k: int, holds: Holds, limit: Fraction, name: str
) -> tuple[tuple[float, ...], int, tuple[int, ...]] | None:
    """Return loss, sum of levels and levels of the best scheme, by looking at all of them."""
    whole = Counter(row[-1] for row in table.rows)
    found = []
    for vector in itertools.product(*(range(len(tree) + 1) for tree in table.trees)):
        groups = _groups(table, vector)
        kept = {key: cell for key, cell in groups.items() if cell.total() >= k and holds(cell, whole)}
        lost = {key: cell for key, cell in groups.items() if key not in kept}
        if sum(cell.total() for cell in lost.values()) <= limit * len(table.rows):
            found.append((_loss(name, table, vector, kept, lost), sum(vector), vector))
    return min(found, default=None)


# --- the comparison -----------------------------------------------------------------------------------------

MODELS: list[tuple[models.Model | None, Holds]] = [
    (None, lambda cell, whole: True),
    (models.DistinctDiversity(2), lambda cell, whole: len(cell) >= 2),
    (models.EntropyDiversity(2), _entropy_holds(2)),
    (models.RecursiveDiversity(2, 2), _recursive_holds(2, 2)),
    (models.Closeness(0.25), _closeness_holds(Fraction(1, 4), "equal")),
    (models.Closeness(0.25, "ordered"), _closeness_holds(Fraction(1, 4), "ordered")),
]
# Multiples of a power of two, so that the limit is the same number as a float and as a fraction.
LIMITS = (0.0, 0.125, 0.25, 0.5)


def _sensitive_in_use(table: Table) -> Table:
    """Number the sensitive values that occur from 0, as a file's column would have them."""
    place = {value: number for number, value in enumerate(sorted({row[-1] for row in table.rows}))}
    return Table(table.trees, tuple((*row[:-1], place[row[-1]]) for row in table.rows), len(place))


@pytest.mark.parametrize("loss", ["entropy", "discernibility", "loss", "class-size"])
@pytest.mark.parametrize("number", range(len(MODELS)))
@given(table=tables(), k=st.integers(1, 4), limit=st.sampled_from(LIMITS))
@settings(max_examples=60, deadline=None)
def test_the_optimum_is_that_of_an_exhaustive_search(
    number: int, loss: str, table: Table, k: int, limit: float
) -> None:
    model, holds = MODELS[number]
    table = _sensitive_in_use(table)
    data = _microdata(table)
    chosen: tuple[models.Model, ...] = (models.KAnonymity(k), *([] if model is None else [model]))
    requirement = models.Requirement(chosen, limit)
    expected = _brute_force(table, k, holds, Fraction(limit), loss)
    found = optimal(data, requirement, loss_named(loss, data))
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found.levels == expected[2]
    assert found.loss == pytest.approx(_reported(loss, expected[0]), abs=1e-6)


@given(table=tables(), k=st.integers(1, 4), limit=st.sampled_from(LIMITS))
@settings(max_examples=60, deadline=None)
def test_no_class_that_is_kept_is_smaller_than_k(table: Table, k: int, limit: float) -> None:
    data = _microdata(_sensitive_in_use(table))
    found = optimal(data, models.Requirement((models.KAnonymity(k),), limit), loss_named("loss", data))
    if found is not None:
        assert (found.classes.counts[~found.failing] >= k).all()
        assert found.classes.counts[found.failing].sum() <= limit * len(table.rows)
