"""One day of the sample: every query agrees with a few lines of plain Python over lines read by a pattern.

What a word means (which agents are robots, what a path's template is) is asked of the functions that have
tests of their own; reading, time, visits, admission and counting are done here anew.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from iesiz import pipeline
from iesiz.aggregate import DayInput, Left, PeriodInput, aggregate_day, aggregate_period
from iesiz.bounds import Bounds
from iesiz.deidentify import persons
from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.agents import classify_agent
from iesiz.deidentify.persons import region
from iesiz.deidentify.referrers import classify_referrer
from iesiz.deidentify.routes import OwnRoutes, resource_of, route_of
from iesiz.periods import Grain, Period
from iesiz.restricted import Records, counts_path, freeze_registrations, mirror_path
from iesiz.rule_settings import Thresholds
from iesiz.seen_work import keep_visitors, seen_in
from iesiz.settings import Settings, Store, load_settings
from iesiz.storage import prepare_store
from iesiz.tables import load_tables
from iesiz.vocabulary import FileRef

DAY = dt.date(2026, 11, 5)  # the one with an evening of failures
FILES = {
    "mega-almaty": "access.log-20261105.gz",
    "mega-astana": "access.log-20261107.gz",
    "club": "access.log-20261105.gz",
}
LINE = re.compile(
    r'(?:(?P<host>[\w.-]+):\d+ )?(?P<address>\S+) \S+ .*?\[(?P<time>[^\]]+)\] "(?P<request>.*?)" '
    r'(?P<status>\d{3}) (?P<size>\d+|-) "(?P<referrer>.*?)" "(?P<agent>.*?)"(?: "[^"]*")?'
    r"(?: (?P<seconds>\d+\.\d+))?"
)
REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<path>[^?# ]*)(?P<query>\S*) HTTP/[\d.]+")
K = 10
TIMED = "mega-almaty"  # its log tells how long an answer took
EDGES = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
OWN = {"/{lang}/shops/{shop}", "/{lang}/offers/{offer}", "/{lang}/unsubscribe/{mail}"}
OWN |= {"/{lang}/news/{year}/{month}/{article}"}
NO_SECRET = Thresholds.model_construct(k=K, k_sensitive=20, spread=1)
Cells = dict[tuple[Any, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Request:
    """A person's request, read from a line."""

    site: str
    visitor: tuple[bytes, str]
    moment: dt.datetime
    route: str
    resource: str
    status: int
    size: int
    referrer: str
    device: str
    system: str
    browser: str
    language: str
    is_pageview: bool
    milliseconds: float | None

    @property
    def status_class(self) -> str:
        return f"{self.status // 100}xx"


@dataclass(frozen=True)
class Visit:
    """Requests of one visitor with no gap over half an hour."""

    requests: list[Request]

    @property
    def views(self) -> int:
        return sum(one.is_pageview for one in self.requests)

    @property
    def seconds(self) -> int:
        return round((self.requests[-1].moment - self.requests[0].moment).total_seconds())

    @property
    def referrer(self) -> str:
        first = min(self.requests, key=lambda one: (one.moment, not one.is_pageview, one.referrer))
        return "other_site" if first.referrer == "malformed" else first.referrer

    @property
    def device(self) -> str:
        device = self.requests[0].device
        return device if device in ("mobile", "desktop", "tablet") else "other"

    @property
    def system(self) -> str:
        system = self.requests[0].system
        return system if system in ("Android", "iOS", "Windows", "macOS") else "other"

    @property
    def browser(self) -> str:
        browser = self.requests[0].browser
        return {"Instagram": "in_app", "Android WebView": "in_app"}.get(browser, browser)

    @property
    def language(self) -> str:
        told = [one.language for one in self.requests if one.language]
        read = [one.language for one in self.requests if one.language and one.is_pageview]
        languages = read or told
        return min(
            languages, key=lambda one: (-languages.count(one), "kk ru en".index(one)), default="unknown"
        )


def lines_of(sample: Path, site: str) -> Iterator[re.Match[str]]:
    path = sample / "logs" / site / FILES[site]
    with gzip.open(path, "rt", encoding="utf-8", errors="backslashreplace") as lines:
        yield from filter(None, (LINE.fullmatch(line.rstrip("\n")) for line in lines))


