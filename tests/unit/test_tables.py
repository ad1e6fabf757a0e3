"""A table that does not say what it is about, for what and by whom it is counted is not published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iesiz.errors import PrivacyRefusal
from iesiz.table_parts import TYPES
from iesiz.tables import TableSpec, load_table, load_tables
from iesiz.vocabulary import Role

TABLE = """
title = "Visits by language"
grain = "day"
purpose = "2C"
source = "access_log"
row = "visits to one site in one language"
contributor = "visitor"
sensitive = false
schema_version = 1

[[columns]]
name = "site"
type = "string"
role = "dimension"
values = "sites"
unit = "name"
meaning = "service of the network"

[[columns]]
name = "visitor_count"
type = "int"
role = "contributor"
unit = "visitors"
meaning = "distinct visitors"
"""
LABEL_COLUMN = """
[[columns]]
name = "page"
type = "string"
role = "dimension"
values = "admitted"
unit = "route template"
meaning = "page"
"""
NAME = "daily_visits_by_language"
CHECK = "-- stop: no negative number\nselect * from cells where visitor_count < 0\n"


def load(
    folder: Path, text: str = TABLE, name: str = NAME, checks: str = CHECK, labels: str = ""
) -> TableSpec:
    place = folder / name
    place.mkdir()
    (place / "table.toml").write_text(text, encoding="utf-8")
    (place / "query.sql").write_text("select 1", encoding="utf-8")
    (place / "checks.sql").write_text(checks, encoding="utf-8")
    if labels:
        (place / "labels.sql").write_text(labels, encoding="utf-8")
    return load_table(place)


def without(text: str, role: str) -> str:
    """Leave out the column of a role."""
    head, *columns = text.split("[[columns]]")
    return "[[columns]]".join([head, *(column for column in columns if f'role = "{role}"' not in column)])


def test_a_whole_table_loads(tmp_path: Path) -> None:
    spec = load(tmp_path)
    assert (spec.name, spec.dimensions, spec.contributors) == (NAME, ("site",), "visitor_count")
    assert [check.action for check in spec.checks] == ["stop"]


@pytest.mark.parametrize("line", re.findall(r"^\w+ = .*$", TABLE.partition("[[")[0], re.M))
def test_a_table_that_leaves_out_a_fact_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(PrivacyRefusal, match=line.split(" =")[0]):
        load(tmp_path, TABLE.replace(line + "\n", "", 1))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('purpose = "2C"', 'purpose = "2D"'),  # advertising is none of ours
        ('purpose = "2C"', 'purpose = ""'),
        ('grain = "day"', 'grain = "minute"'),
        ('role = "contributor"', 'role = "owner"'),
        ('source = "access_log"', 'source = "cookies"'),
        ('contributor = "visitor"', 'contributor = "household"'),
        ('type = "int"', 'type = "blob"'),
        ('unit = "visitors"', 'unit = ""'),
        ('meaning = "distinct visitors"', 'meaning = ""'),
        ('values = "sites"', 'values = "all"'),
        ('values = "sites"\n', ""),  # a dimension without a domain
        ('role = "contributor"', 'role = "contributor"\nvalues = [1]'),  # a count with a domain
        ('unit = "visitors"', 'unit = "visitors"\nnote = "x"'),  # says more than is known
        ("schema_version = 1", "schema_version = 1\nthreshold = 1"),
    ],
)
def test_a_table_that_says_something_unknown_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in TABLE
    with pytest.raises(PrivacyRefusal, match=NAME):
        load(tmp_path, TABLE.replace(right, wrong, 1))


def test_a_table_without_a_contributor_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrivacyRefusal, match="contributor"):
        load(tmp_path, without(TABLE, "contributor"))


def test_a_table_with_two_contributor_columns_is_refused(tmp_path: Path) -> None:
    column = TABLE.split("[[columns]]")[-1].replace("visitor_count", "person_count")
    with pytest.raises(PrivacyRefusal, match="contributor"):
        load(tmp_path, f"{TABLE}\n[[columns]]{column}")


def test_a_table_without_a_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrivacyRefusal, match="dimension"):
        load(tmp_path, without(TABLE, "dimension"))


def test_labels_from_the_data_and_their_query_go_together(tmp_path: Path) -> None:
    with pytest.raises(PrivacyRefusal, match="admitted"):
        load(tmp_path, TABLE + LABEL_COLUMN)
    with pytest.raises(PrivacyRefusal, match="admitted"):
        load(tmp_path, name="daily_visits_by_page", labels="select 1")


@pytest.mark.parametrize(
    "name", ["visits", "daily_visits", "yearly_visits_by_site", "daily_by_site", "Daily_a_by_b"]
)
def test_a_table_of_another_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PrivacyRefusal, match=name):
        load(tmp_path, name=name)


@pytest.mark.parametrize(
    "checks",
    [
        "-- halt: no negative number\nselect * from cells where visitor_count < 0\n",  # an unknown action
        "select * from cells where visitor_count < 0\n",  # an action for nothing
        f"select 1\n{CHECK}",  # a query before its action
        "",  # nothing is looked at
    ],
)
def test_a_check_that_would_not_be_made_is_refused(tmp_path: Path, checks: str) -> None:
    with pytest.raises(PrivacyRefusal, match=NAME):
        load(tmp_path, checks=checks)


def test_the_tables_of_the_package_load() -> None:
    names = {spec.name for spec in load_tables()}
    assert names >= {
        "hourly_requests_by_status",
        "daily_pageviews_by_page",
        "daily_visits_by_device",
        "daily_visits_by_referrer",
        "daily_errors_by_page",
        "daily_funnel_to_registration",
        "daily_visitors_by_site",
        "daily_registrations_by_region",
    }


@pytest.mark.parametrize("spec", load_tables(), ids=lambda spec: spec.name)
def test_each_column_of_the_package_is_described(spec: TableSpec) -> None:
    for column in spec.columns:
        assert column.meaning
        assert column.unit
        assert column.type in TYPES
    assert len({column.name for column in spec.columns}) == len(spec.columns)
    assert spec.contributors.endswith("_count")
    assert spec.of_role(Role.MEASURE) or spec.source != "access_log"
    assert spec.checks


def test_purposes_are_those_of_the_release_plan() -> None:
    research = {spec.name for spec in load_tables() if spec.purpose.value == "2E"}
    assert {"daily_visitors_by_site", "daily_registrations_by_region"} <= research
    assert "daily_funnel_to_registration" not in research


def test_limits_and_changes_of_a_table_are_read(tmp_path: Path) -> None:
    more = 'cannot = "Who came twice."\n[[changes]]\ndate = 2026-11-05\nwhat = "robots left out"\n'
    spec = load(tmp_path, TABLE.replace("[[columns]]", more + "[[columns]]", 1))
    assert spec.cannot == "Who came twice."
    assert [(str(one.date), one.what) for one in spec.changes] == [("2026-11-05", "robots left out")]


@pytest.mark.parametrize(
    "wrong",
    ["cannot = 1\n", "changes = [{ date = 2026-11-05 }]\n", 'changes = [{ date = "x", what = "y" }]\n'],
)
def test_a_change_without_a_day_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(PrivacyRefusal, match=r"change has a date|cannot is a sentence"):
        load(tmp_path, wrong + TABLE)
