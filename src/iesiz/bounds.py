"""How much one visitor may add to the statistics of a day: constants of the release plan's edition.

Bounded once, on the relation that linked tables share, since tables bounded apart contradict each other:
requests (by status and hour; failed ones by page), pageviews (by page and by site), visits.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds of a visitor-day's contribution.

    Attributes:
        cells: L0, cells of a relation that a visitor may contribute to: (hour, class of status) of
            requests, routes of pageviews.
        request_hits: Linf of requests, assets included, in one cell.
        pageview_hits: Linf of pageviews in one cell.
        visit_hits: Linf of visits with one referrer.
        bytes: bytes that count for one request.
        seconds: seconds that count for one visit.
        week_hits: days of a week on which a visitor can be seen.
        month_hits: the same of a month.
    """

    cells: int = 10
    request_hits: int = 50
    pageview_hits: int = 20
    visit_hits: int = 20
    bytes: int = 10_000_000
    seconds: int = 14_400
    week_hits: int = 7
    month_hits: int = 31


BOUNDS = Bounds()
