"""Risks against the values of ARX, pycanon and sdcMicro, and against small tables counted by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iesiz.errors import InputError, SettingsError
from iesiz.microdata import population
from iesiz.microdata.risk import attributes, individual, journalist, risks
from iesiz.microdata.study import Study, margins_of, open_study


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _measure(path: Path, quasi: list[str], sensitive: str | None = None) -> Study:
    return open_study(path, dict.fromkeys(quasi), sensitive)


@pytest.fixture(scope="module")
def adult(corpora: Path) -> tuple[Study, dict[str, Any]]:
    folder = corpora / "microdata" / "arx"
    names = (folder / "adult.csv").read_text().splitlines()[0].split(";")
    expected = json.loads((folder / "expected_risk.json").read_text())
    return _measure(folder / "adult.csv", names), expected["adult.csv (all 9 columns are quasi-identifiers)"]


def test_the_risks_of_adult_are_those_of_arx(adult: tuple[Study, dict[str, Any]]) -> None:
    study, expected = adult
    found = risks(study.data.finest.counts)
    assert (found.records, found.classes) == (expected["rows"], expected["equivalence_classes"])
    assert found.marketer == expected["average_prosecutor_risk"]
    assert found.prosecutor == expected["highest_risk"]
    assert found.uniqueness == expected["fraction_unique_records"]


@pytest.mark.parametrize("fraction", ["0.1", "0.2", "0.01", "1.0"])
def test_population_uniqueness_is_that_of_arx(fraction: str, adult: tuple[Study, dict[str, Any]]) -> None:
    study, expected = adult
    value = expected["population_uniqueness_dankar_sampling_fraction"][fraction]
    dankar = value["PITMAN"] if isinstance(value, dict) else value
    counts = study.data.finest.counts
    assert population.unique_share(counts, float(fraction)) == pytest.approx(dankar, rel=1e-11)
    if isinstance(value, dict):
        sample = population.Sample.of(counts, float(fraction))
        assert population.zayatz(sample) == pytest.approx(value["ZAYATZ"], rel=1e-13)


@pytest.mark.parametrize("number", range(3))
def test_the_measures_are_those_of_pycanon(number: int, corpora: Path) -> None:
    folder = corpora / "microdata" / "pycanon"
    case = json.loads((folder / "expected.json").read_text())[number]
    study = _measure(folder / case["file"], case["quasi_identifiers"], case["sensitive"][0])
    found = risks(study.data.finest.counts)
    told = attributes(study.data.finest, study.data.sensitive_counts)
    assert (found.records, found.classes, found.k) == (case["rows"], case["classes"], case["k"])
    assert (told.l, int(told.l_entropy), told.recursive_c) == (
        case["l_distinct"],
        case["l_entropy"],
        case["recursive_cl"][0],
    )
    assert told.alpha == case["alpha_k"][0]
    for name in ("t", "basic_beta", "enhanced_beta", "delta"):
        assert getattr(told, name) == pytest.approx(case[name], rel=1e-13)


def test_frequencies_and_individual_risk_are_those_of_sdcmicro(corpora: Path) -> None:
    folder = corpora / "microdata" / "sdcmicro"
    case = json.loads((folder / "expected.json").read_text())["francdat"]
    study = _measure(folder / "francdat.csv", case["keyVars"])
    lines = (folder / "francdat.csv").read_text().splitlines()
    weights = [float(row["w"]) for row in csv.DictReader(lines)]
    owner = study.data.combination_of
    sample = study.data.finest.counts[owner]
    people = np.bincount(owner, weights).astype(np.float64)[owner]
    assert sample.tolist() == case["fk"]
    assert people.tolist() == case["Fk"]
    assert individual(sample, people) == pytest.approx(case["rk"], rel=1e-12)


def test_individual_risk_of_larger_classes_and_of_a_census() -> None:
    # f = 3 of F = 30: 0.1 / (3 - 0.9); f = F: everyone is in the file, so 1 / f.
    found = individual(np.array([3, 4]), np.array([30.0, 4.0]))
    assert found == pytest.approx([0.1 / 2.1, 0.25])


ILLNESS = "age,town,ill\n30,A,x\n30,A,x\n30,A,y\n40,A,y\n40,A,z\n40,B,x\n"


def test_what_a_small_table_tells(tmp_path: Path) -> None:
    study = _measure(_write(tmp_path / "t.csv", ILLNESS), ["age"], "ill")
    told = attributes(study.data.finest, study.data.sensitive_counts)
    # Class 30: x 2, y 1. Class 40: y, z, x once each. All: x 3, y 2, z 1 of 6.
    assert told.l == 2
    assert told.alpha == pytest.approx(2 / 3)
    assert told.recursive_c == 2.0  # class 30: 2 / 1; class 40: 1 / 2
    # Class 30: |2/3-1/2| + |1/3-1/3| + 1/6 = 1/3, half of it 1/6. Class 40: 1/6 + 0 + 1/6, the same.
    assert told.t == pytest.approx(1 / 6)
    assert told.basic_beta == pytest.approx(1.0)  # z in class 40: (1/3) / (1/6) - 1
    assert attributes(study.data.finest, study.data.sensitive_counts, "ordered").t == pytest.approx(1 / 6)


def test_ordered_distance_sees_what_equal_distance_does_not(tmp_path: Path) -> None:
    rows = "".join(f"{group},{value}\n" for group, value in [("p", 1), ("p", 10), ("q", 2), ("q", 9)])
    study = _measure(_write(tmp_path / "t.csv", "g,n\n" + rows), ["g"], "n")
    # By number the values are 1, 2, 9, 10. Class p: cumulated 1/4, 0, -1/4, 0 over 3 steps: 1/6.
    assert study.data.sensitive_values == ("1", "2", "9", "10")
    assert attributes(study.data.finest, study.data.sensitive_counts, "ordered").t == pytest.approx(1 / 6)
    assert attributes(study.data.finest, study.data.sensitive_counts, "equal").t == pytest.approx(1 / 2)


def test_margins_name_the_smallest_cell(tmp_path: Path) -> None:
    people = "age,town,sex,ill\n" + "30,A,f,x\n" * 3 + "40,A,m,x\n" * 2 + "40,B,m,y\n"
    study = _measure(_write(tmp_path / "t.csv", people), ["age", "town", "sex"], "ill")
    found = margins_of(study, study.data.finest, (0, 0, 0))
    # 30 is f and A; 40 is m, twice A and x, once B and y.
    assert {margin.columns: margin.k for margin in found} == {
        ("age", "town"): 1,
        ("age", "sex"): 3,
        ("age", "ill"): 1,
        ("town", "sex"): 1,
        ("town", "ill"): 1,
        ("sex", "ill"): 1,
        ("age", "town", "sex"): 1,
        ("age", "town", "ill"): 1,
        ("age", "sex", "ill"): 1,
        ("town", "sex", "ill"): 1,
    }


def test_journalist_risk_looks_at_the_classes_of_the_population_that_were_sampled() -> None:
    population_codes = [np.array([0, 0, 0, 1, 1, 2], dtype=np.int32)]
    assert journalist([np.array([0, 1], dtype=np.int32)], population_codes) == 1 / 2
    assert journalist([np.array([0], dtype=np.int32)], population_codes) == 1 / 3
    with pytest.raises(InputError, match="no match in the population"):
        journalist([np.array([3], dtype=np.int32)], population_codes)


def test_a_file_without_uniques_has_no_population_uniques() -> None:
    assert population.unique_share(np.array([2, 3, 4]), 0.05) == 0


def test_a_sampling_fraction_outside_its_range_is_refused() -> None:
    with pytest.raises(SettingsError, match="sampling fraction"):
        population.unique_share(np.array([1, 2]), 0.0)


def test_nothing_left_has_no_risk() -> None:
    found = risks(np.zeros(0, dtype=np.int64))
    assert (found.records, found.k, found.prosecutor, found.uniqueness) == (0, 0, 0.0, 0.0)
