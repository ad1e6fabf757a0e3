"""The codebook says of every table what a row is, each column, its protection, its limits and its changes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from iesiz.catalog import codebook_html, codebook_markdown
from iesiz.catalog.codebook import codebook_rows, described
from iesiz.catalog.own import own_tables
from iesiz.policy.editions import edition_text
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import Change
from iesiz.tables import TableSpec, load_tables

SPECS = load_tables()
EDITION = edition_text("mega-coco-1", dt.date(2026, 1, 1))
THRESHOLDS = Thresholds(k=12, k_sensitive=25)
TEXT = codebook_markdown(SPECS, EDITION, THRESHOLDS)


def part(spec: TableSpec, text: str = TEXT) -> str:
    return text.split(f"\n## `{spec.name}`\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_table_says_what_it_is_and_what_it_cannot_answer(spec: TableSpec) -> None:
    said = part(spec)
    for wanted in (spec.title, spec.row, f"in one {spec.grain}", EDITION.purposes[spec.purpose], "solver"):
        assert wanted in said
    limits = said.split("**What it cannot answer.**")[1].split("**Changes.**")[0]
    assert limits.count("\n- ") >= 3
    assert ("visitor is an address" in limits) == (spec.contributor == "visitor")
    assert f"at least {25 if spec.sensitive else 12} distinct" in said


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_column_has_a_meaning_and_a_unit(spec: TableSpec) -> None:
    columns = {name: (meaning, unit) for name, meaning, unit in described(spec)}
    assert list(columns) == [str(spec.grain), *(one.name for one in spec.published), "status"]
    for name, (meaning, unit) in columns.items():
        assert len(meaning) > 5
        assert unit
        assert re.search(rf"^\| `{name}` \| \w+ \| \w+ \| .+ \| .+ \|$", part(spec), re.M)


def test_what_changed_is_told_with_its_day() -> None:
    changed = replace(SPECS[0], changes=(Change(dt.date(2026, 11, 5), "robots are known by behaviour"),))
    text = codebook_markdown([changed], EDITION, THRESHOLDS)
    assert "- 2026-11-05: robots are known by behaviour" in part(changed, text)


def test_rows_name_the_clause_and_the_protection_of_numbers_only() -> None:
    rows = codebook_rows(SPECS, EDITION, THRESHOLDS)
    assert len(rows) == sum(len(described(spec)) for spec in SPECS)
    by_column = {row["column_name"]: row for row in rows}
    assert str(by_column["visitor_count"]["clause"]).startswith("2.A.")
    assert "at least 12" in str(by_column["visitor_count"]["protection"])
    assert by_column["site"]["protection"] == "not withheld"


def test_the_catalogs_own_tables_and_macros_are_told() -> None:
    said = TEXT.split("\n## In `catalog.duckdb` besides\n")[1]
    for table in own_tables():
        assert table.row in said
        assert all(f"| `{one.name}` |" in said and one.unit and one.meaning for one in table.columns)
    for macro in ("share(part, whole)", "rolling_7_days(", "week_over_week(", "visible_only("):
        assert macro in said


class Page(HTMLParser):
    """Headings, links and what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.links += [found["href"] or ""] if tag == "a" else []
        self.loads += [tag] if "src" in found or tag in ("link", "script") else []
        self.rows += tag == "tr"


def test_the_page_is_whole_in_itself() -> None:
    page = Page()
    page.feed(codebook_html(TEXT))
    assert page.loads == []
    assert {spec.name for spec in SPECS} <= page.ids
    assert {one.removeprefix("#") for one in page.links} <= page.ids
    assert page.rows > sum(len(described(spec)) for spec in SPECS)
