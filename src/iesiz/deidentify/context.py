"""What the treatments of one file need: settings of its site, keys, and memory of distinct values met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial

from iesiz.deidentify.agents import classify_agent
from iesiz.deidentify.assets import join_asset, split_asset
from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.labels import Labels
from iesiz.deidentify.languages import language_of_path, preferred_language
from iesiz.deidentify.met_visitors import MetVisitors
from iesiz.deidentify.proxies import Proxies
from iesiz.deidentify.referrers import classify_referrer
from iesiz.deidentify.routes import OwnRoutes, Resource, resource_of, route_of
from iesiz.deidentify.visitors import Visitors
from iesiz.languages import UNKNOWN
from iesiz.periods import Period
from iesiz.policy import Registry

FOLDERS = 1 << 16  # folders of assets whose routes are remembered
MOST_AGENTS = 1 << 20  # that are remembered; to class one again takes as long as a hundred lines
CAMPAIGN = "utm_source=x"
ROBOT, PERSON = "robot", "person"


class Fate(StrEnum):
    """What is to become of the lines of a local day.

    Those of a published day are late. ASIDE, as long as its keys are there: treated like others and laid
    aside, for a revision.
    """

    OPEN = "open"
    LATE = "late"
    ASIDE = "aside"
    NO_EDITION = "no_edition"


@dataclass(frozen=True)
class Context:
    """What the treatments of one file need.

    Attributes:
        zone: the site's time zone.
        hosts: the site's host names, in small letters.
        own_hosts: all host names of the network.
        fate: what is to become of the lines of a day.
        is_period_open: whether a week or month can still take visitors in.
        clock: zone of times that name none, where the log's settings say it.
        proxies: who is trusted to say where a request came from; None: the peer is the client.
        languages: codes of languages with which the site's paths begin; none if they do not tell.
    """

    site: str
    zone: str
    hosts: frozenset[str]
    own_hosts: frozenset[str]
    routes: OwnRoutes
    registry: Registry
    keys: KeyRing
    fate: Callable[[dt.date], Fate]
    is_period_open: Callable[[Period], bool]
    clock: str | None = None
    proxies: Proxies | None = None
    languages: frozenset[str] = frozenset()
    visitors: Visitors = field(init=False)
    paths: Labels = field(init=False)
    referrers: Labels = field(init=False)
    agents: Labels = field(init=False)
    preferences: Labels = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing remembered."""
        object.__setattr__(
            self,
            "visitors",
            Visitors(self.site, self.keys, MetVisitors(self.site, self.keys, self.is_period_open)),
        )
        # None of these holds the context, so that what they remember goes with it at once.
        folder = lru_cache(FOLDERS)(partial(route_of, own=self.routes))
        path = partial(_path, routes=self.routes, languages=self.languages, folder=folder)
        object.__setattr__(self, "paths", Labels(path, 3))
        object.__setattr__(self, "referrers", Labels(partial(_referrer, own_hosts=self.own_hosts), 4))
        object.__setattr__(self, "agents", Labels(_agent, 4, MOST_AGENTS))
        object.__setattr__(self, "preferences", Labels(_preference, 1))

    @property
    def routes_have_numbers(self) -> bool:
        """Whether an own route holds a digit, so that numbers in paths matter."""
        return any(character.isdigit() for template in self.routes.templates for character in template)


def _path(
    path: bytes, routes: OwnRoutes, languages: frozenset[str], folder: Callable[[str], str]
) -> tuple[str, str, str]:
    """Route, resource and language."""
    text = text_of(path)
    resource = resource_of(text)
    language = language_of_path(text, languages) if languages else UNKNOWN
    if resource != Resource.ASSET:
        return route_of(text, routes), resource, language
    place, name = split_asset(text)
    return join_asset(folder(place), name), resource, language


def _referrer(value: bytes, own_hosts: frozenset[str]) -> tuple[str, ...]:
    """Kind and source where the request's query names no campaign, then both where it does."""
    text = text_of(value)
    found = [classify_referrer(text, query, own_hosts) for query in (None, CAMPAIGN)]
    return tuple(label for one in found for label in (one.kind, one.source))


def _agent(value: bytes) -> tuple[str, str, str, str]:
    """Device, system, browser and whether it is a robot."""
    one = classify_agent(text_of(value))
    return one.device, one.system, one.browser, ROBOT if one.is_robot else PERSON


def _preference(value: bytes) -> tuple[str]:
    """The language that a browser prefers."""
    return (preferred_language(text_of(value)),)


def text_of(value: bytes) -> str:
    """A logged value as text; bytes that are no UTF-8 are written as escapes."""
    return value.decode("utf-8", "backslashreplace")
