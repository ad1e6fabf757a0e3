"""Columns of stated values, treated once a distinct value, and folded before so that there are few of those.

Job: a column to classes. In: an Arrow column of any type, identified. Out: a dictionary column of classes. A
fold keeps what its treatment looks at: the class of a folded value is that of the value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.bytes_kernel import SEED, Bytes
from iesiz.code_kernel import code_texts
from iesiz.deidentify.stated_kernel import AS_IT_IS, GIVEN, MAIL, NUMBER, fold_texts

FOLDS = {"mail_provider": MAIL, "phone_class": NUMBER, "given": GIVEN}
"""How the values of a treatment are folded; those of others stay as they are."""

READ_BEHIND = 8
"""Bytes behind the last text, so that the compiled code reads whole words."""

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


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


def classes(column: pa.Array, treat: Callable[[str | None], str], fold: int = AS_IT_IS) -> pa.Array:
    """A dictionary column with the class of each value; a class may stand in the dictionary more than once.

    Args:
        column: values as stated.
        treat: the class of one value.
        fold: what of a value decides its class, one of ``stated_kernel``'s kinds.
    """
    buffer, starts, lengths = _places(as_text(column))
    fold_texts(fold, buffer, starts, lengths)
    firsts, codes = np.empty(len(starts), np.int32), np.empty(len(starts), np.int32)
    table = np.full(1 << (2 * len(starts)).bit_length(), -1, np.int32)
    hashes = np.empty(len(starts), np.uint64)
    count = code_texts(buffer, starts, lengths, SEED, table, hashes, firsts, codes)
    distinct = [_read(buffer, int(starts[row]), int(lengths[row])) for row in firsts[:count]]
    labels = pa.array([treat(value) for value in distinct], pa.string())
    return pa.DictionaryArray.from_arrays(codes, labels, safe=False)


def _places(texts: pa.Array) -> tuple[Bytes, Int64, Int64]:
    """A copy of the texts' bytes, where each begins, and how long it is; -1 where there is none."""
    if not len(texts):
        return np.zeros(READ_BEHIND, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, held, data = texts.buffers()
    ends = np.frombuffer(held, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    buffer = np.empty(ends[-1] - ends[0] + READ_BEHIND, np.uint8)
    buffer[:-READ_BEHIND] = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    lengths = np.diff(ends)
    if texts.null_count:
        lengths[texts.is_null().to_numpy(zero_copy_only=False)] = -1
    return buffer, ends[:-1] - ends[0], lengths


def _read(buffer: Bytes, start: int, length: int) -> str | None:
    return None if length < 0 else buffer[start : start + length].tobytes().decode()
