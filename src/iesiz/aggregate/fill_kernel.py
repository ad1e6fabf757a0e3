"""Compiled filling of rows: what a row group says in codes of its own, as the day's numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.aggregate.habit_kernel import COUNTS, PAGE, VIEW
from iesiz.compiled import compiled_apart

Codes = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]


@compiled_apart
def fill_numbers(
    second: npt.NDArray[np.int64],
    hour: npt.NDArray[np.int8],
    status: npt.NDArray[np.int16],
    size: npt.NDArray[np.int64],
    origin: int,
    longest: int,
    cap: int,
    rows: npt.NDArray[np.void],
) -> bool:
    """Write each request's numbers; whether all are a day's.

    Args:
        second, hour, status, size: of each request.
        origin: second from which the day's count.
        longest: seconds from the origin within which every local day ends.
        cap: bytes that count for one request.
        rows: receives ``second``, ``hour``, ``status_class`` and ``bytes``.
    """
    are_within = True
    for row in range(rows.size):
        since = second[row] - origin
        are_within &= (0 <= since < longest) & (0 <= hour[row] < 24) & (0 <= status[row] < 1000)
        rows[row]["second"], rows[row]["hour"] = since, hour[row]
        rows[row]["status_class"], rows[row]["bytes"] = status[row] // 100, min(size[row], cap)
    return are_within


@compiled_apart
def tell_visitors(
    whose: Codes,
    network: Codes,
    is_robot: npt.NDArray[np.bool_],
    words: tuple[Codes, ...],
    meanings: tuple[Codes, ...],
    network_of: Codes,
    of_agent: Codes,
) -> None:
    """Note the network of each visitor, and the agent's words of those who are no robots.

    Args:
        whose, network, is_robot: of each request.
        words: of each request, one column a word of the agent, as codes.
        meanings: of the codes of each column.
        network_of: receives each visitor's network.
        of_agent: shape (words, visitors), receives the meanings.
    """
    for row in range(whose.size):
        network_of[whose[row]] = network[row]
    for at in range(len(words)):
        for row in range(whose.size):
            if not is_robot[row]:
                of_agent[at, whose[row]] = meanings[at][words[at][row]]


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
