"""The guard beside published tables: no difference tells of a few, whatever records and tables are."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.microdata.guard import GroupSum, Narrow, TablesGuard
from iesiz.microdata.hierarchy import Hierarchy
from iesiz.microdata.margins import Cut, Told
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


LONE = 1
"""Withheld cells of a group below which the attacker below finds one, told their exact sum."""


def lone(sums: Sequence[GroupSum], withheld: Collection[str]) -> list[Narrow]:
    """An attacker who gets a cell that is alone in a sum of which he knows both ends."""
    return [
        Narrow(one.cut, place)
        for one in sums
        if one.least == one.most
        for hidden in [[place for place in one.places if place[0] in withheld]]
        if len(hidden) == LONE
        for place in hidden
    ]


@settings(max_examples=80, deadline=None)
@given(RECORDS, st.dictionaries(st.sampled_from("pqrs"), st.integers(1, 12)), st.integers(0, 3))
def test_differences_are_nobody_or_k_and_no_withheld_cell_is_told(
    rows: list[tuple[str, str, str]], withheld: dict[str, int], gone_since: int
) -> None:
    data = study(rows)
    total = {value: sum(row[0] == value for row in rows) for value in "pqrs"}
    told = {
        (value,): Told(max(0, total[value] - withheld[value]), 1)
        if value in withheld
        else Told(total[value] + gone_since, 0)
        for value in "pqrs"
    }
    for vector in itertools.product(range(2), range(2)):
        classes = data.data.roll_up(data.data.finest, vector)
        failing = classes.counts < K
        seen: list[Sequence[GroupSum]] = []

        def attack(sums: Sequence[GroupSum], seen: list[Sequence[GroupSum]] = seen) -> Sequence[Narrow]:
            seen.append(sums)
            return lone(sums, withheld)

        guard = TablesGuard(data.data, "", [Cut(("a",), told)], K, len(rows), attack)
        after = guard(vector, classes, failing)
        assert (after | failing == after).all()
        assert after.all() or lone(seen[-1], withheld) == []
        named = dict(zip("pqrs", LEVELS["a"].values(), strict=True)) if vector[0] else {}
        owner, _ = data.data.owners(data.data.finest, vector)
        gone = after[owner][data.data.combination_of]
        for groups in ("pqrs", *{named.get(value, value) for value in "pqrs"}):
            inside = [named.get(row[0], row[0]) == groups or groups == "pqrs" for row in rows]
            shown = sum(one and not lost for one, lost in zip(inside, gone, strict=True))
            lost = sum(inside) - shown
            mine = [value for value in "pqrs" if groups == "pqrs" or named.get(value, value) == groups]
            published = sum(told[value,].published for value in mine)
            assert shown == 0 or lost == 0 or lost >= K
            # Where nothing is withheld the difference is seen by everybody, accounts that went included.
            if shown and not set(mine) & set(withheld):
                assert published == shown or published - shown >= K


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