def requests_of(settings: Settings, sample: Path) -> Iterator[Request]:
    for site in settings.sites:
        own = OwnRoutes((*site.routes, *(step.route for step in site.funnel)))
        for line in lines_of(sample, site.name):
            moment = dt.datetime.strptime(line["time"], "%d/%b/%Y:%H:%M:%S %z")
            agent = classify_agent(line["agent"])
            if moment.date() != DAY or agent.is_robot or line["host"] not in (None, *site.hosts):
                continue
            asked = REQUEST.fullmatch(line["request"])
            is_view = bool(asked) and asked["method"] == "GET" and resource_of(asked["path"]) == "page"
            yield Request(
                site=site.name,
                visitor=(parse_address(line["address"]).canonical, line["agent"]),
                moment=moment,
                route=template(asked["path"], own) if asked else "{malformed}",
                resource=str(resource_of(asked["path"])) if asked else "page",
                status=int(line["status"]),
                size=0 if line["size"] == "-" else int(line["size"]),
                referrer=classify_referrer(
                    line["referrer"], asked["query"] if asked else "", settings.own_hosts
                ).kind,
                device=agent.device,
                system=agent.system,
                browser=agent.browser,
                language=language_of(asked["path"]) if asked else "",
                is_pageview=is_view and line["status"] in ("200", "304"),
                milliseconds=float(line["seconds"]) * 1000 if line["seconds"] else None,
            )


def language_of(path: str) -> str:
    first = path.split("/")[1]
    return first if first in ("kk", "ru", "en") else ""


def without_robots(requests: Iterable[Request]) -> list[Request]:
    """All but the program that calls itself a browser: pages in a row, and nothing that they are made of."""
    people: list[Request] = []
    robots: list[str] = []
    for (site, _), own in grouped(requests, lambda one: (one.site, one.visitor)).items():
        asked = Counter(one.resource for one in own)
        is_robot = asked["page"] >= 20 and not asked["asset"]
        robots += [site] * is_robot
        people += [] if is_robot else own
    assert sorted(robots) == sorted(FILES)
    return people


def template(path: str, own: OwnRoutes) -> str:
    """Of an asset the folder and the kind of file count, unless every site has a file of its name."""
    if resource_of(path) != "asset":
        return route_of(path, own)
    folder, _, name = path.rpartition("/")
    kept = name if name in ("favicon.ico", "robots.txt", "sitemap.xml") else "{file}" + Path(name).suffix
    return f"{route_of(folder or '/', own).rstrip('/')}/{kept}"


def visits_of(requests: Iterable[Request]) -> dict[str, list[Visit]]:
    visits: dict[str, list[Visit]] = defaultdict(list)
    for (site, _), own in grouped(requests, lambda one: (one.site, one.visitor)).items():
        ordered = sorted(own, key=lambda one: one.moment)
        breaks = [
            at
            for at, (a, b) in enumerate(pairwise(ordered), 1)
            if (b.moment - a.moment).total_seconds() > 1800
        ]
        visits[site] += [Visit(ordered[begin:end]) for begin, end in pairwise([0, *breaks, len(ordered)])]
    return visits


def grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def visitors(rows: Iterable[Request]) -> int:
    return len({row.visitor for row in rows})


def by_status(requests: list[Request]) -> Cells:
    groups = grouped(requests, lambda one: (one.site, one.moment.hour, one.status_class))
    return {key: (visitors(rows), len(rows), sum(row.size for row in rows)) for key, rows in groups.items()}


def by_page(requests: list[Request]) -> Cells:
    views = [one for one in requests if one.is_pageview]
    kept = {
        key
        for key, rows in grouped(views, lambda one: (one.site, one.route)).items()
        if visitors(rows) >= K or key[1] in OWN  # own routes are shown whatever their visitors
    }
    groups = grouped(views, lambda one: (one.site, one.route if (one.site, one.route) in kept else "other"))
    return {key: (visitors(rows), len(rows)) for key, rows in groups.items()}


def latency_by_page(requests: list[Request]) -> dict[tuple[Any, ...], tuple[int | None, ...]]:
    """For each page that quantiles are told of: the least edge that so many per cent do not exceed."""
    views = [one for one in requests if one.is_pageview]
    shown = {label for site, label in by_page(requests) if site == TIMED}
    pages = grouped(
        (one for one in views if one.site == TIMED), lambda one: one.route if one.route in shown else "other"
    )
    found = {}
    for page, rows in pages.items():
        took = sorted(row.milliseconds for row in rows if row.milliseconds is not None)
        values = [took[math.ceil(share * len(took) / 100) - 1] for share in (50, 75, 90, 95, 99)]
        found[TIMED, page] = tuple(next(edge for edge in EDGES if value <= edge) for value in values)
    return found


