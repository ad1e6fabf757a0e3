"""Bands of age for a column of birth dates, on the day of each row's registration.

Job: the same as ``persons.birth_band``, for a column. In: birth dates of any type and local days. Out: a
dictionary column of bands. Age on that day, so that a record does not change by being read later.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from iesiz.deidentify.given import INVALID, NOT_GIVEN
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.persons import OLDEST, band_of_age, stated_date
from iesiz.deidentify.stated_texts import as_text
from iesiz.distinct import distinct_numbers

Int32 = npt.NDArray[np.int32]
LABELS = [*(band_of_age(age) for age in range(OLDEST + 1)), INVALID, NOT_GIVEN]
NO_AGE, NOTHING = OLDEST + 1, OLDEST + 2
NEVER, EMPTY = 1 << 20, -1


def age_bands(column: pa.Array, days: Int32) -> pa.DictionaryArray:
    """The band of each row; a band stands in the dictionary once for each of its ages.

    Args:
        column: birth dates, as stated.
        days: local days of registration since 1970.
    """
    then = _born(column)
    distinct, place = distinct_numbers(days)
    now = _columns([_parts(date_of(int(day))) for day in distinct])
    ages = now[0].take(place) - then[0] - (now[1].take(place) < then[1])
    ages[(ages < 0) | (ages > OLDEST)] = NO_AGE
    ages[then[1] == EMPTY] = NOTHING
    return pa.DictionaryArray.from_arrays(ages, pa.array(LABELS))


def _born(column: pa.Array) -> Int32:
    """For each row the year, and month and day as one number, shape (2, rows)."""
    if pa.types.is_date(column.type):
        day = pc.add(pc.multiply(pc.month(column), 100), pc.day(column))
        parts = (pc.year(column), pc.if_else(pc.is_valid(column), day, EMPTY))
        return np.stack([one.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int32) for one in parts])
    coded = as_text(column).dictionary_encode(null_encoding="encode")
    texts = coded.dictionary.to_pylist()
    known = [_parts(stated_date(text)) if text and text.strip() else (0, EMPTY) for text in texts]
    born: Int32 = _columns(known).take(coded.indices.to_numpy(), axis=1)
    return born


def _columns(parts: list[tuple[int, int]]) -> Int32:
    """Two numbers a row as two rows of numbers."""
    return np.array(parts, np.int32).reshape(-1, 2).T.copy()


def _parts(one: dt.date | None) -> tuple[int, int]:
    """Year, and month and day as one number; a year that gives no age where there is no date."""
    return (one.year, one.month * 100 + one.day) if one else (NEVER, 0)
