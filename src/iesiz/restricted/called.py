"""What the visitors of a day are called within its week and month, as the maps beside its parts say.

In: day pseudonyms, and the maps. Out: a pseudonym of each for each grain. It must not hold a map whole: a
visitor stands in one as often as it was met, so they are read in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iesiz.periods import Grain
from iesiz.restricted.visitor_maps import VISITOR, map_of
from iesiz.settings import Settings
from iesiz.storage import outside

BYTES = 16
AT_ONCE = 1 << 17  # rows of a map
Places = npt.NDArray[np.int64]
Names = npt.NDArray[np.uint64]
"""Pseudonyms as two numbers each, shape (2, pseudonyms); these are in the order of their bytes."""


def read_called(
    settings: Settings, parts: Sequence[Path], visitors: pa.ChunkedArray, grains: Sequence[Grain]
) -> Mapping[Grain, Names | None]:
    """What visitors of a site's day are called, in the order given; None where one of them is called nothing.

    Args:
        settings: where the store is.
        parts: of the site and day.
        visitors: day pseudonyms, each once.
        grains: of the periods.

    Raises:
        OutsideError: a map cannot be read.
    """
    paths = [map_of(settings, part) for part in parts]
    if not paths or not all(path.exists() for path in paths):
        return dict.fromkeys(grains)
    asked = np.concatenate([np.zeros((2, 0), np.uint64), *map(names_of, visitors.chunks)], axis=1)
    order = places_in_order(asked)
    known, called = asked[:, order], {grain: np.zeros_like(asked) for grain in grains}
    missing = {grain: np.ones(len(order), np.bool_) for grain in grains}
    for batch in _batches(paths):
        rows, found = _found(names_of(batch[VISITOR]), known)
        for grain in grains:
            column = batch[grain.value]
            has = column.is_valid().to_numpy(zero_copy_only=False)[rows]
            places = order[found[has]]
            called[grain][:, places] = names_of(column)[:, rows[has]]
            missing[grain][places] = False
    return {grain: None if missing[grain].any() else called[grain] for grain in grains}


def names_of(pseudonyms: pa.Array) -> Names:
    """Pseudonyms of 16 bytes as numbers; of one that is null, whatever stands there."""
    fixed = pc.cast(pseudonyms, pa.binary(BYTES))
    values = np.frombuffer(fixed.buffers()[1] or b"", ">u8").reshape(-1, 2)
    return np.ascontiguousarray(values[fixed.offset : fixed.offset + len(fixed)].T, np.uint64)


def pseudonyms_of(names: Names) -> pa.Array:
    """What ``names_of`` was made of."""
    values = np.ascontiguousarray(names.T, ">u8")
    return pa.Array.from_buffers(pa.binary(BYTES), len(values), [None, pa.py_buffer(values)])


def places_in_order(names: Names) -> Places:
    """The places of pseudonyms in the order of their bytes."""
    order = np.argsort(names[0])
    first = names[0, order]
    return np.lexsort(names[::-1]) if (first[1:] == first[:-1]).any() else order


def _batches(paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    with outside(paths[0]):
        for path in paths:
            yield from pq.ParquetFile(path).iter_batches(AT_ONCE)


def _found(names: Names, known: Names) -> tuple[Places, Places]:
    """Which names are known, and where each of these stands among those known, which are in order."""
    found = np.full(names.shape[1], -1)
    rows, at = np.arange(names.shape[1]), np.searchsorted(known[0], names[0])
    while len(rows):
        is_near = at < known.shape[1]
        is_near[is_near] = known[0, at[is_near]] == names[0, rows[is_near]]
        rows, at = rows[is_near], at[is_near]
        is_it = known[1, at] == names[1, rows]
        found[rows[is_it]] = at[is_it]
        rows, at = rows[~is_it], at[~is_it] + 1
    there = np.flatnonzero(found >= 0)
    return there, found[there]
