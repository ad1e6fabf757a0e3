"""Each person in one release only: what two quarters tell together; notes of it outlive the mirror."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from iesiz import key_work, pipeline, upkeep
from iesiz.calendar import now
from iesiz.datasets import load_datasets
from iesiz.deidentify import KeyRing
from iesiz.microdata.models import Closeness, DistinctDiversity, KAnonymity, Requirement
from iesiz.microdata.records import Records
from iesiz.microdata.release import released
from iesiz.microdata.study import generalise, study_of
from iesiz.microdata_cuts import ANSWERS
from iesiz.periods import Grain, Period
from iesiz.restricted import cohort, cohorts_path, mirror_path, note_cohort, notes_hold, read_cohort
from iesiz.settings import load_settings
from tests.clock import set_clock
from tests.nights import Network
from tests.quarters import FIELDS, LAST, Person, deliver, noted, people, quarter

K, L, T = 10, 3, 0.3
REGISTRATIONS = {one.name: one for one in load_datasets()}["registrations"]
QUASI = tuple(one.name for one in REGISTRATIONS.quasi)
FIRST, SECOND = (Period(Grain.QUARTER, dt.date(2025, month, 1)) for month in (1, 4))
ANSWER = {"A": ("music", "yes"), "B": ("music", "no"), "C": ("", "yes"), "D": ("", "no")}
SHOWN = {"A": ("given", "yes"), "B": ("given", "no"), "C": ("not_given", "yes"), "D": ("not_given", "no")}
MOVER = "202501-mover"

Row = dict[str, str]


def person(name: str, day: str, region: str, answer: str) -> Person:
    interests, consent = ANSWER[answer]
    words = (name, f"{day}T12:00:00+05:00", "mall", "1997-06-15", "female", region, "web", interests, consent)
    return dict(zip(FIELDS, words, strict=True))


def group(start: str, region: str, answers: str) -> list[Person]:
    """People of one region who registered on one day, one for each letter."""
    return [person(f"{start}-{region}-{place}", start, region, one) for place, one in enumerate(answers)]


# Everybody's classes are large and diverse in both quarters.
EVERYBODY = [
    *group("2025-01-15", "almaty", "ABCD" * 50),
    *group("2025-01-15", "abai", "AAAAABBBBCCCC"),
    *group("2025-04-15", "almaty", "ABCD" * 50),
    *group("2025-04-15", "ulytau", "BBBBCCCDDDD"),
]
BEFORE = person(MOVER, "2025-01-20", "abai", "C")
AFTER = person(MOVER, "2025-04-20", "ulytau", "C")
"""The same account, updated: another region, and a later day of registration."""


@pytest.fixture
def net(tmp_path: Path) -> Network:
    """A store whose first cohort was closed before somebody's registration was updated."""
    made = quarter(tmp_path, [*EVERYBODY, BEFORE])
    pipeline.deidentify_registrations(made.settings)
    return made


def release_of(net: Network, period: Period) -> list[Row]:
    """What would be released of a cohort under k, l and t."""
    fields = [one.field for one in REGISTRATIONS.columns]
    table = read_cohort(net.settings, period, fields)
    assert table is not None
    table = table.rename_columns([*(one.name for one in REGISTRATIONS.columns), "came"])
    joined = [f"{row['interests']}|{row['marketing_consent']}" for row in table.to_pylist()]
    records = Records(Path("cohort"), ",", table.append_column(ANSWERS, pa.array(joined)))
    study = study_of(records, REGISTRATIONS.hierarchies(["mall"]), ANSWERS)
    models = KAnonymity(K), DistinctDiversity(L), Closeness(T)
    found = generalise(study, Requirement(models, 0.05), "entropy", None, (0,) * len(QUASI))
    rows: list[Row] = released(study.records, study.data, found.optimum, REGISTRATIONS.sensitive).to_pylist()
    return rows


def two_releases(net: Network) -> tuple[list[Row], list[Row]]:
    first = release_of(net, FIRST)
    note_cohort(net.settings, FIRST)
    deliver(net, [*EVERYBODY, AFTER])
    pipeline.deidentify_registrations(net.settings)
    return first, release_of(net, SECOND)


