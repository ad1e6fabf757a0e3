"""The lattice's order and tags, and classes rolled up from finer ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from iesiz.errors import SettingsError
from iesiz.microdata import search
from iesiz.microdata.classes import Microdata, collapse, distinct, group
from iesiz.microdata.hierarchy import Hierarchy
from iesiz.microdata.lattice import FAILED, MET, UNKNOWN, Lattice, Tags
from iesiz.microdata.losses import loss_named
from iesiz.microdata.models import DistinctDiversity, KAnonymity, Requirement
from iesiz.microdata.search import optimal


def test_numbers_follow_the_lexicographic_order() -> None:
    lattice = Lattice((2, 3))
    vectors = [lattice.vector(number) for number in range(len(lattice))]
    assert vectors == sorted(vectors) == list(itertools.product(range(2), range(3)))
    assert [lattice.number(vector) for vector in vectors] == list(range(6))
    assert lattice.successors((0, 1)) == [(1, 1), (0, 2)]
    assert lattice.successors((1, 2)) == []


def test_tags_spread_to_what_they_prove() -> None:
    tags = Tags(Lattice((3, 3)))
    tags.met((1, 2))
    tags.failed((1, 1))
    tags.dominated_above((2, 1))
    assert tags.state.tolist() == [[FAILED, FAILED, UNKNOWN], [FAILED, FAILED, MET], [UNKNOWN, UNKNOWN, MET]]
    assert np.argwhere(tags.is_dominated).tolist() == [[2, 1], [2, 2]]


def test_a_lattice_too_large_to_search_is_refused() -> None:
    with pytest.raises(SettingsError, match="leave out columns or levels"):
        Lattice((10,) * 8)


def _tree(name: str, size: int, *widths: int) -> Hierarchy:
    levels = [np.arange(size) // width for width in (1, *widths)]
    labels = tuple(tuple(map(str, np.unique(level))) for level in levels)
    return Hierarchy(name, "test", labels, tuple(level.astype(np.int32) for level in levels))


@pytest.fixture
def data() -> Microdata:
    generator = np.random.default_rng(7)
    trees = [_tree("a", 8, 2, 4, 8), _tree("b", 6, 3, 6), _tree("c", 3, 3)]
    codes = [generator.integers(0, tree.domain_size, 400).astype(np.int32) for tree in trees]
    return collapse(trees, codes, ("x", "y", "z"), generator.integers(0, 3, 400).astype(np.int32))


def test_rolling_up_in_steps_gives_the_same_classes(data: Microdata) -> None:
    at_once = data.roll_up(data.finest, (2, 1, 1))
    in_steps = data.roll_up(data.roll_up(data.finest, (1, 1, 0)), (2, 1, 1))
    assert at_once.counts.tolist() == in_steps.counts.tolist()
    assert at_once.counts.sum() == 400
    assert at_once.cells is not None
    assert in_steps.cells is not None
    assert at_once.cells.count.tolist() == in_steps.cells.count.tolist()
    assert at_once.cells.owner.tolist() == in_steps.cells.owner.tolist()


def test_everything_generalised_is_one_class(data: Microdata) -> None:
    assert data.roll_up(data.finest, (3, 2, 1)).counts.tolist() == [400]


def test_forgetting_classes_changes_nothing(data: Microdata, monkeypatch: pytest.MonkeyPatch) -> None:
    requirement = Requirement((KAnonymity(30), DistinctDiversity(3)), 0.05)
    remembered = optimal(data, requirement, loss_named("entropy", data))
    monkeypatch.setattr(search, "KEPT_ROWS", 40)
    forgotten = optimal(data, requirement, loss_named("entropy", data))
    assert remembered is not None
    assert forgotten is not None
    assert (remembered.levels, remembered.loss) == (forgotten.levels, forgotten.loss)


def test_keys_are_numbered_alike_by_table_and_by_sorting() -> None:
    keys = np.array([5, 0, 5, 90, 7])
    for span in (91, 10**12):
        place, found = distinct(keys, span)
        assert place.tolist() == [1, 0, 1, 3, 2]
        assert found.tolist() == [0, 5, 7, 90]


def test_more_columns_than_a_key_can_hold_are_grouped() -> None:
    # 40 columns of 4 values: 2 ** 80 combinations. The rows differ in the first column only, whose digit is
    # the first to be lost where a key overflows.
    columns = [np.array([0, 1, 2, 1], dtype=np.int32), *[np.full(4, 3, dtype=np.int32)] * 39]
    owner, size = group(columns, [4] * 40, 4)
    assert (owner.tolist(), size) == ([0, 1, 2, 1], 3)


def test_no_column_makes_one_group() -> None:
    owner, size = group([], [], 3)
    assert (owner.tolist(), size) == ([0, 0, 0], 1)


def test_a_model_that_needs_a_sensitive_attribute_asks_for_it() -> None:
    trees = [_tree("a", 2, 2)]
    plain = collapse(trees, [np.array([0, 1, 1], dtype=np.int32)])
    with pytest.raises(SettingsError, match="--sensitive"):
        optimal(plain, Requirement((DistinctDiversity(2),)), loss_named("entropy", plain))
