"""Thresholds of the models: what passes at the edge, and what is no threshold at all."""

from __future__ import annotations

import numpy as np
import pytest

from iesiz.errors import SettingsError
from iesiz.microdata.classes import Cells, Classes
from iesiz.microdata.models import (
    Closeness,
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    Model,
    RecursiveDiversity,
    Requirement,
)


def _one_class(*cell: int) -> Classes:
    """One class with these counts of the values 0, 1, 2, ...; a zero is a value that is absent."""
    present = np.flatnonzero(cell)
    counts = np.array(cell)[present]
    cells = Cells(np.zeros(len(present), dtype=np.int64), present, counts)
    return Classes(np.zeros(1, dtype=np.int64), np.array([counts.sum()]), cells)


@pytest.mark.parametrize(
    ("model", "cell", "fails"),
    [
        (KAnonymity(3), (2, 0, 0), True),
        (KAnonymity(3), (3, 0, 0), False),
        (DistinctDiversity(3), (4, 4, 0), True),
        (DistinctDiversity(3), (4, 1, 1), False),
        (EntropyDiversity(3), (2, 2, 2), False),  # the entropy is log 3 exactly: summed in floats a bit less
        (EntropyDiversity(3), (3, 2, 2), True),
        (EntropyDiversity(1.5), (5, 1, 0), False),  # 2 ** 0.65 = 1.57
        (RecursiveDiversity(2, 2), (4, 2, 0), True),  # 4 < 2 * 2 does not hold
        (RecursiveDiversity(2, 2), (3, 2, 0), False),
        (RecursiveDiversity(9, 3), (3, 2, 0), True),  # two values, three are needed
        # Overall 3, 3, 4 of 10: moved |1/3 - 3/10| and |2/3 - 6/10|, half of their sum is 1/20.
        (Closeness(0.05, "ordered"), (1, 1, 1), False),
        (Closeness(0.0499, "ordered"), (1, 1, 1), True),
        (Closeness(0.4), (0, 0, 6), True),  # 6/10 away
        (Closeness(0.6), (0, 0, 6), False),
    ],
)
def test_a_threshold_passes_at_its_edge(model: Model, cell: tuple[int, ...], fails: bool) -> None:
    assert model.fails(_one_class(*cell), np.array([3, 3, 4])).tolist() == [fails]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: KAnonymity(0), "k must be"),
        (lambda: DistinctDiversity(0), "l must be"),
        (lambda: EntropyDiversity(float("nan")), "l must be"),
        (lambda: RecursiveDiversity(0, 2), "c of recursive"),
        (lambda: RecursiveDiversity(float("inf"), 2), "c of recursive"),
        (lambda: Closeness(1.5), "t of t-closeness"),
        (lambda: Closeness(float("nan")), "t of t-closeness"),
        (lambda: Closeness(0.5, "far"), "distance"),
        (lambda: Requirement(()), "at least one privacy model"),
        (lambda: Requirement((KAnonymity(2),), 1.5), "share of records"),
        (lambda: Requirement((KAnonymity(2),), float("nan")), "share of records"),
    ],
)
def test_what_is_no_threshold_is_refused(build: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        build()  # type: ignore[operator]


def test_the_suppression_limit_is_rounded_down() -> None:
    requirement = Requirement((KAnonymity(2),), 0.04)
    assert requirement.limit(30_162) == 1_206
    assert requirement.limit(24) == 0


def test_the_smallest_class_is_that_of_the_strictest_model() -> None:
    assert Requirement((KAnonymity(2), EntropyDiversity(4.5))).smallest == 5
    assert Requirement((Closeness(0.2),)).smallest == 1


def test_tagging_is_trusted_for_what_is_monotone_only() -> None:
    size, spread = KAnonymity(2), Closeness(0.2)
    assert Requirement((size, DistinctDiversity(2)), 0.5).is_monotone(100)
    assert not Requirement((size, spread), 0.5).is_monotone(100)
    assert Requirement((size, spread), 0.0).is_monotone(100)
    assert Requirement((size, spread), 0.001).is_monotone(100)  # no record may go
