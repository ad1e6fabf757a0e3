"""What an attacker tries against released microdata; each attack succeeds where its protection is off."""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz.datasets import load_datasets
from iesiz.microdata.guard import TablesGuard
from iesiz.microdata.margins import Cut, Told
from iesiz.microdata.models import Closeness, DistinctDiversity, KAnonymity, Requirement
from iesiz.microdata.records import Records
from iesiz.microdata.release import kept_rows, released
from iesiz.microdata.study import Outcome, Study, generalise, study_of
from iesiz.microdata_cuts import ANSWERS
from tests.nights import Network
from tests.privacy.parquet_pages import pages_of
from tests.quarters import COLUMNS, LAST, people, quarter, records_of, release_path

K, L, T, SHARE = 10, 3, 0.3, 0.05
QUASI, SENSITIVE = COLUMNS[:5], COLUMNS[5:]
REGISTRATIONS = {one.name: one for one in load_datasets()}["registrations"]
MODELS = (KAnonymity(K), DistinctDiversity(L), Closeness(T))
AGES = ("18-24", "25-29", "30-34", "35-39", "40-44", "45-49", "65+")
REGIONS = ("almaty_city", "astana_city", "abai", "ulytau", "north_kazakhstan")

Rows = list[dict[str, str]]


def population(size: int, seed: int) -> pa.Table:
    """Treated registrations of one site, with rare regions and channels."""
    chance = random.Random(seed)
    rows = [
        {
            "site": "mall",
            "age": chance.choice(AGES),
            "sex": chance.choice(("female", "male")),
            "region": chance.choices(REGIONS, (50, 30, 10, 5, 5))[0],
            "channel": chance.choices(("web", "mobile_app", "kiosk"), (70, 25, 5))[0],
            "interests": chance.choice(("given", "not_given")),
            "marketing_consent": chance.choice(("yes", "no")),
        }
        for _ in range(size)
    ]
    # Ten women of one age, region and channel who all gave the same answers: large enough, and homogeneous.
    alike = dict(zip(COLUMNS, ("mall", "65+", "female", "ulytau", "kiosk", "given", "yes"), strict=True))
    table = pa.Table.from_pylist([*rows, *[alike] * 10])
    return table.append_column(
        ANSWERS, pa.array([f"{row['interests']}|{row['marketing_consent']}" for row in table.to_pylist()])
    )


def study(table: pa.Table) -> Study:
    return study_of(Records(Path("registrations"), ",", table), REGISTRATIONS.hierarchies(["mall"]), ANSWERS)


def outcome(of: Study, models: Sequence[Any] = MODELS, share: float = SHARE, **more: Any) -> Outcome:
    return generalise(of, Requirement(tuple(models), share), "entropy", **more)


def shown(of: Study, found: Outcome) -> Rows:
    rows: Rows = released(of.records, of.data, found.optimum, SENSITIVE).to_pylist()
    return rows


def words(name: str, level: int) -> dict[str, str]:
    """What each value of a column becomes."""
    [one] = [one for one in REGISTRATIONS.hierarchies(["mall"]) if one.column == name]
    return dict(zip(one.labels[0], [one.labels[level][code] for code in one.codes[level]], strict=True))


@pytest.fixture(scope="module")
def cohort() -> Study:
    return study(population(2000, seed=1))


@pytest.fixture(scope="module")
def unprotected(cohort: Study) -> Outcome:
    """The records as they are."""
    return outcome(cohort, (KAnonymity(1),), 0.0)


def fewest(rows: Rows, names: Sequence[str]) -> int:
    """People in the smallest populated combination of some columns."""
    return min(Counter(tuple(row[name] for name in names) for row in rows).values())


def subsets() -> Iterator[tuple[str, ...]]:
    for ways in range(1, 5):
        yield from itertools.combinations(QUASI, ways)


def test_no_subset_of_up_to_four_quasi_identifiers_is_unique(cohort: Study, unprotected: Outcome) -> None:
    rows = shown(cohort, outcome(cohort))
    assert min(fewest(rows, names) for names in subsets()) >= K
    control = shown(cohort, unprotected)
    assert min(fewest(control, names) for names in subsets()) < K


def test_no_class_gives_an_answer_away(cohort: Study) -> None:
    """Homogeneity: someone whose class agrees on an answer has given it away without being found."""

    def agreeing(rows: Rows) -> int:
        answers: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for row in rows:
            key = tuple(row[name] for name in QUASI)
            answers.setdefault(key, set()).add(tuple(row[name] for name in SENSITIVE))
        return sum(len(one) < L for one in answers.values())

    assert agreeing(shown(cohort, outcome(cohort))) == 0
    # k alone lets classes of ten pass in which everybody answered alike.
    least = (0, 0, 0, 0, 0)
    alone = outcome(cohort, (KAnonymity(K),), 0.9, least=least)
    assert agreeing(shown(cohort, alone)) > 0


