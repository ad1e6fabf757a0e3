"""Compiled habits: what each visitor asked for, in numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.aggregate.visit_kernel import LANGUAGES
from iesiz.compiled import compiled_apart

COUNTS, PAGE, ASSET, FOR_ROBOTS, VIEW = 1, 2, 4, 8, 16
"""Bits of a request's kind: by no robot's agent; for a page, an asset, /robots.txt; a pageview."""

PAGES, ASSETS, ROBOTS_FILES, VIEWS, TIMED, PREFERRING, BUSIEST = range(7)
HABITS = 7


@compiled_apart
def count_habits(
    starts: npt.NDArray[np.int64],
    second: npt.NDArray[np.int32],
    duration: npt.NDArray[np.int64],
    kind: npt.NDArray[np.uint8],
    spoken: npt.NDArray[np.uint8],
    found: npt.NDArray[np.int64],
) -> None:
    """Count what each visitor asked for, pageviews, what was timed, and what came with a preferred language.

    Args:
        starts: where each visitor's requests begin, and the end of the last; by time within a visitor.
        second: from the begin of a minute.
        duration: -1 where the log does not tell.
        kind: what each request is, as bits.
        spoken: the language of its path, and times ``LANGUAGES`` the preferred one.
        found: shape (visitors, ``HABITS``), zeros; receives the counts, and the most pages in one minute of
            the clock.
    """
    for visitor in range(found.shape[0]):
        minute, hits = -1, 0
        for at in range(starts[visitor], starts[visitor + 1]):
            found[visitor, ASSETS] += kind[at] & ASSET != 0
            found[visitor, ROBOTS_FILES] += kind[at] & FOR_ROBOTS != 0
            found[visitor, VIEWS] += kind[at] & VIEW != 0
            found[visitor, TIMED] += duration[at] >= 0
            found[visitor, PREFERRING] += spoken[at] >= LANGUAGES
            if kind[at] & PAGE:
                found[visitor, PAGES] += 1
                hits = hits + 1 if second[at] // 60 == minute else 1
                minute = second[at] // 60
                found[visitor, BUSIEST] = max(found[visitor, BUSIEST], hits)
