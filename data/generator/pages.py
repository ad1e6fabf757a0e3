"""The addresses of a site's pages, filled in.

In: content.toml. Out: targets of requests (path and query), percent-encoded as browsers send them.
"""

from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus

from generator import identifiers
from generator.model import SITES, Site, load


@dataclass(frozen=True)
class Arrival:
    """Where a visit comes from, and what the campaign puts behind the first address."""

    referrer: str
    mark: str


class Pages:
    """The page tree of one site."""

    def __init__(self, site: Site) -> None:
        """Read what the site's kind serves."""
        content: dict[str, Any] = load("content.toml")
        self._pages: list[dict[str, Any]] = content[site.kind]
        self._lists: dict[str, list[str]] = content["lists"]
        self._queries: dict[str, list[str]] = content["queries"]
        self._arrivals: list[dict[str, Any]] = content["arrival"]
        self._siblings = [other.host for other in SITES if other is not site]
        self.dead: list[str] = content["dead"][site.kind]
        self.failing: str = content["failing"][site.kind]

    def entry(self, language: str, rng: Random) -> str:
        """The first page of a visit."""
        return self._draw("entry", language, rng)

    def next(self, language: str, rng: Random) -> str:
        """A further page of a visit."""
        return self._draw("weight", language, rng)

    def asset(self, rng: Random) -> str:
        """A style sheet, script, picture or font."""
        return rng.choice(self._lists["asset"])

    def probe(self, rng: Random) -> str:
        """An address at which other programs have weak points."""
        return rng.choice(self._lists["probe"])

    def arrival(self, language: str, rng: Random) -> Arrival:
        """Where a visit comes from."""
        kind = rng.choices(self._arrivals, [arrival["weight"] for arrival in self._arrivals])[0]
        url = rng.choice(kind["urls"]).replace("{sibling}", rng.choice(self._siblings))
        return Arrival(url.replace("{query}", self._query(language, rng)), kind.get("mark", ""))

    def personal(self, language: str, rng: Random) -> str:
        """An address with something personal in it, as careless sites make them."""
        mail = identifiers.mail("dana", rng)
        return rng.choice(
            (
                f"/{language}/unsubscribe/{mail}",
                f"/{language}/unsubscribe/{quote(mail, safe='')}",
                f"/{language}/account?email={quote_plus(mail)}",
                f"/{language}/account?phone={quote_plus(identifiers.phone(rng))}",
                f"/{language}/reset?token={identifiers.token(rng)}",
            )
        )

    def _draw(self, weights: str, language: str, rng: Random) -> str:
        page = rng.choices(self._pages, [page[weights] for page in self._pages])[0]
        path: str = page["path"].replace("{lang}", language)
        for name in ("shop", "offer", "article"):
            path = path.replace(f"{{{name}}}", rng.choice(self._lists[name]))
        return path.replace("{query}", self._query(language, rng))

    def _query(self, language: str, rng: Random) -> str:
        return quote_plus(rng.choice(self._queries[language]))
