"""Microdata of the plan are data, and what is not fit to be released refuses to load."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from iesiz.datasets import load_dataset, load_datasets
from iesiz.errors import PrivacyRefusal
from iesiz.tables import load_tables

BROKEN = {
    "purpose": ('purpose = "2E"', 'purpose = "2X"'),
    "no sensitive attribute named": ('sensitive = ["interests", "marketing_consent"]', "sensitive = []"),
    "undeclared field": ('field = "birth_date"', 'field = "blood_group"'),
    "dropped field": ('field = "birth_date"', 'field = "iin"'),
    "no hierarchy": ('hierarchy = "age.csv"\n', ""),
    "unknown key": ('source = "registration"', 'source = "registration"\nowner = "x"'),
    "column of no table": ('region = "region" }', 'region = "shoe_size" }'),
    "not who is counted": ('measure = "registration_count"', 'measure = "registrations"'),
}


def folder_in(base: Path) -> Path:
    with resources.as_file(resources.files("iesiz.microdata").joinpath("registrations")) as source:
        return Path(shutil.copytree(source, base / "registrations"))


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_not_fit_refuses_to_load(fault: str, tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    path = folder / "microdata.toml"
    assert load_dataset(folder).name == "registrations"
    right, wrong = BROKEN[fault]
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong, 1))
    with pytest.raises(PrivacyRefusal):
        load_dataset(folder)


def test_a_hierarchy_that_is_not_monotone_refuses_to_load(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    path = folder / "age.csv"
    path.write_text(path.read_text().replace("30-34,25-34,under_35", "30-34,25-34,35-54"))
    with pytest.raises(PrivacyRefusal, match="monotone"):
        load_dataset(folder)


def test_every_table_of_people_is_looked_at_beside_the_records() -> None:
    [registrations] = [one for one in load_datasets() if one.name == "registrations"]
    counted = {spec.name for spec in load_tables() if spec.contributor == "person"}
    assert {cut.table for cut in registrations.cuts} == counted
