"""The statistics counted once more, from raw lines, in plain Python and by the definitions alone.

What a robot, a page, a route and a kind of referrer are has tests of its own: here those classes are taken
as they are, and everything that is counted with them is counted again. Nothing here prints a record.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from iesiz.deidentify.agents import Agent, classify_agent
from iesiz.deidentify.referrers import classify_referrer
from iesiz.deidentify.routes import OwnRoutes, resource_of, route_of

LINE = re.compile(
    r'(?P<address>\S+) \S+ .+? \[(?P<time>[^]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r"(?P<status>\d{3}) (?P<bytes>\d+|-) "
    r'"(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
REQUEST = re.compile(r"(?P<method>[A-Z]{3,24}) (?P<target>\S+)(?: HTTP/\S+)?")
CAMPAIGN = re.compile(r"[?&#](?:utm_|gclid=|yclid=|fbclid=)")
ZONE = ZoneInfo("Europe/Paris")
K = 10
IN_APPLICATIONS = {
    *("Android WebView", "Safari WebView", "Google app", "Instagram", "Facebook", "TikTok", "Snapchat"),
    *("Pinterest", "Twitter", "WhatsApp", "Telegram", "VKontakte", "WeChat", "Viber"),
}
Key = tuple[object, ...]
Counts = dict[Key, tuple[int, ...]]


class Unshown(list[Any]):
    """A list that a failing test cannot quote: the logs are real people's."""

    def __repr__(self) -> str:
        return f"<{len(self)} items>"


@dataclass(frozen=True)
class Hit:
    """A request as the definitions see it."""

    day: dt.date
    visitor: tuple[str, str] = field(repr=False)
    second: int
    hour: int
    status: int
    size: int
    route: str
    resource: str
    referrer: str
    agent: Agent
    is_pageview: bool

    @property
    def status_class(self) -> str:
        return f"{self.status // 100}xx"


@cache
def routed(path: str) -> str:
    return route_of(path, OwnRoutes())


def local_time(match: re.Match[str]) -> dt.datetime:
    return dt.datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z").astimezone(ZONE)


def hit(match: re.Match[str]) -> Hit:
    local = local_time(match)
    request = REQUEST.fullmatch(match["request"])
    path = re.split("[?#]", request["target"])[0] if request else ""
    campaign = "utm_source=x" if request and CAMPAIGN.search(request["target"]) else None
    agent = classify_agent(match["agent"])
    resource = str(resource_of(path))
    is_page = request is not None and request["method"] == "GET" and resource == "page"
    return Hit(
        day=local.date(),
        visitor=(match["address"], match["agent"]),
        second=int(local.timestamp()),
        hour=local.hour,
        status=int(match["status"]),
        size=0 if match["bytes"] == "-" else int(match["bytes"]),
        route=routed(path) if request else "{malformed}",
        resource=resource,
        referrer=classify_referrer(match["referrer"], campaign, frozenset({"mall.example"})).kind,
        agent=agent,
        is_pageview=is_page and not agent.is_robot and int(match["status"]) in (200, 304),
    )


# Robots that pass for browsers: by robots.txt, by speed, by pages without anything that pages are made of.


def people_of(hits: list[Hit]) -> list[Hit]:
    """Requests of visitor-days that neither their agent nor what they did shows to be robots'."""
    browsers = grouped([one for one in hits if not one.agent.is_robot], "visitor")
    bare = {key for key, of_visitor in browsers.items() if has_no_assets(of_visitor)}
    robots = {
        key for key, of_visitor in browsers.items() if reads_for_robots(of_visitor) or hastes(of_visitor)
    }
    for day in {day for day, _ in bare}:
        others = [one for key, of in browsers.items() if key[0] == day and key not in bare for one in of]
        asked = Counter(one.resource for one in others)
        if asked["asset"] and 4 * asked["asset"] >= asked["page"]:
            robots |= {key for key in bare if key[0] == day}
    return Unshown(one for key, of_visitor in browsers.items() if key not in robots for one in of_visitor)


def has_no_assets(of_visitor: list[Hit]) -> bool:
    asked = Counter(one.resource for one in of_visitor)
    return asked["page"] >= 20 and asked["asset"] == 0


def reads_for_robots(of_visitor: list[Hit]) -> bool:
    return any(one.route == "/robots.txt" for one in of_visitor)