def answers_in(rows: list[Row], region: str) -> list[tuple[str, str]]:
    """Answers of the records that may be of the mover, of whom everything is known but the answers."""
    return [(row["interests"], row["marketing_consent"]) for row in rows if row["region"] == region]


def candidates(releases: list[list[tuple[str, str]]]) -> int:
    """Records of the first release that may be somebody's who is in all of them."""
    common = set.intersection(*(set(one) for one in releases))
    return sum(one in common for one in releases[0])


def test_two_quarters_narrow_nobody_down_below_k(net: Network) -> None:
    """Somebody moves and updates the registration: known by region in both quarters."""
    first, second = two_releases(net)
    # The mover is in one release, so that there is nothing to intersect it with.
    assert len(answers_in(second, "ulytau")) == 11
    held = answers_in(first, "abai")
    assert candidates([held]) == len(held) == 14
    assert len(set(held)) >= L


def test_without_one_cohort_a_person_two_quarters_narrow_somebody_down(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same two quarters under the same models, and nobody's cohort is noted."""

    def nobody(settings: object, besides: object = None) -> pa.Table:
        return pa.table({"person": pa.array([], pa.binary()), "cohort": pa.array([], pa.string())})

    monkeypatch.setattr(cohort, "_noted", nobody)
    first, second = two_releases(net)
    held = [answers_in(first, "abai"), answers_in(second, "ulytau")]
    assert [len(one) for one in held] == [14, 12]
    # Each release alone is k-anonymous, diverse and close to the whole; both together are not.
    assert all(len(set(one)) >= L for one in held)
    assert candidates(held) == 9 < K
    assert {SHOWN["B"], SHOWN["C"]} == set(held[0]) & set(held[1])


def test_notes_and_their_key_outlive_a_mirror_that_was_not_renewed(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = net.settings
    note_cohort(settings, FIRST)
    later = now() + dt.timedelta(days=60)
    with monkeypatch.context() as later_on:
        set_clock(later_on, lambda: later)
        upkeep.upkeep(settings)
    assert not mirror_path(settings).exists()
    assert cohorts_path(settings).exists()
    deliver(net, [*EVERYBODY, AFTER])
    pipeline.deidentify_registrations(settings)
    assert len(answers_in(release_of(net, SECOND), "ulytau")) == 11


def test_notes_go_with_their_key_where_there_is_no_source_any_more(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_cohort(net.settings, FIRST)
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text().split("[registration]")[0])
    settings = load_settings(path)
    later = now() + dt.timedelta(days=60)
    set_clock(monkeypatch, lambda: later)
    upkeep.upkeep(settings)
    assert not cohorts_path(settings).exists()
    assert key_work.MIRROR_KEY not in {one.name for one in KeyRing.of(settings).facts()}


def renew_key(net: Network, persons: list[Person]) -> None:
    """Destroy the key of the mirror and read the source under a new one."""
    KeyRing.of(net.settings).destroy(key_work.MIRROR_KEY, now().date())
    deliver(net, persons)
    pipeline.deidentify_registrations(net.settings)


def test_under_a_new_key_nobody_is_released_again(tmp_path: Path) -> None:
    net = quarter(tmp_path, people(9))
    with pipeline.store_lock(net.settings):
        pipeline.deidentify_registrations(net.settings)
    note_cohort(net.settings, Period(Grain.QUARTER, dt.date(2024, 10, 1)))
    before = cohorts_path(net.settings).read_bytes()
    assert notes_hold(net.settings)
    renew_key(net, people(3000))
    assert not notes_hold(net.settings)
    assert cohorts_path(net.settings).read_bytes() == before
    net.night(LAST)
    assert [one["verdict"] for one in noted(net) if one["table"] == "microdata/registrations"] == ["withheld"]
    assert cohorts_path(net.settings).read_bytes() == before


@pytest.mark.parametrize("change", [deliver, renew_key])
def test_the_first_notes_are_made_under_the_key_of_the_day(
    net: Network, change: Callable[[Network, list[Person]], None]
) -> None:
    """Where nobody was noted yet, any key will do."""
    assert not cohorts_path(net.settings).exists()
    change(net, [*EVERYBODY, BEFORE])
    assert notes_hold(net.settings)
    assert sum(1 for _ in itertools.chain(release_of(net, FIRST))) == 214
