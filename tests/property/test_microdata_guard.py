"""The guard beside published tables: no difference tells of a few, whatever records and tables are."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.microdata.guard import LEAST_CELLS, Cut, TablesGuard, Told
from iesiz.microdata.hierarchy import Hierarchy
from iesiz.microdata.models import DailyContributors, KAnonymity, Requirement
from iesiz.microdata.records import Records
from iesiz.microdata.release import kept_rows
from iesiz.microdata.study import Study, generalise, study_of

K = 3
LEVELS = {"a": {"p": "pq", "q": "pq", "r": "rs", "s": "rs"}, "b": {"x": "*", "y": "*", "z": "*"}}
RECORDS = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from("xyz"), st.sampled_from("123")),
    min_size=1,
    max_size=60,
)


def hierarchy(column: str) -> Hierarchy:
    values = tuple(LEVELS[column])
    upper = tuple(dict.fromkeys(LEVELS[column].values()))
    top = [upper.index(one) for one in LEVELS[column].values()]
    codes = (np.arange(len(values), dtype=np.int32), np.array(top, np.int32))
    return Hierarchy(column, "", (values, upper), codes)


def study(rows: list[tuple[str, str, str]]) -> Study:
    table = pa.table([list(column) for column in zip(*rows, strict=True)], names=["a", "b", "day"])
    return study_of(Records(Path("records"), ",", table), [hierarchy("a"), hierarchy("b")], "day")


@settings(max_examples=80, deadline=None)
@given(RECORDS, st.dictionaries(st.sampled_from("pqrs"), st.integers(0, 12)), st.integers(0, 12))
def test_differences_are_nobody_or_k_and_no_withheld_cell_is_told(
    rows: list[tuple[str, str, str]], withheld: dict[str, int], cells: int
) -> None:
    data = study(rows)
    total = {value: sum(row[0] == value for row in rows) for value in "pqrs"}
    told = {
        (value,): Told(max(0, total[value] - withheld.get(value, 0)), cells if value in withheld else 0)
        for value in "pqrs"
    }
    cut = Cut(("a",), told)
    for vector in itertools.product(range(2), range(2)):
        classes = data.data.roll_up(data.data.finest, vector)
        failing = classes.counts < K
        after = TablesGuard(data.data, "", [cut], K, len(rows))(vector, classes, failing)
        assert (after | failing == after).all()
        named = dict(zip("pqrs", LEVELS["a"].values(), strict=True)) if vector[0] else {}
        owner, _ = data.data.owners(data.data.finest, vector)
        gone = after[owner][data.data.combination_of]
        for groups in ("pqrs", *{named.get(value, value) for value in "pqrs"}):
            inside = [named.get(row[0], row[0]) == groups or groups == "pqrs" for row in rows]
            shown = sum(one and not lost for one, lost in zip(inside, gone, strict=True))
            lost = sum(inside) - shown
            mine = [told[value,] for value in "pqrs" if groups == "pqrs" or named.get(value, value) == groups]
            published, hidden = sum(one.published for one in mine), sum(one.withheld for one in mine)
            is_sum = hidden >= LEAST_CELLS and sum(inside) - published >= 2 * K
            assert shown == 0 or lost == 0 or lost >= K
            assert shown <= published or is_sum


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_classes_of_visits_have_k_contributors_on_one_day(rows: list[tuple[str, str, str]]) -> None:
    data = study(rows)
    requirement = Requirement((DailyContributors(K),), 1.0)
    found = generalise(data, requirement, "entropy")
    kept = [rows[number] for number in kept_rows(data.data, found.optimum)]
    named = [LEVELS[name] if level else {} for name, level in zip("ab", found.optimum.levels, strict=True)]
    shown = [(named[0].get(a, a), named[1].get(b, b), day) for a, b, day in kept]
    for a, b in {row[:2] for row in shown}:
        assert max(sum(row == (a, b, day) for row in shown) for day in "123") >= K


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.tuples(st.integers(0, 1), st.integers(0, 1)))
def test_a_scheme_that_was_frozen_is_taken_or_a_coarser_one(
    rows: list[tuple[str, str, str]], least: tuple[int, int]
) -> None:
    data = study(rows)
    requirement = Requirement((KAnonymity(1),), 0.0)
    assert generalise(data, requirement, "entropy", None, least).optimum.levels == least
