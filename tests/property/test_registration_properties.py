"""What holds of the treatment of columns for any text, and of the merging of the mirror for any rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.deidentify import persons
from iesiz.deidentify.age_bands import age_bands
from iesiz.deidentify.registrations import SIMPLE
from iesiz.deidentify.stated_kernel import AS_IT_IS
from iesiz.deidentify.stated_texts import FOLDS, classes
from iesiz.restricted.mirror_merge import merge
from iesiz.restricted.mirror_records import Shape, Stored

pieces = st.sampled_from(
    [
        *(
            "+7",
            "8",
            "7",
            "00",
            "810",
            "701",
            "7272",
            "727",
            "9",
            "0",
            "1",
            "234",
            "56",
            " ",
            "-",
            "(",
            ")",
            "+",
        ),
        *(
            "a",
            "ä",
            "@",
            "@@",
            ".",
            "gmail.com",
            "mail.ru",
            "_",
            "%",
            "x@",
            ",",
            "é",
            "\u00a0",
            "\n",
            "\u0000",
        ),
    ]
)
texts = st.lists(pieces, max_size=10).map("".join) | st.text(max_size=20)
numbers = st.from_regex(
    r"\+?[0-9]{0,3}[ (-]{0,2}[0-9]{3}[ )-]{0,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\n?", fullmatch=True
)
days = st.dates(dt.date(1880, 1, 1), dt.date(2130, 1, 1))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.none() | texts | numbers, max_size=8))
def test_a_column_has_the_classes_of_its_values(stated: list[str | None]) -> None:
    column = pa.array(stated, pa.string())
    for treatment, treat in SIMPLE.items():
        assert classes(column, treat, FOLDS.get(treatment, AS_IT_IS)).to_pylist() == [
            treat(one) for one in stated
        ]


@pytest.mark.parametrize("kind", [pa.date32(), pa.string()])
def test_bands_of_a_column_are_those_of_its_values(kind: pa.DataType) -> None:
    @settings(deadline=None)
    @given(st.lists(st.tuples(st.none() | days, days), max_size=8))
    def hold(rows: list[tuple[dt.date | None, dt.date]]) -> None:
        stated = [None if born is None else born.isoformat() for born, _ in rows]
        column = pa.array([born for born, _ in rows], pa.date32()).cast(kind)
        today = np.array([(day - dt.date(1970, 1, 1)).days for _, day in rows], np.int32)
        expected = [persons.birth_band(text, day) for text, (_, day) in zip(stated, rows, strict=True)]
        assert age_bands(column, today).to_pylist() == expected

    hold()


Row = tuple[int, int, int]
"""Number of the person, version, number of the region."""
rows = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 9)), max_size=20)
SHAPE = Shape(("region",))


def stored(given_rows: list[Row]) -> Stored:
    made = np.zeros(len(given_rows), SHAPE.record)
    for row, (person, version, region) in enumerate(given_rows):
        # The first half of the pseudonym alone does not tell people apart.
        made[row] = (person // 2, person, version, row, version * 7 + person, 20_000, (0, 0, region))
    return made


def newest(given_rows: list[Row]) -> dict[int, Row]:
    best: dict[int, Row] = {}
    for one in given_rows:
        if one[0] not in best or one[1] >= best[one[0]][1]:
            best[one[0]] = one
    return best


def people(merged: Stored) -> dict[int, int]:
    found = {int(one["low"]): int(one["codes"][2]) for one in merged}
    assert len(found) == len(merged)
    return found


@given(rows, rows)
def test_all_rows_make_the_mirror_whatever_was_held(before: list[Row], now: list[Row]) -> None:
    held = merge(stored([]), stored(before), None).records
    merged = merge(held, stored(now), None)
    assert people(merged.records) == {person: row[2] for person, row in newest(now).items()}
    assert merged.removed == len(set(newest(before)) - set(newest(now)))
    assert sum(merged.came.values()) == len(set(newest(now)) - set(newest(before)))


@given(rows, rows, st.integers(0, 4))
def test_changes_make_the_mirror_of_all_rows_or_do_not_agree(
    before: list[Row], now: list[Row], since: int
) -> None:
    held = merge(stored([]), stored(before), None).records
    changed = [one for one in now if one[1] >= since]
    marks = stored(now)[["high", "low", "version", "row", "state"]]
    merged = merge(held, stored(changed), marks)
    expected = {person: row[2] for person, row in newest(now).items()}
    states = {int(one["low"]): int(one["state"]) for one in merged.records}
    right = {person: row[1] * 7 + person for person, row in newest(now).items()}
    assert merged.agrees == (states == right)
    assert set(people(merged.records)) <= set(expected)
    unchanged = {person: row for person, row in newest(before).items() if newest(now).get(person) == row}
    if merged.agrees and {**unchanged, **newest(changed)} == newest(now):
        assert people(merged.records) == expected