def hastes(of_visitor: list[Hit]) -> bool:
    minutes = Counter(one.second // 60 for one in of_visitor if one.resource == "page")
    return max(minutes.values(), default=0) >= 60


# The count, table by table: {(day, dimensions...): (contributors, measures...)}.


def grouped(hits: list[Hit], *names: str) -> dict[Key, list[Hit]]:
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for one in hits:
        groups[tuple(getattr(one, name) for name in ("day", *names))].append(one)
    return groups


def visitors(hits: list[Hit]) -> int:
    return len({one.visitor for one in hits})


def count_by_status(people: list[Hit]) -> Counts:
    groups = grouped([one for one in people if one.status >= 200], "hour", "status_class")
    return {key: (visitors(hits), len(hits), sum(one.size for one in hits)) for key, hits in groups.items()}


def count_by_page(hits: list[Hit], *names: str) -> Counts:
    """Routes that at least K visitors of the day share; all others together."""
    shared = {key for key, of_route in grouped(hits, "route").items() if visitors(of_route) >= K}
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for one in hits:
        page = one.route if (one.day, one.route) in shared else "other"
        groups[(one.day, page, *(getattr(one, name) for name in names))].append(one)
    return {key: (visitors(of_page), len(of_page)) for key, of_page in groups.items()}


def visits(people: list[Hit]) -> Iterator[list[Hit]]:
    for hits in grouped(people, "visitor").values():
        visit: list[Hit] = []
        for one in sorted(hits, key=lambda hit: (hit.second, not hit.is_pageview, hit.referrer)):
            if visit and one.second - visit[-1].second > 1800:
                yield visit
                visit = []
            visit.append(one)
        yield visit


def count_visits(people: list[Hit], name: str) -> Counts:
    groups: dict[Key, list[list[Hit]]] = defaultdict(list)
    for visit in visits(people):
        label = LABELS[name](visit[0])
        groups[visit[0].day, label].append(visit)
    return {key: (distinct(of), len(of)) for key, of in groups.items()}


def count_visitors(people: list[Hit]) -> Counts:
    groups: dict[Key, list[list[Hit]]] = defaultdict(list)
    for visit in visits(people):
        groups[(visit[0].day,)].append(visit)
    return {
        key: (
            distinct(of),
            len(of),
            sum(map(pageviews, of)),
            sum(one[-1].second - one[0].second for one in of),
        )
        for key, of in groups.items()
    }


def distinct(of: list[list[Hit]]) -> int:
    return len({visit[0].visitor for visit in of})


def pageviews(visit: list[Hit]) -> int:
    return sum(one.is_pageview for one in visit)


def device(first: Hit) -> str:
    return first.agent.device if first.agent.device in ("mobile", "desktop", "tablet") else "other"


def referrer(first: Hit) -> str:
    return "other_site" if first.referrer == "malformed" else first.referrer


def system(first: Hit) -> str:
    found = first.agent.system
    return found if found in ("Android", "iOS", "Windows", "macOS") else "other"


def browser(first: Hit) -> str:
    found = first.agent.browser
    if found in IN_APPLICATIONS:
        return "in_app"
    named = ("Chrome", "Safari", "Samsung Internet", "Yandex", "Opera", "Firefox", "Edge")
    return {"Opera Mini": "Opera"}.get(found, found if found in named else "other")


def language(_first: Hit) -> str:
    """The site declares none, and its log has no Accept-Language."""
    return "unknown"


LABELS = {
    "device": device,
    "system": system,
    "browser": browser,
    "language": language,
    "referrer": referrer,
}


def count_funnel(people: list[Hit], steps: list[str]) -> Counts:
    seen = [one for one in people if one.is_pageview]
    first = {(one.day, one.visitor) for one in seen if one.route == steps[0]}
    landing = [one for one in seen if one.route == steps[0]]
    form = [one for one in seen if one.route == steps[1] and (one.day, one.visitor) in first]
    named = {"landing": landing, "form": form}
    return {
        (*key, step): (visitors(hits), len(hits))
        for step, of in named.items()
        for key, hits in grouped(of).items()
    }


def counted(people: list[Hit], steps: list[str]) -> dict[str, Counts]:
    return {
        "hourly_requests_by_status": count_by_status(people),
        "daily_pageviews_by_page": count_by_page([one for one in people if one.is_pageview]),
        "daily_errors_by_page": count_by_page([one for one in people if one.status >= 400], "status_class"),
        "daily_visits_by_browser": count_visits(people, "browser"),
        "daily_visits_by_device": count_visits(people, "device"),
        "daily_visits_by_language": count_visits(people, "language"),
        "daily_visits_by_system": count_visits(people, "system"),
        "daily_visits_by_referrer": count_visits(people, "referrer"),
        "daily_visitors_by_site": count_visitors(people),
        "daily_funnel_to_registration": count_funnel(people, steps),
    }
