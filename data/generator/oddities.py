"""What no browser sent: broken requests, other hosts, lines that are none, repeats and disorder.

In: the requests or lines of a site's day. Out: the same with what real logs hold besides.
"""

from datetime import date, timedelta
from random import Random

from generator.model import Line, Plan, Request, Site, midnight

_CUT_DAY, _CUT_SITE = 2, "mega-almaty"  # the one line that the server could not finish
_BROKEN = (
    (r"\x16\x03\x01\x00\xEE\x01\x00\x00\xEA\x03\x03", 400),
    (r"\x03\x00\x00/*\xE0\x00\x00\x00\x00\x00Cookie: mstshash=Administr", 400),
    ("", 400),
    ("-", 408),
    ("SSH-2.0-Go", 400),
    ("GET /", 200),
    ("PRI * HTTP/2.0", 400),
)
_FOREIGN_HOSTS = ("shop.other.example", "203.0.113.5", "old-intranet.example")


def broken_requests(plan: Plan, site: Site, day: date) -> list[Request]:
    """Valid log lines whose request isn't one, and (where the log names hosts) requests to others."""
    rng = plan.rng("broken", site.name, day)
    requests = [_stranger(site.host, text, status, day, rng) for text, status in _BROKEN]
    if site.log_format == "vhost_combined":
        requests += [_stranger(host, "GET /index.php HTTP/1.1", 200, day, rng) for host in _FOREIGN_HOSTS * 2]
    return requests


def _stranger(host: str, first_line: str, status: int, day: date, rng: Random) -> Request:
    at = midnight(day) + timedelta(seconds=rng.uniform(0, 86_399))
    return Request(at, host, f"198.51.100.{rng.randrange(220, 255)}", first_line, status, 166)


def with_oddities(plan: Plan, site: Site, day: date, lines: list[Line]) -> list[Line]:
    """Put in lines that are no log lines, repeat a few, cut one, and bring a few out of order."""
    rng = plan.rng("oddities", site.name, day)
    lines = sorted([*lines, *_no_log_lines(day, rng)], key=lambda line: line.at)
    for _ in range(3):
        place = rng.randrange(len(lines))
        lines.insert(place, lines[place])
    if site.name == _CUT_SITE and day == plan.dates()[min(_CUT_DAY, plan.days - 1)]:
        _cut(lines, rng)
    for _ in range(max(2, len(lines) // 200)):
        place = rng.randrange(4, len(lines))
        lines.insert(place - rng.randrange(1, 4), lines.pop(place))
    return lines


def _no_log_lines(day: date, rng: Random) -> list[Line]:
    at = midnight(day) + timedelta(seconds=rng.uniform(0, 86_399))
    error = f"{at:%Y/%m/%d %H:%M:%S} [error] 2214#2214: *88 upstream timed out, client: 198.51.100.231"
    return [Line(midnight(day), f"# log opened {day:%Y-%m-%d}"), Line(at, error)]


def _cut(lines: list[Line], rng: Random) -> None:
    places = [place for place, line in enumerate(lines) if "Mozilla/5.0 (" in line.text]
    place = rng.choice(places)
    text = lines[place].text
    lines[place] = Line(lines[place].at, text[: text.index("Mozilla/5.0 (") + 30])
