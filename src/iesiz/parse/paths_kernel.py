"""Compiled lookup of values by their path: hashes of paths, and where the values stand that are asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled
from iesiz.parse.layout_kernel import LITERAL, Program

Int64 = npt.NDArray[np.int64]
PLACES = 256
ROOT = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER = np.uint64(0xFF51AFD7ED558CCD)


@compiled
def item_path(parent: np.uint64, index: int) -> np.uint64:
    """Hash of the path of an array's item."""
    return (parent ^ np.uint64(index + 1)) * _MULTIPLIER


@compiled
def note(program: Program, places: Int64, spans: Int64, path: np.uint64, start: int, end: int) -> bool:
    """Keep where a value stands, if its path is asked for; False if it stands there for the second time."""
    place = path & np.uint64(PLACES - 1)
    while places[place] >= 0:
        slot = places[place]
        if program[slot, LITERAL] == path:
            again = spans[2 * slot] >= 0
            spans[2 * slot], spans[2 * slot + 1] = start, end
            return not again
        place = (place + np.uint64(1)) & np.uint64(PLACES - 1)
    return True


@compiled
def is_asked(program: Program, places: Int64, path: np.uint64) -> bool:
    """Whether a path, or one that begins with it, is asked for."""
    place = path & np.uint64(PLACES - 1)
    while places[place] >= 0:
        if program[places[place], LITERAL] == path:
            return True
        place = (place + np.uint64(1)) & np.uint64(PLACES - 1)
    return False
