"""The dashboard in a real browser: no error, no request, three languages, the numbers of the files."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import iesiz
from iesiz import pipeline
from iesiz.dashboard.build import LANGUAGES, messages, write_dashboard
from iesiz.dashboard.figures import panel_facts
from iesiz.dashboard.pages import load_pages
from iesiz.policy import edition_on
from iesiz.settings import Settings
from iesiz.tables import load_tables
from tests.conftest import Require
from tests.published import made_store

SPECS = load_tables()
PAGES = [page.name for page in load_pages(SPECS)]
FIRST, DAYS = dt.date(2026, 10, 12), 20
LAST = FIRST + dt.timedelta(days=DAYS - 1)
LARGEST = 3_000_000


@dataclass(frozen=True)
class Shown:
    """A page in the browser, with all that went wrong and all that was asked for."""

    page: Page
    wrong: list[str]
    requests: list[str]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = made_store(tmp_path_factory.mktemp("dashboard") / "net", FIRST, DAYS, withheld=0.1)
    pipeline.build_dashboard(settings)
    return settings


@pytest.fixture(scope="module")
def browser(require: Require) -> Iterator[Browser]:
    program = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def show(browser: Browser, place: Path, address: str = "lang=en", width: int = 1280) -> Shown:
    page = browser.new_page(viewport={"width": width, "height": 900}, locale="en-GB")
    shown = Shown(page, [], [])
    page.on("console", lambda said: shown.wrong.append(said.text))
    page.on("pageerror", lambda error: shown.wrong.append(str(error)))
    page.on("request", lambda request: shown.requests.append(request.url))
    page.goto(f"{place.as_uri()}#{address}")
    page.wait_for_selector("body[data-ready]", state="attached")
    return shown


def place_of(settings: Settings, name: str) -> Path:
    return settings.published / "dashboard" / f"{name}.html"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_alone_without_error_and_fits(
    browser: Browser, settings: Settings, name: str, width: int
) -> None:
    place = place_of(settings, name)
    assert place.stat().st_size < LARGEST
    shown = show(browser, place, width=width)
    assert shown.wrong == []
    assert [one.partition("#")[0] for one in shown.requests] == [place.as_uri()]
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    charts = next(one for one in load_pages(SPECS) if one.name == name).panels
    known = {spec.name for spec in SPECS}
    assert bool(shown.page.locator(".chart svg").count()) == any(one.table in known for one in charts)
    shown.page.close()


@pytest.mark.parametrize("name", PAGES)
def test_languages_switch_and_no_word_stays_behind(browser: Browser, settings: Settings, name: str) -> None:
    shown, texts = show(browser, place_of(settings, name)), {}
    for lang, button in {"kk": "Қазақша", "ru": "Русский", "en": "English"}.items():
        shown.page.get_by_role("button", name=button).click()
        shown.page.wait_for_selector(f"body[data-ready={lang}]", state="attached")
        assert shown.page.evaluate("document.documentElement.lang") == lang
        texts[lang] = shown.page.inner_text("main")
        keys = set(re.findall(r"[a-z]+(?:_[a-z]+)+", texts[lang])) - {spec.name for spec in SPECS}
        assert keys & set(messages()) == set()
    title = next(page.title for page in load_pages(SPECS) if page.name == name)
    assert all(messages()[title][lang] in text for lang, text in texts.items())
    assert shown.wrong == []
    shown.page.close()


def test_the_language_is_kept_from_page_to_page(browser: Browser, settings: Settings) -> None:
    shown = show(browser, place_of(settings, "index"), "lang=kk&site=club")
    shown.page.get_by_role("link", name=messages()["quality"]["kk"]).click()
    shown.page.wait_for_url("**/quality.html*")
    shown.page.wait_for_selector("body[data-ready=kk]", state="attached")
    assert set(shown.page.locator("section.panel h3").all_inner_texts()) == {"club"}
    shown.page.close()


def test_no_message_is_missing_in_any_language() -> None:
    assert [key for key, texts in messages().items() if sorted(texts) != sorted(LANGUAGES)] == []
    assert [
        key for key, texts in messages().items() if not all(text.strip() for text in texts.values())
    ] == []
    blanks = {
        key: {lang: set(re.findall(r"\{\w+\}", one)) for lang, one in texts.items()}
        for key, texts in messages().items()
    }
    assert [key for key, one in blanks.items() if len(set(map(frozenset, one.values()))) > 1] == []


def test_every_word_that_the_pages_ask_for_is_there() -> None:
    known = messages()
    script = (Path(iesiz.__file__).parent / "dashboard" / "page.js").read_text("utf-8")
    charts = "".join(
        one.read_text("utf-8") for one in (Path(iesiz.__file__).parent / "dashboard/charts").iterdir()
    )
    asked = {*re.findall(r'\bt\("(\w+)"', script), *re.findall(r"\$t:(\w+)", charts)}
    for page in load_pages(SPECS):
        asked |= {page.title, *(tile.title for tile in page.tiles)}
        for panel in page.panels:
            asked |= {panel.title, panel.unit, panel.by} - {""}
    assert asked - set(known) == set()


def test_every_label_of_a_chart_has_a_word() -> None:
    used = {(panel.table, panel.by) for page in load_pages(SPECS) for panel in page.panels if panel.by}
    values = {
        str(value)
        for spec in SPECS
        for column in spec.columns
        if (spec.name, column.name) in used and not isinstance(column.values, str)
        for value in column.values
        if re.search("[a-z]", str(value))
    }
    assert {value for value in values if f"value.{value}" not in messages()} == set()


# ---- numbers, recomputed by pandas from the Parquet files ----


def frame_of(settings: Settings, table: str) -> pd.DataFrame:
    """All cells of a table, read file by file."""
    parts = []
    for path in sorted((settings.published / "tables" / table).glob("*=*/*.parquet")):
        grain, _, period = path.parent.name.partition("=")
        parts.append(pd.read_parquet(path).assign(**{grain: period}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"status": []})


def summed(
    frame: pd.DataFrame, keys: Sequence[str], measure: str, periods: int
) -> dict[tuple[str, ...], Any]:
    """For each group: its sum and how far it can be trusted."""
    found = {}
    for key, group in frame.groupby(list(keys)):
        hidden = (group["status"] == "suppressed").sum()
        whole = hidden == 0 and group["day"].nunique() == periods
        state = "withheld" if hidden == len(group) else "exact" if whole else "partial"
        number = "" if state == "withheld" else str(int(group[measure].sum()))
        found[tuple(str(one) for one in key)] = (number, state)
    return found


def told(shown: Shown, title: str) -> dict[tuple[str, ...], Any]:
    """The table behind a chart, opened by the keyboard."""
    section = shown.page.locator("section.panel").filter(
        has=shown.page.get_by_role("heading", name=title, exact=True)
    )
    section.locator("summary").focus()
    shown.page.keyboard.press("Enter")
    rows = section.locator("tbody tr")
    rows.first.wait_for()
    return dict(
        rows.evaluate_all(
            """rows => rows.map(row => {
                const cells = [...row.cells], last = cells.pop();
                const hidden = last.classList.contains("withheld");
                if (hidden && last.innerText !== "withheld") throw new Error("withheld and not said");
                const told = hidden ? ["", "withheld"] : [last.dataset.value, last.dataset.state];
                return [cells.map(one => one.innerText).join("|"), told];
            })"""
        )
    )


def joined(found: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    return {"|".join(key): list(value) for key, value in found.items()}


def said_day(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"{day.day} {day:%b} {day.year}"


WEEK = [(LAST - dt.timedelta(days=step)).isoformat() for step in range(7)]
FORTNIGHT = [(LAST - dt.timedelta(days=step)).isoformat() for step in range(14)]


@pytest.mark.parametrize(
    ("page", "title", "table", "measure"),
    [
        ("index", "Visits by day", "daily_visitors_by_site", "visit_count"),
        ("index", "Failed requests by day", "daily_errors_by_page", "error_count"),
        ("registrations", "Registrations by day", "daily_registrations_by_region", "registration_count"),
    ],
)
def test_numbers_by_day_are_those_of_the_files(
    browser: Browser, settings: Settings, page: str, title: str, table: str, measure: str
) -> None:
    expected = summed(frame_of(settings, table), ["site", "day"], measure, 1)
    shown = show(browser, place_of(settings, page))
    assert told(shown, title) == joined({(site, said_day(day)): one for (site, day), one in expected.items()})
    shown.page.close()


@pytest.mark.parametrize(
    ("page", "title", "table", "measure", "by"),
    [
        (
            "quality",
            "Requests by class of status",
            "hourly_requests_by_status",
            "request_count",
            "status_class",
        ),
        ("quality", "Pages with most failed requests", "daily_errors_by_page", "error_count", "page"),
        ("audience", "Visits by class of device", "daily_visits_by_device", "visit_count", "device"),
        ("audience", "Visits by system", "daily_visits_by_system", "visit_count", "system"),
        ("audience", "Visits by browser", "daily_visits_by_browser", "visit_count", "browser"),
        ("audience", "Visits by language", "daily_visits_by_language", "visit_count", "language"),
        ("audience", "Visits by where they came from", "daily_visits_by_referrer", "visit_count", "referrer"),
        (
            "funnel",
            "Visitors that reached each step",
            "daily_funnel_to_registration",
            "visitor_count",
            "step",
        ),
        (
            "registrations",
            "Registrations by: region",
            "daily_registrations_by_region",
            "registration_count",
            "region",
        ),
    ],
)
def test_numbers_of_the_last_week_are_those_of_the_files(
    browser: Browser, settings: Settings, page: str, title: str, table: str, measure: str, by: str
) -> None:
    frame = frame_of(settings, table)
    expected = summed(frame[frame["day"].isin(WEEK)], ["site", by], measure, 7)
    words = {key.removeprefix("value."): texts["en"] for key, texts in messages().items()}
    shown = show(browser, place_of(settings, page))
    assert told(shown, title) == joined(
        {(site, words.get(text, text)): one for (site, text), one in expected.items()}
    )
    shown.page.close()


@pytest.mark.parametrize(
    ("title", "table", "by"),
    [
        ("Registrations by: age", "weekly_registrations_by_age_and_sex", "age"),
        ("Registrations by: sex", "weekly_registrations_by_age_and_sex", "sex"),
        ("Registrations by: channel", "monthly_registrations_by_channel", "channel"),
    ],
)
def test_of_longer_periods_the_last_one_is_shown_and_named(
    browser: Browser, settings: Settings, title: str, table: str, by: str
) -> None:
    frame, grain = frame_of(settings, table), table.split("ly_")[0]
    last = frame[grain].max()
    assert frame[grain].nunique() > 1 or grain == "month"  # twenty days of one
    expected = summed(frame[frame[grain] == last].assign(day=last), ["site", by], "registration_count", 1)
    words = {key.removeprefix("value."): texts["en"] for key, texts in messages().items()}
    shown = show(browser, place_of(settings, "registrations"))
    assert told(shown, title) == joined(
        {(site, words.get(text, text)): one for (site, text), one in expected.items()}
    )
    section = shown.page.locator("section.panel").filter(has_text=title)
    assert section.locator(".about").inner_text() == f"People · {last} · Table {table}"
    assert shown.page.locator(".until").inner_text() == f"Data up to {said_day(str(LAST))}"
    shown.page.close()


def test_ages_stand_in_their_order(browser: Browser, settings: Settings) -> None:
    shown = show(browser, place_of(settings, "registrations"))
    section = shown.page.locator("section.panel").filter(has_text="Registrations by: age")
    texts = section.locator(".chart svg").first.text_content() or ""
    ages = ["Under 18", "18-24", "25-29", "30-34", "60-64", "65+"]
    assert [texts.index(one) for one in ages] == sorted(texts.index(one) for one in ages)
    shown.page.close()


@pytest.mark.parametrize(
    ("title", "measure", "most"),
    [
        ("Speed of pages: half of the pageviews took at most so long", "p50_ms", 15),
        ("Slowest pages: three quarters of the pageviews took at most so long", "p75_ms", 8),
    ],
)
def test_quantiles_are_those_of_the_last_day(
    browser: Browser, settings: Settings, title: str, measure: str, most: int
) -> None:
    frame = frame_of(settings, "daily_latency_by_page")
    frame = frame[frame["day"] == str(LAST)]
    assert frame.groupby("site").size().max() <= most
    expected = summed(frame, ["site", "page"], measure, 1)
    shown = show(browser, place_of(settings, "quality"))
    assert told(shown, title) == joined(expected)
    shown.page.close()


def test_load_by_hour_is_that_of_the_files(browser: Browser, settings: Settings) -> None:
    frame = frame_of(settings, "hourly_requests_by_status")
    frame = frame[(frame["status_class"] == "2xx") & frame["day"].isin(FORTNIGHT)]
    expected = summed(frame, ["site", "day", "hour"], "request_count", 1)
    shown = show(browser, place_of(settings, "quality"))
    assert told(shown, "Requests answered well (2xx), by day and local hour") == joined(
        {(site, said_day(day), hour): one for (site, day, hour), one in expected.items()}
    )
    shown.page.close()


def test_tiles_are_sums_of_seven_days_and_compare_only_what_is_whole(
    browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    whole = made_store(tmp_path / "whole", FIRST, DAYS, withheld=0.0)
    pipeline.build_dashboard(whole)
    frame = frame_of(whole, "daily_visitors_by_site")
    now = frame[frame["day"].isin(WEEK)]["visit_count"].sum()
    before = frame[frame["day"].isin(set(FORTNIGHT) - set(WEEK))]["visit_count"].sum()
    shown = show(browser, place_of(whole, "index"))
    tile = shown.page.locator('[data-tile="visits"]')
    assert tile.locator(".big").get_attribute("data-value") == str(int(now))
    percent = f"{abs(now / before - 1) * 100:.1f}"
    assert percent.removesuffix(".0") in tile.inner_text()
    shown.page.close()
    frame = frame_of(settings, "daily_visitors_by_site")
    assert (frame["status"] == "suppressed").any()
    shown = show(browser, place_of(settings, "index"))
    tile = shown.page.locator('[data-tile="visits"]')
    least = int(frame[frame["day"].isin(WEEK)]["visit_count"].sum())
    assert tile.locator(".big").inner_text() == f"at least {least:,}"
    assert "No comparison" in tile.inner_text()
    shown.page.close()


def test_shares_withheld_are_those_of_the_files(browser: Browser, settings: Settings) -> None:
    shown = show(browser, place_of(settings, "protection"))
    rows = shown.page.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [row.cells[0].innerText, Number(row.cells[3].dataset.share)])"
    )
    shares = {name: (frame_of(settings, name)["status"] == "suppressed").mean() for name, _ in rows}
    assert dict(rows) == pytest.approx({name: 0 if pd.isna(one) else one for name, one in shares.items()})
    assert len(rows) == len(SPECS)
    text = shown.page.inner_text("main")
    assert "Rozybakiev" in text
    assert "at least 10 different" in text
    shown.page.close()


def test_withheld_cells_are_hatched_and_never_drawn_as_zero(browser: Browser, settings: Settings) -> None:
    shown = show(browser, place_of(settings, "quality"))
    hatched = shown.page.locator('.chart [fill="url(#withheld)"]').count()
    facts = shown.page.evaluate("facts")
    withheld = [row for panel in facts["panels"] for row in panel["rows"] or [] if row[-1] == "withheld"]
    assert hatched == len(withheld) > 0
    assert all(row[-2] is None for row in withheld)
    shown.page.close()


def test_a_missing_day_is_said(browser: Browser, tmp_path: Path) -> None:
    settings = made_store(tmp_path / "net", FIRST, 5)
    gone = settings.published / "tables/daily_visitors_by_site" / f"day={FIRST + dt.timedelta(days=2)}"
    (gone / "part-0.parquet").unlink()
    pipeline.build_catalog(settings)
    pipeline.build_dashboard(settings)
    shown = show(browser, place_of(settings, "index"))
    said = told(shown, "Visits by day")
    assert said[f"club|{said_day('2026-10-14')}"] == ["", "missing"]
    assert messages()["missing_legend"]["en"] in shown.page.inner_text("main")
    shown.page.close()


def test_a_week_with_a_day_that_is_not_there_is_no_whole_week(tmp_path: Path) -> None:
    """Of nine days the fifth is missing: what is summed is six of the last seven, and is said to be so."""
    settings = made_store(tmp_path / "net", FIRST, 9, withheld=0.0)
    folder = settings.published / "tables" / "daily_visits_by_device"
    shutil.rmtree(folder / f"day={FIRST + dt.timedelta(days=4)}")
    settings.catalog.unlink()
    pipeline.build_catalog(settings)
    (panel,) = [
        panel
        for page in load_pages(SPECS)
        for panel in page.panels
        if panel.table == "daily_visits_by_device"
    ]
    (spec,) = [spec for spec in SPECS if spec.name == panel.table]
    with iesiz.open(settings.store_path) as reader:
        facts = panel_facts(reader, panel, spec)
    first, last = FIRST + dt.timedelta(days=2), FIRST + dt.timedelta(days=8)
    assert (facts["first"], facts["last"]) == (str(first), str(last))
    frame = frame_of(settings, panel.table)
    week = frame[frame["day"] >= str(first)]
    assert week["day"].nunique() == 6
    sums = week.groupby(["site", "device"])["visit_count"].sum().to_dict()
    assert {(row[0], row[1]): (row[3], row[4]) for row in facts["rows"]} == {
        key: (value, "partial") for key, value in sums.items()
    }


def test_a_page_says_which_table_is_not_there(browser: Browser, settings: Settings, tmp_path: Path) -> None:
    fewer = [spec for spec in SPECS if spec.name != "daily_funnel_to_registration"]
    write_dashboard(settings, fewer, edition_on(settings, LAST), tmp_path)
    shown = show(browser, tmp_path / "funnel.html")
    assert shown.wrong == []
    assert "The table daily_funnel_to_registration is not published here." in shown.page.inner_text("main")
    shown.page.close()


def test_every_chart_has_a_title_a_name_and_its_numbers(browser: Browser, settings: Settings) -> None:
    for name in PAGES:
        shown = show(browser, place_of(settings, name))
        for section in shown.page.locator("section.panel:has(.chart)").all():
            assert section.locator("h2").inner_text()
            assert section.locator("details.numbers").count() == 1
            assert all(
                one.get_attribute("aria-label")
                for one in section.locator("svg[role=graphics-document]").all()
            )
        shown.page.close()


def test_a_bar_tells_its_number_when_pointed_at(browser: Browser, settings: Settings) -> None:
    shown = show(browser, place_of(settings, "audience"), width=390)
    site, label, _, value, state = shown.page.evaluate("facts")["panels"][1]["rows"][0]
    assert state != "withheld"
    chart = shown.page.locator("section.panel").nth(1).locator(".chart svg").first
    chart.locator("g.mark-rect path").first.hover(force=True)
    tooltip = shown.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    text = tooltip.inner_text()
    assert all(one in text for one in ("System", label, "Site", site, "Visits", f"{value:,}"))
    shown.page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_on_paper_without_what_only_a_screen_needs(
    browser: Browser, settings: Settings, name: str
) -> None:
    paper = 794  # A4 at 96 dots an inch
    shown = show(browser, place_of(settings, name), width=paper)
    shown.page.emulate_media(media="print")
    assert not shown.page.locator("nav").is_visible()
    assert not any(one.is_visible() for one in shown.page.locator("summary").all())
    edges = shown.page.locator("section, .chart svg, table, .tile").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right)"
    )
    assert max(edges) <= paper
    assert all(one.is_visible() for one in shown.page.locator("h2").all())
    shown.page.close()
