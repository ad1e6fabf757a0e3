"""One visitor's way through a site, request by request.

In: a site, a visitor, a start. Out: requests in order of time.
"""

from datetime import datetime, timedelta
from random import Random

from generator.model import Request, Site
from generator.visitors import Visitor


class Walk:
    """One visit: each request is put down and moves the clock on."""

    def __init__(self, site: Site, visitor: Visitor, start: datetime, referrer: str, rng: Random) -> None:
        """Begin at `start`, coming from `referrer`."""
        self.requests: list[Request] = []
        self.rng = rng
        self.clock = start
        self._site = site
        self._visitor = visitor
        self._referrer = referrer
        self._protocol = "HTTP/1.1" if rng.random() < 0.35 else "HTTP/2.0"
        self._forwarded = _forwarded(visitor, rng) if site.log_format == "combined_forwarded" else "-"

    def ask(
        self, target: str, status: int = 200, *, method: str = "GET", port: int = 443, user: str = "-"
    ) -> None:
        """Send one request; it takes up to two seconds."""
        self.requests.append(
            Request(
                at=self.clock,
                host=self._site.host,
                address=self._visitor.address,
                request=f"{method} {target} {'HTTP/1.1' if port == 80 else self._protocol}",
                status=status,
                size=_size(target, status, self.rng),
                referrer=self._referrer,
                agent=self._visitor.person.agent,
                user=user,
                port=port,
                forwarded=self._forwarded,
            )
        )
        self.clock += timedelta(seconds=self.rng.uniform(0, 2))

    def page(self, target: str, status: int = 200) -> None:
        """Ask for a page; what follows comes from there."""
        self.ask(target, status)
        self._referrer = f"https://{self._site.host}{target}"

    def read(self) -> None:
        """Look at the page for a while, seldom longer than a visit's pause may be."""
        self.clock += timedelta(seconds=4 + self.rng.expovariate(1 / 55))


def _forwarded(visitor: Visitor, rng: Random) -> str:
    return f"{visitor.address}, 192.0.2.{rng.randrange(1, 9)}" if rng.random() < 0.12 else "-"


def _size(target: str, status: int, rng: Random) -> int:
    if status == 304:
        return 0
    if status in (301, 302):
        return 162
    if status >= 400:
        return 548 + len(target)
    return int(rng.lognormvariate(9.6 if target.startswith("/static/") else 8.9, 0.7))
