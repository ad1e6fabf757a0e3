"""User agents become words of fixed lists; robots are told from people."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from iesiz.deidentify import agents, robots
from iesiz.deidentify.agents import Agent, classify_agent

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36"
DESKTOP = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"

CUBOT = "Mozilla/5.0 (Android 9; Mobile; CUBOT_P20; rv:99.0) Gecko/99.0 Firefox/99.0"


@pytest.mark.parametrize(
    ("text", "device", "system", "browser"),
    [
        (PHONE, "mobile", "Android", "Chrome"),  # the reduced agent of today's phones
        (PHONE.replace(" Mobile", ""), "tablet", "Android", "Chrome"),  # Android, not `Mobile`
        (DESKTOP, "desktop", "Windows", "Chrome"),
        (f"{DESKTOP} Edg/131.0.0.0", "desktop", "Windows", "Edge"),
        (DESKTOP.replace("Safari", "YaBrowser/24.10.0 Yowser/2.5 Safari"), "desktop", "Windows", "Yandex"),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "mobile", "iOS", "Safari"),
        (f"{IPHONE} Mobile/15E148 Instagram 300.0.0.0", "mobile", "iOS", "Instagram"),  # an in-app browser
        (f"{MAC} Version/17.5 Safari/605.1.15", "desktop", "macOS", "Safari"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0", "desktop", "ChromeOS", "Chrome"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/2010 Firefox/132.0", "desktop", "Linux", "Firefox"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/94.0", "tv", "webOS", "Chrome"),
        (f"Mozilla/5.0 (PlayStation 5 3.0) {WEBKIT}", "console", "other", "other"),  # a system off the list
        (CUBOT, "mobile", "Android", "Firefox"),
        ("ShopApp/3.1 Dalvik/2.1.0 (Linux; U; Android 14; K)", "mobile", "Android", "Android browser"),
        ("ShopApp/3 CFNetwork/1410.1 Darwin/22.6.0", "mobile", "iOS", "other"),  # its family is free text
        (f"{PHONE.replace('; K)', '; K; wv)')} DocumentScanner/4", "mobile", "Android", "Android WebView"),
        (f"{DESKTOP} Secret-Name/1.0", "desktop", "Windows", "Chrome"),  # free text is dropped
        (
            "ShopApp/3.1 (build 7; kz; store)",
            "other",
            "other",
            "other",
        ),  # what it runs on, in words of its own
    ],
)
def test_classifies_people(text: str, device: str, system: str, browser: str) -> None:
    found = classify_agent(text)
    assert (found.device, found.system, found.browser) == (device, system, browser)
    assert (found.is_robot, found.robot_reason) == (False, "none")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "listed"),
        (f"{PHONE} (compatible; YandexMobileBot/3.0)", "listed"),  # borrows a browser's agent
        ("SomethingNew/1.0 (+https://robot.example/about)", "listed"),  # says where to ask
        ("SomethingNew/1.0 (admin@robot.example)", "listed"),  # says whom to ask
        (f"{DESKTOP} Example-Site-Monitor", "listed"),  # says what it does
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/131.0", "listed"),
        ("python-requests/2.32", "listed"),
        ("Java/17.0.2", "listed"),
        ("Mozilla/5.0", "no_browser_shape"),  # says nothing
        ("Mozilla/5.0 (compatible; Zorp/1.0)", "no_browser_shape"),  # a name alone
        ("Mozilla/5.0 (Zorp/1.0)", "no_browser_shape"),
        (f"{DESKTOP}; Zorp", "listed"),  # no browser writes a semicolon there
        (f"{DESKTOP} Zorp/2.0 (zorp.com)", "listed"),  # where to ask, without its scheme
        (f"{DESKTOP} StatusCake", "listed"),  # a service that uses a whole browser
        ("Zorp", "no_browser_shape"),
        ("iphone", "no_browser_shape"),  # a lone word, though a known one
        ("", "empty"),
        ("-", "empty"),
        ("   ", "empty"),
    ],
)
def test_tells_robots_and_why(text: str, reason: str) -> None:
    assert classify_agent(text) == Agent("robot", "other", "other", True, reason)  # type: ignore[arg-type]


def test_yandex_is_a_robot_only_by_bot() -> None:
    # People read with a browser of that name: the name alone must hit nobody.
    assert not classify_agent(f"{DESKTOP} YaBrowser/24.10 YandexSearch/24").is_robot
    assert classify_agent("Mozilla/5.0 (compatible; YandexImageBot/1.0)").is_robot


def test_a_format_without_agents_makes_no_robots() -> None:
    assert classify_agent(None) == Agent("unknown", "unknown", "unknown", False, "none")


def test_what_lies_beyond_the_bound_is_not_read() -> None:
    padding = "x" * agents.LONGEST_AGENT
    assert not classify_agent(f"{PHONE} {padding} bot").is_robot


def test_agents_that_utf8_cannot_encode_are_read() -> None:
    assert classify_agent(f"{PHONE} \ud800").device == "mobile"


@pytest.mark.parametrize(
    "values",
    [
        ("phone", "Android", "Chrome", False, "none"),  # no such device
        ("mobile", "Android 14", "Chrome", False, "none"),  # more than the family
        ("mobile", "Android", "Secret/1.0", False, "none"),  # text of an agent
        ("mobile", "Android", "Chrome", True, "listed"),  # a robot that is a phone
        ("robot", "other", "other", True, "none"),  # a robot without a rule
    ],
)
def test_refuses_values_outside_the_vocabulary(values: tuple[str, str, str, bool, str]) -> None:
    with pytest.raises(ValueError, match="Agent"):
        Agent(*values)  # type: ignore[arg-type]


def test_every_distrusted_entry_is_one_of_the_maintained_list() -> None:
    # A spelling that matches no entry would silently trust what was to be left out.
    maintained = {entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA}
    assert {entry["pattern"] for entry in robots._data()["distrusted"]} <= maintained


def test_entries_taken_over_in_bulk_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    # A name of an application came into the list with three others on one day; nobody looked at them.
    def entry(pattern: str, day: str | None, *tags: str) -> dict[str, object]:
        return {"pattern": pattern, "addition_date": day, "tags": list(tags)}

    many = [entry(name, "2026/04/17") for name in ("ShopApp", "Two", "Three")]
    others = [
        entry("Driver", "2026/04/17", "browser-automation"),  # a program's by its tag
        entry("Single", "2025/01/01"),
        entry("Old", None),
        *(entry(f"Old{number}", None) for number in range(9)),  # no day is not one day
        entry("Liked", "2024/01/01"),
    ]
    monkeypatch.setattr(robots, "CRAWLER_USER_AGENTS_DATA", many + others)
    imports = {"most_in_a_day": 3, "trusted_tags": ["browser-automation"]}
    used = robots._trusted({"imports": imports, "distrusted": [{"pattern": "Liked"}]})
    assert [name for name in used if not name.startswith("Old")] == ["Driver", "Single"]
    imports["most_in_a_day"] = 4
    assert "ShopApp" in robots._trusted({"imports": imports, "distrusted": []})


def test_the_version_names_the_list_and_the_rules() -> None:
    assert robots.robot_list_version().startswith("crawler-user-agents 1.")
    assert ", iesiz rules " in robots.robot_list_version()


def robot_share(path: Path) -> float:
    groups = yaml.safe_load(path.read_text("utf-8")).values()
    found = [classify_agent(text).is_robot for group in groups for text in group]
    return sum(found) / len(found)


def test_recall_on_robots(corpora: Path) -> None:
    assert robot_share(corpora / "agents" / "crawlers.yml") >= 0.95


def test_false_positives_on_browsers(corpora: Path) -> None:
    assert robot_share(corpora / "agents" / "browsers.yml") <= 0.01