def errors_by_page(requests: list[Request]) -> Cells:
    errors = [one for one in requests if 400 <= one.status < 600]
    kept = {
        key
        for key, rows in grouped(errors, lambda one: (one.site, one.route)).items()
        if visitors(rows) >= K or key[1] in OWN
    }
    groups = grouped(
        errors,
        lambda one: (one.site, one.route if (one.site, one.route) in kept else "other", one.status_class),
    )
    return {key: (visitors(rows), len(rows)) for key, rows in groups.items()}


def visits_by(requests: list[Request], name: str) -> Cells:
    cells = {}
    for site, visits in visits_of(requests).items():
        for label, own in grouped(visits, lambda one: getattr(one, name)).items():
            people = len({visit.requests[0].visitor for visit in own})
            cells[site, label] = (people, len(own))
    return cells


def by_site(requests: list[Request]) -> Cells:
    return {
        (site,): (
            visitors(visit.requests[0] for visit in visits),
            len(visits),
            sum(visit.views for visit in visits),
            sum(visit.seconds for visit in visits),
        )
        for site, visits in visits_of(requests).items()
    }


def funnel(requests: list[Request]) -> Cells:
    steps = ["/join", "/register", "/register/details", "/register/confirm", "/register/done"]
    words = ["landing", "form", "details", "confirm", "done"]
    views = grouped(
        (one for one in requests if one.is_pageview and one.site == "club"), lambda one: one.route
    )
    cells, so_far = {}, {one.visitor for one in requests}
    for word, step in zip(words, steps, strict=True):
        so_far = so_far & {one.visitor for one in views[step]}
        cells["club", word] = (len(so_far), sum(one.visitor in so_far for one in views[step]))
    return cells


