"""What no person does in a day: constants by which a visitor-day whose agent is a browser's is a robot's.

Each is chosen to spare people: many of one carrier may share an address and an agent, and a browser keeps
assets from earlier pages. Where others ask for an asset on one page in four, 20 pages without one happen to
three people in a thousand who see as many. Without agents in the log robots are unknown, and nothing applies.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Lower bounds of what a robot does.

    Attributes:
        robots_requests: requests for ``/robots.txt``.
        minute_pages: requests for pages, whatever their status, in one minute of the clock.
        bare_pages: requests for pages by a visitor who asked for no asset.
        asset_share: assets for each page that the other visitors of the site ask for; below it the site's log
            leaves assets out, and that somebody asked for none says nothing.
    """

    robots_requests: int = 1
    minute_pages: int = 60
    bare_pages: int = 20
    asset_share: float = 0.25


BEHAVIOUR = Behaviour()
EACH_ALONE = Behaviour(bare_pages=1 << 40)
"""Where noise protects single visitors: none is a robot by what the others of its site did."""
