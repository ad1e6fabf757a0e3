"""Columns of stated values, treated once a distinct value, and folded before so that there are few of those.

Job: a column to classes. In: an Arrow column of any type, identified. Out: a dictionary column of classes. A
fold keeps what its treatment looks at: the class of a folded value is that of the value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Fold = Callable[[pa.Array], pa.Array]

_HEAD, _TAIL = r"^\+?[78][ (-]{0,2}", r"[ )-]{0,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}$"
ORDINARY_NUMBERS = {
    "+77010000000": f"{_HEAD}7(?:0[0-25-8]|47|6[0-4]|7[15-8]|85){_TAIL}",
    "+77270000000": f"{_HEAD}(?:7(?:[12][0-9]|51)|80[089]){_TAIL}",
}
"""A Kazakh mobile and a Kazakh fixed number, each with the spellings that it can stand for."""


def as_text(column: pa.Array) -> pa.Array:
    """A column as text; nothing in it raises."""
    try:
        return column if pa.types.is_string(column.type) else column.cast(pa.string())
    except pa.ArrowException:
        return pa.array([_written(value) for value in column.to_pylist()], pa.string())


def _written(value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, default=str)


def classes(column: pa.Array, treat: Callable[[str | None], str], fold: Fold | None = None) -> pa.Array:
    """A dictionary column with the class of each value."""
    texts = as_text(column)
    coded = (fold(texts) if fold else texts).dictionary_encode(null_encoding="encode")
    return recoded(coded, [treat(value) for value in coded.dictionary.to_pylist()])


def recoded(coded: pa.DictionaryArray, labels: list[str]) -> pa.DictionaryArray:
    """A dictionary column with a label for each distinct value, each label once."""
    known = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    numbers = pa.array([known[label] for label in labels], pa.int32())
    return pa.DictionaryArray.from_arrays(numbers.take(coded.indices), pa.array(list(known), pa.string()))


def fold_mail(column: pa.Array) -> pa.Array:
    """One letter for an ordinary local part: the provider stands behind the sign."""
    return pc.replace_substring_regex(column, r"^[A-Za-z0-9._%+-]{1,64}@", "a@")


def fold_phone(column: pa.Array) -> pa.Array:
    """One number for all Kazakh mobiles in an ordinary spelling, one for all fixed ones; most are."""
    for number, spelling in ORDINARY_NUMBERS.items():
        column = pc.if_else(pc.match_substring_regex(column, spelling), number, column)
    return column


def fold_given(column: pa.Array) -> pa.Array:
    """One letter for any text that is seen."""
    return pc.if_else(pc.match_substring_regex(column, "[!-~]"), "x", column)


FOLDS: dict[str, Fold] = {
    "mail_provider": fold_mail,
    "phone_class": fold_phone,
    "given": fold_given,
}