def people_of(sample: Path) -> list[dict[str, str]]:
    """The newest version of each registration."""
    newest: dict[str, dict[str, str]] = {}
    with (sample / "registrations" / "registrations.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            held = newest.get(row["registration_id"])
            if held is None or held["updated_at"] <= row["updated_at"]:
                newest[row["registration_id"]] = row
    return list(newest.values())


def age(row: dict[str, str]) -> str:
    return persons.birth_band(row["birth_date"], dt.date.fromisoformat(row["registered_at"][:10]))


def counted(rows: Iterable[dict[str, str]], key: Callable[[dict[str, str]], Any]) -> Cells:
    return {key: (len(held),) for key, held in grouped(rows, key).items()}


def completeness(made: list[dict[str, str]]) -> Cells:
    treatments: dict[str, Callable[[str | None], str]] = {
        "sex": persons.sex,
        "region": persons.region,
        "email": persons.mail_provider,
        "phone": persons.phone_class,
        "language": persons.language,
        "channel": persons.channel,
        "marketing_consent": persons.consent,
        "interests": persons.given,
    }
    answers = [("birth_date", age(row)) for row in made]
    answers += [(name, treat(row[name])) for row in made for name, treat in treatments.items()]
    words = ("not_given", "invalid")
    said = [(name, value if value in words else "given") for name, value in answers]
    return {("club", *one): (len(held),) for one, held in grouped(said, lambda one: one).items()}


def registrations(sample: Path) -> dict[str, Cells]:
    """The day's registrations, of which week and month hold no others, and all members."""
    everybody = people_of(sample)
    made = [row for row in everybody if row["registered_at"].startswith(DAY.isoformat())]
    return {
        "daily_registrations_by_region": counted(made, lambda row: (row["site"], region(row["region"]))),
        "weekly_registrations_by_age_and_sex": counted(
            made, lambda row: (row["site"], age(row), persons.sex(row["sex"]))
        ),
        "monthly_registrations_by_channel": counted(
            made, lambda row: (row["site"], persons.channel(row["channel"]))
        ),
        "monthly_completeness_by_field": completeness(made),
        "monthly_members_by_region_and_age": counted(
            everybody, lambda row: (row["site"], region(row["region"]), age(row))
        ),
    }


@pytest.fixture(scope="module")
def settings(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample's settings with a store of their own, the day's files read into it."""
    given = load_settings(sample / "iesiz.toml")
    made = given.model_copy(update={"store": Store(path=str(tmp_path_factory.mktemp("sample") / "store"))})
    prepare_store(made)
    for site, name in FILES.items():
        assert (
            pipeline.deidentify_file(made, FileRef(site, "web", sample / "logs" / site / name)).verdict
            == "read"
        )
    pipeline.deidentify_registrations(made)
    return made


@pytest.fixture(scope="module")
def computed(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The exact cells of each table that are not zero."""
    specs = load_tables()
    given = DayInput(
        DAY,
        tuple(settings.sites),
        Records(settings).parts(DAY),
        mirror_path(settings),
        ("club",),
        sampling_key=bytes(32),
        threshold_key=bytes(32),
        # Bounds that bind nobody: what they leave out is another test's.
        bounds=Bounds(10**6, 10**6, 10**6, 10**6, 10**15, 10**6),
    )

    def keep(left: Left) -> None:
        keep_visitors(settings, DAY, given.parts, left.visitors)

    tables = [*aggregate_day(given, specs, NO_SECRET, 2, keep), *longer(settings)]
    return {
        one.spec.name: [
            row
            for row in one.table.select([column.name for column in one.spec.published]).to_pylist()
            if any(row[name] for name in one.spec.counted)
        ]
        for one in tables
    }


def longer(settings: Settings) -> Iterator[Any]:
    """Week and month of which only the day was published."""
    freeze_registrations(settings, DAY, mirror_path(settings))
    frozen = (counts_path(settings, DAY),)
    for grain in (Grain.WEEK, Grain.MONTH):
        period = Period.of(grain, DAY)
        given = PeriodInput(
            period,
            tuple(settings.sites),
            ("club",),
            frozen,
            frozenset({DAY}),
            mirror_path(settings),
            seen_in(settings, period, {DAY: [site.name for site in settings.sites]}),
            threshold_key=bytes(32),
        )
        yield from aggregate_period(given, load_tables(), NO_SECRET, threads=2)


def of_one_day(visitors: Mapping[Any, int]) -> dict[str, Cells]:
    """A week and a month of which one day is known: everybody was seen once."""
    unions = {(site,): (count, count) for site, count in visitors.items()}
    return {
        "weekly_visitors_by_site": unions,
        "monthly_visitors_by_site": unions,
        "monthly_returning_visitors_by_site": {(site, "1"): (count,) for site, count in visitors.items()},
    }


@pytest.fixture(scope="module")
def expected(settings: Settings, sample: Path) -> dict[str, Cells]:
    requests = without_robots(requests_of(settings, sample))
    return {
        "hourly_requests_by_status": by_status(requests),
        "daily_pageviews_by_page": by_page(requests),
        "daily_latency_by_page": {key: row for key, row in by_page(requests).items() if key[0] == TIMED},
        "daily_errors_by_page": errors_by_page(requests),
        "daily_visits_by_system": visits_by(requests, "system"),
        "daily_visits_by_browser": visits_by(requests, "browser"),
        "daily_visits_by_language": visits_by(requests, "language"),
        "daily_visits_by_device": visits_by(requests, "device"),
        "daily_visits_by_referrer": visits_by(requests, "referrer"),
        "daily_visitors_by_site": by_site(requests),
        **of_one_day({site: row[0] for (site,), row in by_site(requests).items()}),
        "daily_funnel_to_registration": funnel(requests),
        **registrations(sample),
    }


@pytest.mark.parametrize("spec", load_tables(), ids=lambda spec: spec.name)
def test_the_query_agrees_with_plain_python(
    spec: Any, computed: dict[str, list[dict[str, Any]]], expected: dict[str, Cells]
) -> None:
    found = {
        tuple(row[name] for name in spec.dimensions): tuple(row[name] for name in spec.counted)
        for row in computed[spec.name]
    }
    assert found == {key: counts for key, counts in expected[spec.name].items() if any(counts)}
    assert len(found) >= 3  # the day is busy enough to say something


def test_quantiles_agree_with_sorted_durations(
    settings: Settings, sample: Path, computed: dict[str, list[dict[str, Any]]]
) -> None:
    expected = latency_by_page(without_robots(requests_of(settings, sample)))
    names = ("p50_ms", "p75_ms", "p90_ms", "p95_ms", "p99_ms")
    rows = computed["daily_latency_by_page"]
    assert {(row["site"], row["page"]): tuple(row[name] for name in names) for row in rows} == expected
    assert len({value for values in expected.values() for value in values}) > 4


def test_every_request_of_a_person_is_in_one_cell(
    computed: dict[str, list[dict[str, Any]]], expected: dict[str, Cells]
) -> None:
    requests = sum(row["request_count"] for row in computed["hourly_requests_by_status"])
    views = sum(row["pageview_count"] for row in computed["daily_pageviews_by_page"])
    assert requests == sum(counts[1] for counts in expected["hourly_requests_by_status"].values())
    assert views == sum(row["pageview_count"] for row in computed["daily_visitors_by_site"])
