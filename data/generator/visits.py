"""What people ask for: redirects, pages, assets, dead links, failures, the registration funnel.

In: a site, a day and its visitors. Out: requests, not in order of time.
"""

from datetime import date, datetime, timedelta
from random import Random
from urllib.parse import quote_plus

from generator import identifiers
from generator.model import Plan, Request, Site, midnight
from generator.pages import Pages
from generator.visitors import Visitor
from generator.walk import Walk

# Share of a day's visits by local hour: quiet before dawn, a rise at noon, the peak after work.
_HOURS = (24, 15, 10, 8, 8, 10, 18, 30, 41, 47, 50, 54, 59, 58, 54, 53, 55, 59, 63, 66, 67, 62, 50, 37)
_INCIDENT_DAY, _INCIDENT_HOUR, _INCIDENT_SITE = 4, 19, "mega-almaty"  # an hour of 502s, on the fifth day
_FUNNEL = ("/join", "/register", "/register/details", "/register/confirm", "/register/done")
_FUNNEL_ENTRY, _FUNNEL_STAY = 0.26, (0.80, 0.79, 0.86, 0.92)


def visits_of(plan: Plan, site: Site, day: date, visitors: list[Visitor]) -> list[Request]:
    """All requests of a site's visitors on a day; some come twice."""
    rng = plan.rng("visits", site.name, day)
    pages = Pages(site)
    incident = _incident(plan, site)
    requests: list[Request] = []
    for visitor in visitors:
        for _ in range(2 if rng.random() < 0.14 else 1):
            requests += _visit(site, pages, visitor, _start(day, rng), rng)
    return [_as_it_ended(request, incident, rng) for request in requests]


def _start(day: date, rng: Random) -> datetime:
    hour = rng.choices(range(24), _HOURS)[0]
    return midnight(day) + timedelta(seconds=hour * 3600 + rng.uniform(0, 3600))


def _incident(plan: Plan, site: Site) -> datetime | None:
    if site.name != _INCIDENT_SITE or plan.days <= _INCIDENT_DAY:
        return None
    return midnight(plan.dates()[_INCIDENT_DAY]) + timedelta(hours=_INCIDENT_HOUR)


def _as_it_ended(request: Request, incident: datetime | None, rng: Random) -> Request:
    struck = incident is not None and incident <= request.at < incident + timedelta(hours=1)
    if not struck or rng.random() > 0.45:
        return request
    return Request(**{**vars(request), "status": 502, "size": 559})


def _visit(site: Site, pages: Pages, visitor: Visitor, start: datetime, rng: Random) -> list[Request]:
    language = visitor.person.language
    arrival = pages.arrival(language, rng)
    walk = Walk(site, visitor, start, arrival.referrer, rng)
    is_joining = site.kind == "club" and rng.random() < _FUNNEL_ENTRY
    entry = "/join" if is_joining else pages.entry(language, rng)
    _arrive(walk, f"{entry}{_mark(entry, arrival.mark)}")
    _fetch_parts(walk, pages, visitor)
    if is_joining:
        _register(walk)
    while rng.random() < 0.5:
        walk.read()
        walk.page(pages.next(language, rng))
    _stumble(walk, pages, language)
    return walk.requests


def _mark(entry: str, mark: str) -> str:
    if not mark:
        return ""
    return f"&{mark}" if "?" in entry else f"?{mark}"


def _arrive(walk: Walk, target: str) -> None:
    way = walk.rng.random()
    if way < 0.40:
        walk.ask(target, 301, port=80)
    elif way < 0.55:
        walk.ask("/", 302)
    walk.page(target)


def _fetch_parts(walk: Walk, pages: Pages, visitor: Visitor) -> None:
    for _ in range(walk.rng.choice((0, 1, 1, 2))):
        walk.ask(pages.asset(walk.rng), 304 if walk.rng.random() < 0.45 else 200)
    if walk.rng.random() < 0.45:
        is_apple = "iPhone" in visitor.person.agent or "iPad" in visitor.person.agent
        walk.ask("/apple-touch-icon-precomposed.png" if is_apple else "/favicon.ico", 404)


def _register(walk: Walk) -> None:
    """Walk down the funnel: each form is posted and answered by a redirect to the next page."""
    for step, stay in zip(_FUNNEL[1:], _FUNNEL_STAY, strict=True):
        if walk.rng.random() > stay:
            return
        if step not in ("/register", "/register/done"):
            walk.ask(_FUNNEL[_FUNNEL.index(step) - 1], 302, method="POST")
        if step == "/register/done":
            walk.ask(_confirmation(walk.rng), 302, method="POST")
        walk.page(step)
        walk.read()


def _confirmation(rng: Random) -> str:
    mail = quote_plus(identifiers.mail("member", rng))
    return f"/register/confirm?token={identifiers.token(rng)}&email={mail}"


def _stumble(walk: Walk, pages: Pages, language: str) -> None:
    """What goes wrong now and then at the end of a visit, and what should not stand in an address."""
    chance = walk.rng.random()
    if chance < 0.135:
        walk.read()
        walk.ask(walk.rng.choice(pages.dead), 404)
    elif chance < 0.175:
        walk.read()
        walk.ask(pages.failing, 500)
    elif chance < 0.19:
        walk.read()
        walk.ask(pages.personal(language, walk.rng))
    elif chance < 0.195:
        walk.ask("/staff/rota", 403, user="zhanar.k")
