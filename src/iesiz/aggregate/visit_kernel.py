"""Compiled visits: the requests of a visitor, in their order, parted where nothing came for half an hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.aggregate.bound_kernel import PRIME
from iesiz.compiled import compiled, compiled_apart

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Column = npt.NDArray[np.signedinteger]
LANGUAGES = 16
"""More than there are languages; 0 is none."""

PAGEVIEW, REQUEST = 1 << 40, 1 << 20
"""What the language of a pageview's path, and of another path, weighs against one that a browser prefers."""

GAP = 1800
"""Seconds without a request after which the next one begins another visit."""


@compiled_apart
def put_visits_together(
    starts: Int64, is_person: Bools, second: Column, first: Int64, last: Int64, whose: Column, visit: Column
) -> int:
    """Part each person's requests into visits.

    Args:
        starts: where each visitor's requests begin, and the end of the last; by time within a visitor.
        is_person: whether a visitor counts.
        second: of each request.
        first, last, whose, visit: receive for each visit its first and last request, whose it is, and its
            number among that visitor's, from 1.

    Returns:
        Visits in all.
    """
    total = 0
    for visitor in range(is_person.size):
        if not is_person[visitor]:
            continue
        number = 0
        for at in range(starts[visitor], starts[visitor + 1]):
            if number == 0 or second[at] - second[at - 1] > GAP:
                number += 1
                first[total], whose[total], visit[total] = at, visitor, number
                total += 1
            last[total - 1] = at
    return total


@compiled
def came_from(begin: int, end: int, second: Column, is_view: Bools, referrer: Column) -> int:
    """The referrer of a visit's first request; of several in one second a pageview's, then the least."""
    found, from_view = referrer[begin], is_view[begin]
    for at in range(begin + 1, end):
        if second[at] != second[begin]:
            break
        if is_view[at] > from_view or (is_view[at] == from_view and referrer[at] < found):
            found, from_view = referrer[at], is_view[at]
    return int(found)


@compiled
def spoken_in(begin: int, end: int, is_view: Bools, spoken: npt.NDArray[np.uint8], weights: Int64) -> int:
    """The language of most pageviews, then of most requests, then most preferred; of equals the first."""
    weights[:] = 0
    for at in range(begin, end):
        weights[spoken[at] % LANGUAGES] += PAGEVIEW if is_view[at] else REQUEST
        weights[spoken[at] // LANGUAGES] += 1
    found = 0
    for language in range(1, LANGUAGES):
        if weights[language] > 0 and (found == 0 or weights[language] > weights[found]):
            found = language
    return found


@compiled_apart
def describe_visits(
    first: Int64,
    last: Int64,
    second: Column,
    is_view: Bools,
    referrer: Column,
    device: Column,
    hour: Column,
    spoken: npt.NDArray[np.uint8],
    weights: Int64,
    found: npt.NDArray[np.int32],
) -> None:
    """What each visit was like.

    Args:
        first, last: a visit's first and last request.
        second, is_view, referrer, device, hour, spoken: of each request.
        weights: shape (``LANGUAGES``,), overwritten.
        found: shape (5, visits), receives where it came from, the device, the hour, the pageviews and the
            language.
    """
    for visit in range(first.size):
        begin, end = first[visit], last[visit] + 1
        found[0, visit] = came_from(begin, end, second, is_view, referrer)
        least, early, views = device[begin], hour[begin], 0
        for at in range(begin, end):
            least, early = min(least, device[at]), min(early, hour[at])
            views += is_view[at]
        found[1, visit], found[2, visit], found[3, visit] = least, early, views
        found[4, visit] = spoken_in(begin, end, is_view, spoken, weights)


@compiled_apart
def count_some(whose: Column, referrer: npt.NDArray[np.int32], most: int, hits: Int64, keep: Bools) -> None:
    """Of each visitor at most so many visits of one referrer count, the first ones.

    Args:
        whose: each visit's visitor; the visits of one are together.
        referrer: each visit's.
        most: how many count.
        hits: zeros, one a referrer; zeros again afterwards.
        keep: receives whether a visit counts.
    """
    begin = 0
    for visit in range(whose.size):
        hits[referrer[visit]] += 1
        keep[visit] = hits[referrer[visit]] <= most
        if visit + 1 == whose.size or whose[visit + 1] != whose[visit]:
            for at in range(begin, visit + 1):
                hits[referrer[at]] = 0
            begin = visit + 1


@compiled_apart
def draw_one(whose: Column, number: Column, draws: UInt64, keep: Bools, drawn: Bools) -> None:
    """Of each visitor's visits that count draw one.

    Args:
        whose: each visit's visitor; the visits of one are together.
        number: each visit's among its visitor's, from 1.
        draws: each visitor's half of the day's draws.
        keep: whether a visit counts.
        drawn: receives whether it is drawn: that of the least draw times number modulo ``PRIME``.
    """
    chosen, least = -1, np.uint64(0)
    for visit in range(whose.size):
        drawn[visit] = False
        if visit == 0 or whose[visit] != whose[visit - 1]:
            chosen = -1
        if keep[visit]:
            draw = draws[whose[visit]] * np.uint64(number[visit]) % PRIME
            if chosen < 0 or draw < least:
                if chosen >= 0:
                    drawn[chosen] = False
                drawn[visit], chosen, least = True, visit, draw
