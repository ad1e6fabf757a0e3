"""Treatments of what users state of themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from iesiz.deidentify import persons
from iesiz.deidentify.persons import INVALID, NOT_GIVEN
from iesiz.deidentify.regions import REGION_CODES

TODAY = date(2026, 11, 22)
Treatment = Callable[[str | None], str]


def _band(text: str | None) -> str:
    return persons.birth_band(text, TODAY)


TREATMENTS: list[Treatment] = [
    _band,
    persons.sex,
    persons.region,
    persons.language,
    persons.channel,
    persons.phone_class,
    persons.mail_provider,
    persons.consent,
    persons.given,
]


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("empty", [None, "", "  ", "\t\n", "\u00a0"])
def test_empty_is_not_given(treatment: Treatment, empty: str | None) -> None:
    assert treatment(empty) == NOT_GIVEN


@pytest.mark.parametrize("treatment", TREATMENTS[:-1])  # any text counts as given
@pytest.mark.parametrize("text", ["?", "\x00", "\ud800", "0000-00-00", "{}", "９９９"])
def test_impossible_is_invalid(treatment: Treatment, text: str) -> None:
    assert treatment(text) == INVALID


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2008-11-23", "under_18"),  # 18 tomorrow
        ("2008-11-22", "18-24"),  # 18 today
        ("2002-01-01", "18-24"),
        ("2001-11-22", "25-29"),
        ("1996-11-22", "30-34"),
        ("1961-11-23", "60-64"),
        ("1961-11-22", "65+"),
        ("1906-11-22", "65+"),  # 120
        ("1905-11-22", INVALID),  # 121
        ("2026-11-22", "under_18"),  # born today
        ("2026-11-23", INVALID),  # in the future
        ("2001-02-30", INVALID),
        ("2000-02-29", "25-29"),
        ("31.12.1990", "35-39"),
        ("12/31/1990", INVALID),  # month and day are never exchanged
        ("1990-12-31T05:00:00+06:00", "35-39"),
        ("901231300017", INVALID),  # age never comes from an IIN
        ("9999999999-01-01", INVALID),
    ],
)
def test_birth_band(born: str, band: str) -> None:
    assert _band(born) == band


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Алматы", "almaty_city"),
        ("г. Алматы", "almaty_city"),
        ("АЛМАТЫ ҚАЛАСЫ", "almaty_city"),
        ("Алма-Ата", "almaty_city"),  # old name
        ("Алматы облысы", "almaty_region"),  # the region keeps the city's name
        ("Алматинская обл.", "almaty_region"),
        ("Almaty Region", "almaty_region"),
        ("Нур-Султан", "astana_city"),
        ("Astana", "astana_city"),
        ("Ақмола облысы", "akmola"),
        ("Шымкент қ.", "shymkent_city"),
        ("Абай облысы", "abai"),  # since 2022
        ("область Жетісу", "zhetisu"),  # since 2022
        ("Ulytau oblast", "ulytau"),  # since 2022
        ("Түркістан облысы", "turkistan"),
        ("Южно-Казахстанская область", "turkistan"),  # until 2018
        ("Северо Казахстанская", "north_kazakhstan"),
        ("Шығыс Қазақстан облысы", "east_kazakhstan"),
        ("БҚО", "west_kazakhstan"),
        ("Qyzylorda oblysy", "kyzylorda"),
        ("Маңғыстау", "mangystau"),
        ("kz-35", "karaganda"),
        ("Республика Казахстан, Павлодарская область", "pavlodar"),
        ("pavlodar", "pavlodar"),
        ("Москва", INVALID),
        ("Семей", INVALID),  # a town is never repaired to its region
        ("область", INVALID),
        ("Казахстан", INVALID),
    ],
)
def test_region(text: str, key: str) -> None:
    assert persons.region(text) == key


def test_there_are_seventeen_regions_and_three_cities() -> None:
    cities = [key for key in REGION_CODES if key.endswith("_city")]
    assert (len(cities), len(REGION_CODES), len(set(REGION_CODES.values()))) == (3, 20, 20)
    assert all(persons.region(key) == key == persons.region(code) for key, code in REGION_CODES.items())


@pytest.mark.parametrize(
    ("treatment", "text", "value"),
    [
        (persons.sex, "Ж", "female"),
        (persons.sex, "әйел", "female"),
        (persons.sex, "Male", "male"),
        (persons.language, "қазақша", "kk"),
        (persons.language, "ru-RU", "ru"),
        (persons.language, "EN", "en"),
        (persons.language, "türkçe", "other"),
        (persons.channel, " Mobile_App ", "mobile_app"),
        (persons.channel, "web", "web"),
        (persons.channel, "pigeon", INVALID),
        (persons.consent, "true", "yes"),
        (persons.consent, "иә", "yes"),
        (persons.consent, "0", "no"),
        (persons.consent, "maybe", INVALID),
        (persons.mail_provider, "a@GMAIL.com", "gmail"),
        (persons.mail_provider, "a@bk.ru", "mail_ru"),
        (persons.mail_provider, "a@ya.ru", "yandex"),
        (persons.mail_provider, "a@company.example", "other"),
        (persons.mail_provider, "иван@почта.рф", "other"),
        (persons.mail_provider, "gmail.com", INVALID),
        (persons.mail_provider, "a@b", INVALID),
        (persons.phone_class, "+7 (701) 234-56-78", "kz_mobile"),
        (persons.phone_class, "87012345678", "kz_mobile"),
        (persons.phone_class, "7012345678", "kz_mobile"),
        (persons.phone_class, "8 10 7 701 234 56 78", "kz_mobile"),
        (persons.phone_class, "8 (7272) 34-56-78", "kz_fixed"),
        (persons.phone_class, "8 800 234 56 78", "kz_fixed"),  # service numbers are no mobiles
        (persons.phone_class, "+7 495 123 45 67", "foreign"),
        (persons.phone_class, "8 916 123 45 67", "foreign"),
        (persons.phone_class, "+998901234567", "foreign"),
        (persons.phone_class, "+7 703 123 45 67", INVALID),  # 703 is not given out
        (persons.phone_class, "+7 7012345", INVALID),
        (persons.phone_class, "800416100254", INVALID),  # an IIN in the wrong field
        (persons.phone_class, "none", INVALID),
        (persons.given, "Айгерім", "given"),
        (persons.given, "?", "given"),
    ],
)
def test_class(treatment: Treatment, text: str, value: str) -> None:
    assert treatment(text) == value


def test_phones_are_classed_as_the_numbering_plan_says(corpora: Path) -> None:
    cases = json.loads((corpora / "identifiers" / "phones.json").read_text(encoding="utf-8"))["cases"]
    for case in cases:
        is_mobile = case.get("type") == "MOBILE"
        assert (persons.phone_class(case["text"]) == "kz_mobile") == is_mobile, case["text"]
