"""The whole sample, from the plan to the files."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from generator import latency, oddities, registrations, robots, visitors, visits, writer
from generator.model import SITES, Line, Plan, Request, Site

_DONE = "GET /register/done "


def generate(plan: Plan, out: Path) -> None:
    """Write `logs/<site>/` and `registrations/registrations.csv` under `out`."""
    people = visitors.population(plan)
    finished: list[datetime] = []
    for site in SITES:
        requests = _requests(plan, people, site)
        finished += [request.at for request in requests if _is_done(request)]
        writer.write_logs(out, site, _days(plan, site, requests))
    rows = registrations.registrations(plan, finished)
    registrations.write(out / "registrations" / "registrations.csv", rows)


def _is_done(request: Request) -> bool:
    return request.status == 200 and request.request.startswith(_DONE)


def _requests(plan: Plan, people: list[visitors.Person], site: Site) -> list[Request]:
    """All requests to a site within the plan's days; a visit may go on after midnight."""
    rng = plan.rng("latency", site.name)
    requests: list[Request] = []
    for day in plan.dates():
        requests += visits.visits_of(plan, site, day, visitors.visitors_of(plan, people, site, day))
        requests += robots.robots_of(plan, site, day)
        requests += oddities.broken_requests(plan, site, day)
    last = plan.dates()[-1]
    return [
        replace(request, seconds=latency.seconds(request, rng))
        for request in requests
        if request.at.date() <= last
    ]


def _days(plan: Plan, site: Site, requests: list[Request]) -> dict[date, list[Line]]:
    days: dict[date, list[Line]] = defaultdict(list)
    for request in requests:
        days[request.at.date()].append(writer.line(site, request))
    return {day: oddities.with_oddities(plan, site, day, lines) for day, lines in days.items()}
