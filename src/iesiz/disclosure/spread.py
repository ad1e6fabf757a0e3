"""Many intervals shown wide enough by a few solutions, where one after the other takes two for each.

A table that is possible shows something of every withheld number. One linear program asks for a possible
table in which many numbers lie as far up as they need, and one for as far down; each of them is held at its
need, lest one takes what all could have. Numbers that have room both ways are moved by halves, since what
adds up to a published sum cannot all move one way.

In: a block, the widths asked for. Out: nothing; the block has seen more. Must not say of any number that it
can go no further: that is for `Block.push`.
"""

from __future__ import annotations

import numpy as np

from iesiz.disclosure.block import Block
from iesiz.disclosure.sparse import Floats, Ints

MANY = 8  # with fewer, one after the other is as quick
NONE = np.zeros(0, dtype=np.int64)


def spread(block: Block, needs: Floats) -> None:
    """Widen what is seen of a block's parts until less than half of what is narrow can be widened at once.

    Args:
        block: nothing may be told to it for a while.
        needs: the width asked of each part, shape (parts,); nothing is done for an infinite one.

    Raises:
        PrivacyRefusal: the solver proved no optimum.
    """
    narrow = _narrow(block, needs)
    if len(narrow) < MANY:
        return
    block.model.aim(NONE, np.zeros(0))
    at = block.look(up=True).point
    while len(narrow) >= MANY:
        before = len(narrow)
        for up in (True, False):
            if len(narrow):
                at = _stretch(block, narrow, needs[narrow], at, up)
                narrow = _narrow(block, needs)
        if 2 * len(narrow) > before:
            break


def _narrow(block: Block, needs: Floats) -> Ints:
    """Parts of one variable that have not been seen as wide as asked, one for each variable, ascending."""
    parts, single = block.parts, block.parts.sizes == 1
    single[single] = parts.data[parts.indptr[:-1][single]] == 1.0
    with np.errstate(invalid="ignore"):  # what nobody has looked for is infinite
        wide = (block.hi - block.lo >= needs) | ~np.isfinite(needs) | (block.low & block.high)
    narrow = np.flatnonzero(single & ~wide)
    first = np.unique(parts.indices[parts.indptr[narrow]], return_index=True)[1]
    return narrow[np.sort(first)]


def _stretch(block: Block, parts: Ints, needs: Floats, at: Floats, up: bool) -> Floats:
    """Look for a table with these parts as far as needed, starting from one; the table found."""
    columns = block.parts.indices[block.parts.indptr[parts]]
    room = at[columns] - block.bounds[0][columns] if up else block.bounds[1][columns] - at[columns]
    chosen = (room < needs) | (np.arange(len(parts)) % 2 == int(up))
    parts, needs, columns = parts[chosen], needs[chosen], columns[chosen]
    lower, upper = block.bounds[0][columns], block.bounds[1][columns]
    if up:
        ends = lower, np.maximum(at[columns], np.minimum(upper, block.lo[parts] + needs))
    else:
        ends = np.minimum(at[columns], np.maximum(lower, block.hi[parts] - needs)), upper
    try:
        for column, lowest, highest in zip(columns, *ends, strict=True):
            block.model.bound(int(column), float(lowest), float(highest))
        block.model.aim(columns, np.ones(len(columns)))
        return block.look(up).point
    finally:
        for column, lowest, highest in zip(columns, lower, upper, strict=True):
            block.model.bound(int(column), float(lowest), float(highest))
