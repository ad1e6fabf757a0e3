"""Bands of age for a column of birth dates, on the day of each row's registration.

Job: the same as ``persons.birth_band``, for a column. In: birth dates of any type and local days. Out: a
dictionary column of bands. Age on that day, so that a record does not change by being read later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.given import INVALID, NOT_GIVEN
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.persons import OLDEST, band_of_age, stated_date
from iesiz.deidentify.stated_texts import as_text, recoded

Int32 = npt.NDArray[np.int32]
LABELS = [*(band_of_age(age) for age in range(OLDEST + 1)), INVALID, NOT_GIVEN]
NO_AGE, NOTHING = OLDEST + 1, OLDEST + 2


def age_bands(column: pa.Array, days: Int32) -> pa.DictionaryArray:
    """The band of each row.

    Args:
        column: birth dates, as stated.
        days: local days of registration since 1970.
    """
    coded = column.dictionary_encode(null_encoding="encode")
    texts = as_text(coded.dictionary).to_pylist()
    born = _parts([stated_date(text) if text else None for text in texts])
    distinct, place = np.unique(days, return_inverse=True)
    today = _parts([date_of(int(day)) for day in distinct])
    then, now = born[coded.indices.to_numpy()], today[place]
    ages = now[:, 0] - then[:, 0] - (now[:, 1] < then[:, 1])
    ages = np.where((ages < 0) | (ages > OLDEST), NO_AGE, ages)
    empty = np.array([not (text or "").strip() for text in texts], np.bool_)[coded.indices.to_numpy()]
    numbers = pa.array(np.where(empty, NOTHING, ages).astype(np.int32))
    return recoded(pa.DictionaryArray.from_arrays(numbers, pa.array(range(len(LABELS)))), LABELS)


def _parts(dates: Sequence[dt.date | None]) -> Int32:
    """Year, and month and day as one number; a year that gives no age where there is no date."""
    parts = [(one.year, one.month * 100 + one.day) if one else (1 << 20, 0) for one in dates]
    return np.array(parts, np.int32).reshape(-1, 2)
