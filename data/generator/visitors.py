"""Who comes on a day, with which device and from which address.

In: a plan. Out: the people of the network, and for each site and day the visitors among them. A person keeps
the device over days and mostly the address, as returning visitors do.
"""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from generator import identifiers
from generator.model import SITES, Plan, Site, load

_PEOPLE = 5_000
_VISITORS_A_DAY = 520
_WEEKEND_GAIN = 1.12


@dataclass(frozen=True)
class Person:
    """Somebody with a device, a language and a liking for each site (one weight a site)."""

    language: str
    device: str
    agent: str
    access: str  # mobile, home, wifi or ipv6: where the address comes from
    address: str
    likings: tuple[float, ...]


@dataclass(frozen=True)
class Visitor:
    """A person on one day, with that day's address."""

    person: Person
    address: str


def population(plan: Plan) -> list[Person]:
    """All people who may come on any of the days."""
    rng = plan.rng("population")
    agents = load("agents.toml")["agent"]
    languages = load("content.toml")["languages"]
    return [_person(rng, agents, languages) for _ in range(round(_PEOPLE * plan.scale) + 20)]


def _person(rng: Random, agents: list[dict[str, Any]], languages: dict[str, int]) -> Person:
    family = rng.choices(agents, [agent["weight"] for agent in agents])[0]
    access = rng.choices(("mobile", "home", "wifi", "ipv6"), (52, 30, 5, 13))[0]
    return Person(
        language=rng.choices(list(languages), list(languages.values()))[0],
        device=str(family["device"]),
        agent=str(family["text"]).replace("{v}", rng.choice(family["versions"])),
        access=access,
        address=_address(access, rng),
        likings=tuple(rng.paretovariate(1.6) * (0.15 + rng.random() ** 3) for _ in SITES),
    )


def _address(access: str, rng: Random) -> str:
    if access == "ipv6":
        return identifiers.documentation_ipv6(rng)
    return identifiers.wifi_ipv4(rng) if access == "wifi" else identifiers.shared_ipv4(rng)


def visitors_of(plan: Plan, people: list[Person], site: Site, day: date) -> list[Visitor]:
    """The visitors of a site on a day, drawn without replacement by their liking for it."""
    rng = plan.rng("visitors", site.name, day)
    gain = _WEEKEND_GAIN if day.weekday() >= 5 else 1.0
    number = round(_VISITORS_A_DAY * plan.scale * gain * rng.uniform(0.97, 1.03))
    place = SITES.index(site)
    # Efraimidis and Spirakis: the largest u ** (1 / weight) are a weighted draw without replacement.
    drawn = sorted(people, key=lambda person: rng.random() ** (1 / person.likings[place]), reverse=True)
    return [Visitor(person, _address_today(person, rng)) for person in drawn[:number]]


def _address_today(person: Person, rng: Random) -> str:
    moves = {"mobile": 0.6, "wifi": 0.3, "ipv6": 0.5, "home": 0.02}[person.access]
    return _address(person.access, rng) if rng.random() < moves else person.address
