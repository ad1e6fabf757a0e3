"""Job: say what kind of place a visitor came from.

In: one distinct pair of a referrer and the request's own query. Out: a `Referrer`.
Must not: let any text of either out; every source is a name from `referrers.toml`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Kind = Literal["none", "search", "social", "own_network", "campaign", "other_site", "malformed"]

# What nginx and Apache take by default; the bound keeps hostile text cheap.
_LONGEST_TEXT = 8192
_WEB_ADDRESS = re.compile(r"(https?|android-app)://([^/?#\\]*)", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]")
_PORT = re.compile(r":\d*$")
# All top-level domains of two letters are countries', by ISO 3166.
_COUNTRY = re.compile(r"com|[a-z]{2}|com?\.[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Referrer:
    """What is kept of a referrer.

    Attributes:
        kind: where the visitor came from.
        source: name of the search engine or social network, or '' where the list has none. Of a campaign,
            the source that its referrer names.

    Raises:
        ValueError: a value is outside its vocabulary, or a kind that can have no source has one.
    """

    kind: Kind
    source: str

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.source not in referrer_sources():
            raise ValueError("Referrer.kind and source must be of the fixed vocabularies")
        if bool(self.source) != (self.kind in {"search", "social"}) and self.kind != "campaign":
            raise ValueError("Referrer.source belongs to search, social and campaign only")


def classify_referrer(referrer: str | None, query: str | None, own_hosts: frozenset[str]) -> Referrer:
    """Classify where a request came from. Raises nothing.

    A campaign, which the request's own query shows, wins over all kinds but the own network.

    Args:
        referrer: address as the log has it; None, '' and '-' mean that none was sent.
        query: query of the requested address, with or without its question mark.
        own_hosts: all hosts of the network, in lower case, without port.
    """
    found = _of_address(referrer, own_hosts)
    if found.kind != "own_network" and query and _lists().campaign.search(query[:_LONGEST_TEXT]):
        return Referrer("campaign", found.source)
    return found


@cache
def referrer_sources() -> frozenset[str]:
    """All values that `Referrer.source` can take, '' among them."""
    return frozenset({"", *_data()["search"], *_data()["social"]})


def _of_address(referrer: str | None, own_hosts: frozenset[str]) -> Referrer:
    text = (referrer or "")[:_LONGEST_TEXT].strip()
    if text in {"", "-"}:
        return Referrer("none", "")
    address = _WEB_ADDRESS.match(text)
    host = _host(address[2]) if address else ""
    if not address or not host:
        return Referrer("malformed", "")
    if address[1].lower() == "android-app":
        return _lists().apps.get(host, Referrer("other_site", ""))
    return Referrer("own_network", "") if host in own_hosts else _of_host(host)


def _host(authority: str) -> str:
    """Host of `user@host:port` in lower case, or '' when it is none."""
    host = _PORT.sub("", authority.rpartition("@")[2]).lower().rstrip(".")
    return host if _HOST.fullmatch(host) else ""


def _of_host(host: str) -> Referrer:
    """Look for a listed suffix of whole labels, so that `google.com.example` is no search engine."""
    lists = _lists()
    labels = host.split(".")
    # Listed suffixes have five labels at most, so a host of thousands costs no more than one of five.
    for start in range(max(0, len(labels) - 5), len(labels) - 1):
        name, _, ending = ".".join(labels[start:]).partition(".")
        place = lists.domains.get(f"{name}.{ending}") or (
            lists.countries.get(name) if _COUNTRY.fullmatch(ending) else None
        )
        if place and place.holds(".".join(labels[:start])):
            return place.referrer
    return Referrer("other_site", "")


@dataclass(frozen=True, slots=True)
class _Place:
    """A listed source and the subdomains that belong to it."""

    referrer: Referrer
    subdomains: frozenset[str]

    def holds(self, subdomain: str) -> bool:
        return subdomain in self.subdomains or "*" in self.subdomains


class _Lists:
    """The sources, keyed by what a host or a package is compared with."""

    def __init__(self, data: dict[str, Any]) -> None:
        parameters = "|".join(data["campaign_parameters"])
        self.campaign = re.compile(rf"(?:^|[?&;])(?:{parameters})=[^&;]", re.IGNORECASE)
        self.domains: dict[str, _Place] = {}
        self.countries: dict[str, _Place] = {}
        self.apps: dict[str, Referrer] = {}
        kinds: tuple[Kind, Kind] = ("search", "social")
        for kind in kinds:
            for source, entry in data[kind].items():
                self._add(Referrer(kind, source), entry)

    def _add(self, referrer: Referrer, entry: dict[str, list[str]]) -> None:
        place = _Place(referrer, frozenset(entry.get("subdomains", ["*"])))
        self.domains |= dict.fromkeys(entry.get("domains", []), place)
        self.countries |= dict.fromkeys(entry.get("countries", []), place)
        self.apps |= dict.fromkeys(entry.get("apps", []), referrer)


@cache
def _lists() -> _Lists:
    return _Lists(_data())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("referrers.toml").read_text("utf-8"))