def answers_cut(of: Study) -> Cut:
    table = of.records.table.to_pylist()
    counted = Counter((row["site"], row["region"]) for row in table)
    return Cut(("site", "region"), {place: Told(count, 0) for place, count in counted.items()})


def left_out(of: Study, found: Outcome, level: int) -> Counter[str]:
    """People of each group of regions that are known from tables, and not among the records."""
    kept = set(kept_rows(of.data, found.optimum).tolist())
    named = words("region", level)
    table = of.records.table.to_pylist()
    return Counter(named[row["region"]] for number, row in enumerate(table) if number not in kept)


def test_totals_minus_records_are_nobody_or_k_people() -> None:
    """Tables count everybody; who is not among the records is told by the difference."""

    def small(of: Study, found: Outcome) -> list[int]:
        gone = left_out(of, found, found.optimum.levels[3])
        return [count for count in [*gone.values(), gone.total()] if 0 < count < K]

    bare = []
    for seed in range(1, 7):
        one = study(population(2000, seed))
        limit = Requirement(MODELS, SHARE).limit(one.data.records)
        guard = TablesGuard(one.data, ANSWERS, [answers_cut(one)], K, limit, None)
        guarded = outcome(one, (KAnonymity(K),), guard=guard)
        assert small(one, guarded) == []
        assert guarded.suppressed <= limit
        bare += small(one, outcome(one, (KAnonymity(K),)))
    # Control: without the guard a difference tells of fewer than k.
    assert bare


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Network:
    made = quarter(tmp_path_factory.mktemp("quarter"), people(3000))
    made.night(LAST)
    return made


def test_the_file_holds_neither_ids_nor_anything_but_its_rows(closed: Network) -> None:
    path = release_path(closed)
    metadata = pq.ParquetFile(path).metadata
    columns = [
        metadata.row_group(group).column(number)
        for group in range(metadata.num_row_groups)
        for number in range(metadata.num_columns)
    ]
    assert {one.path_in_schema for one in columns} == set(COLUMNS)
    assert not any(one.is_stats_set or one.has_dictionary_page for one in columns)
    told = {key.decode() for key in metadata.metadata}
    assert told == {
        "iesiz.table",
        "iesiz.schema_version",
        "iesiz.policy_edition",
        "iesiz.purpose",
        "iesiz.release",
    }
    content = path.read_bytes() + b"".join(pages_of(path))
    # Nobody of the rarest region and channel is shown under these names, nor any id or day.
    labels = {str(value).encode() for row in records_of(closed).to_pylist() for value in row.values()}
    for word in (b"kiosk", b"ulytau", b"abai"):
        assert (word in content) == (word in labels)
    for canary in (b"202501-", b"2025-01-", b"pandas", b"ARROW:schema"):
        assert canary not in content
    # Control: what a library writes by default tells more.
    plain = path.parents[3] / "plain.parquet"
    pq.write_table(records_of(closed), plain)
    group = pq.ParquetFile(plain).metadata.row_group(0)
    assert any(group.column(number).is_stats_set for number in range(len(COLUMNS)))
    plain.unlink()


def test_the_order_of_rows_tells_nothing(closed: Network) -> None:
    """Runs of equal neighbours are as many as chance makes; sorted rows have far fewer."""

    def runs(rows: Rows) -> int:
        return sum(one != other for one, other in itertools.pairwise(tuple(row.values()) for row in rows))

    rows = records_of(closed).to_pylist()
    drawn = []
    for seed in range(40):
        order = rows[:]
        random.Random(seed).shuffle(order)
        drawn.append(runs(order))
    spread = float(np.std(drawn)) * 6
    assert abs(runs(rows) - float(np.mean(drawn))) < spread
    assert runs(sorted(rows, key=lambda row: tuple(row.values()))) < float(np.mean(drawn)) - spread


def test_the_order_is_drawn_anew_from_the_systems_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    from iesiz.publish import microdata

    asked = []
    draw = os.urandom

    def counting(size: int) -> bytes:
        asked.append(size)
        return draw(size)

    monkeypatch.setattr(os, "urandom", counting)
    first, second = microdata._drawn_order(1000), microdata._drawn_order(1000)
    assert sorted(first) == list(range(1000))
    assert (first != second).any()
    assert asked == [8000, 8000]
