"""What the treatments of one file need: settings of its site, keys, and memory of distinct values met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from iesiz.deidentify.agents import Agent, classify_agent
from iesiz.deidentify.assets import join_asset, split_asset
from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.memory import Memory
from iesiz.deidentify.routes import OwnRoutes, Resource, resource_of, route_of
from iesiz.deidentify.visitors import Visitors
from iesiz.policy import Registry


class Fate(StrEnum):
    """What is to become of the lines of a local day."""

    OPEN = "open"
    LATE = "late"
    NO_EDITION = "no_edition"


@dataclass(frozen=True)
class Context:
    """What the treatments of one file need.

    Attributes:
        zone: the site's time zone.
        hosts: the site's host names, in small letters.
        own_hosts: all host names of the network.
        fate: what is to become of the lines of a day.
    """

    site: str
    zone: str
    hosts: frozenset[str]
    own_hosts: frozenset[str]
    routes: OwnRoutes
    registry: Registry
    keys: KeyRing
    fate: Callable[[dt.date], Fate]
    visitors: Visitors = field(init=False)
    route_memory: Memory[tuple[str, str]] = field(init=False)
    folder_memory: Memory[str] = field(init=False)
    agent_memory: Memory[Agent] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing remembered."""
        object.__setattr__(self, "visitors", Visitors(self.site, self.keys))
        object.__setattr__(self, "route_memory", Memory(self._route))
        object.__setattr__(self, "folder_memory", Memory(lambda folder: route_of(str(folder), self.routes)))
        object.__setattr__(self, "agent_memory", Memory(lambda text: classify_agent(text_of(text))))

    @property
    def routes_have_numbers(self) -> bool:
        """Whether an own route holds a digit, so that numbers in paths matter."""
        return any(character.isdigit() for template in self.routes.templates for character in template)

    def _route(self, path: object) -> tuple[str, str]:
        text = text_of(path)
        resource = resource_of(text)
        if resource != Resource.ASSET:
            return route_of(text, self.routes), resource
        folder, name = split_asset(text)
        return join_asset(self.folder_memory.of(folder), name), resource


def text_of(value: object) -> str:
    """A logged value as text; bytes that are no UTF-8 are written as escapes."""
    if not isinstance(value, bytes):
        raise TypeError("a distinct value of a log is bytes")
    return value.decode("utf-8", "backslashreplace")
