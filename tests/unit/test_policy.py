"""What no declaration permits is refused: a day without an edition, a field without a treatment."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.policy import edition_on, edition_text, has_edition, load_registry
from iesiz.settings import Edition, Policy, Settings
from iesiz.vocabulary import Purpose
from tests.unit.small_world import settings_in

FIELD = """
[access_log.referrer]
clause = "1.A.B"
category = "quasi_identifier"
mandatory = false
treatment = "referrer_class"
meaning = "class of the referring page"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def test_an_edition_is_in_force_from_its_day_on(settings: Settings) -> None:
    first = dt.date(2026, 1, 1)
    assert edition_on(settings, first).in_force == first
    assert has_edition(settings, first)
    assert edition_on(settings, dt.date(2099, 1, 1)).name == "mega-coco-1"


def test_a_day_before_every_edition_is_refused(settings: Settings) -> None:
    before = dt.date(2025, 12, 31)
    with pytest.raises(PrivacyRefusal, match=r"No edition .* 2025-12-31") as caught:
        edition_on(settings, before)
    assert caught.value.exit_code == 4
    assert not has_edition(settings, before)


def test_of_several_editions_the_newest_begun_one_counts(settings: Settings) -> None:
    # In no order, as an operator may write them.
    days = [dt.date(2026, 6, 1), dt.date(2026, 1, 1), dt.date(2026, 12, 1)]
    policy = Policy(editions=[Edition(name="mega-coco-1", in_force=day) for day in days])
    several = settings.model_copy(update={"policy": policy})
    assert edition_on(several, dt.date(2026, 5, 31)).in_force == dt.date(2026, 1, 1)
    assert edition_on(several, dt.date(2026, 11, 30)).in_force == dt.date(2026, 6, 1)


def test_an_edition_without_a_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="mega-coco-1"):
        edition_text("mega-coco-0", dt.date(2026, 1, 1))


def test_an_edition_names_contact_and_the_two_purposes_with_their_clauses(settings: Settings) -> None:
    edition = edition_on(settings, dt.date(2026, 1, 1))
    assert "Mega Center Management" in edition.contact
    clauses = {purpose: text.split(":")[0] for purpose, text in edition.purposes.items()}
    assert clauses == {Purpose.SERVICE_QUALITY: "2.A.C", Purpose.RESEARCH: "2.A.E"}


def test_a_declared_field_has_its_treatment_and_an_undeclared_one_none() -> None:
    registry = load_registry("access_log", FIELD)
    declared = registry.of("referrer")
    assert declared is not None
    assert declared.treatment == "referrer_class"
    assert registry.of("cookie") is None
    assert registry.read == ("referrer",)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"1.A.B"', '"1.A.D"', "clause"),  # no such clause
        ('"quasi_identifier"', '"harmless"', "category"),
        ('"referrer_class"', '"keep"', "treatment"),
        ('"referrer_class"', '"sex"', "treatment"),  # a treatment, but of the other source
        ("mandatory = false\n", "", "exactly"),  # incomplete
        ("mandatory = false\n", "mandatory = false\nkeep = true\n", "exactly"),  # says more than is known
    ],
)
def test_a_declaration_that_permits_nothing_known_is_refused(right: str, wrong: str, said: str) -> None:
    with pytest.raises(PrivacyRefusal, match=said) as caught:
        load_registry("access_log", FIELD.replace(right, wrong))
    assert "access_log.referrer" in str(caught.value)


def test_a_direct_identifier_cannot_be_kept() -> None:
    kept = FIELD.replace("quasi_identifier", "direct_identifier").replace("referrer_class", "number")
    with pytest.raises(PrivacyRefusal, match="direct identifier"):
        load_registry("access_log", kept)


@pytest.mark.parametrize("source", ["loyalty_card", "registration"])
def test_a_source_without_declarations_is_refused(source: str) -> None:
    with pytest.raises(PrivacyRefusal, match=source):
        load_registry(source, FIELD)


def test_the_registry_reads_no_name_no_number_of_a_person() -> None:
    read = {*load_registry("access_log").read, *load_registry("registration").read}
    assert read.isdisjoint({"user", "ident", "first_name", "last_name", "iin", "cookie"})


def test_every_field_that_the_policy_names_is_declared() -> None:
    # Clause 1.A.B names the address, the program, the time and the page; cookies are in no format.
    assert {"address", "agent", "time", "request"} <= set(load_registry("access_log").fields)
    assert all(field.clause == "1.A.A" for field in load_registry("registration").fields.values())
