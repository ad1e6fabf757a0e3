"""What programs ask for: search engines, tools, a monitor, and seekers of weak points.

In: a site and a day. Out: requests. Robots are the same in number whatever the scale of the traffic.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from generator.model import Plan, Request, Site, load, midnight
from generator.pages import Pages

_LANGUAGES = ("kk", "ru", "en")


@dataclass(frozen=True)
class Robot:
    """A program, as robots.toml describes it."""

    agent: str
    address: str
    style: str
    visits: int
    pages: int


def robots_of(plan: Plan, site: Site, day: date) -> list[Request]:
    """All requests of programs to a site on a day."""
    rng = plan.rng("robots", site.name, day)
    pages = Pages(site)
    requests: list[Request] = []
    for robot in (Robot(**entry) for entry in load("robots.toml")["robot"]):
        for number in range(robot.visits):
            requests += _walk(site, robot, pages, _start(robot, day, number, rng), rng)
    return requests


def _start(robot: Robot, day: date, number: int, rng: Random) -> datetime:
    if robot.style == "ping":
        return midnight(day) + timedelta(minutes=30 * number, seconds=7)
    return midnight(day) + timedelta(seconds=rng.uniform(0, 86_000))


def _walk(site: Site, robot: Robot, pages: Pages, start: datetime, rng: Random) -> list[Request]:
    requests = []
    for number in range(robot.pages):
        first_line, status = _ask(robot, pages, number, rng)
        size = rng.randrange(300, 24_000) if first_line.startswith("GET") else 0
        at = start + timedelta(seconds=number * rng.uniform(0.2, 1.5))
        requests.append(Request(at, site.host, robot.address, first_line, status, size, agent=robot.agent))
    return requests


def _ask(robot: Robot, pages: Pages, number: int, rng: Random) -> tuple[str, int]:
    """The request's first line and its status."""
    if robot.style == "ping":
        return "HEAD / HTTP/1.1", 200
    if robot.style == "probe":
        return f"GET {pages.probe(rng)} HTTP/1.1", rng.choice((404, 404, 403))
    if robot.style == "crawl" and number == 0:
        return "GET /robots.txt HTTP/1.1", 200
    if rng.random() < 0.06:
        return f"GET {rng.choice(pages.dead)} HTTP/1.1", 404
    return f"GET {pages.next(rng.choice(_LANGUAGES), rng)} HTTP/1.1", 200
