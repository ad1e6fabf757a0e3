"""Compiled filling of rows: what a row group says in codes of its own, as the day's numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.aggregate.habit_kernel import COUNTS, PAGE, VIEW
from iesiz.compiled import compiled_apart

Codes = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]
Column = npt.NDArray[np.signedinteger]


@compiled_apart
def translate(codes: Codes, meaning: Codes, found: Column) -> None:
    """Give each row the meaning of its code."""
    for row in range(codes.size):
        found[row] = meaning[codes[row]]


@compiled_apart
def tell_kinds(
    is_robot: npt.NDArray[np.bool_],
    status: npt.NDArray[np.int16],
    resource: Codes,
    of_resource: Bits,
    route: Codes,
    of_route: Bits,
    method: Codes,
    is_get: Bits,
    found: Bits,
) -> None:
    """What each request is, as bits; a pageview is a GET of a page that succeeds.

    Args:
        is_robot, status: of each request.
        resource, route, method: of each request, as codes.
        of_resource, of_route: what each code is, as bits.
        is_get: 1 for the code of a GET, else 0.
        found: receives the bits.
    """
    for row in range(found.size):
        kind = of_resource[resource[row]] | of_route[route[row]]
        succeeds = (status[row] == 200) | (status[row] == 304)
        if succeeds and kind & PAGE and is_get[method[row]]:
            kind |= np.uint8(VIEW)
        if not is_robot[row]:
            kind |= np.uint8(COUNTS)
        found[row] = kind
