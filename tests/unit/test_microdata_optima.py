"""The search against the optima that ARX 3 finds for the Adult file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from iesiz.errors import PrivacyRefusal
from iesiz.microdata.models import (
    Closeness,
    EntropyDiversity,
    KAnonymity,
    Model,
    RecursiveDiversity,
    Requirement,
)
from iesiz.microdata.study import Outcome, Study, generalise, open_study

CASES = 16


def _model(name: str, numbers: list[float]) -> Model:
    if name == "KAnonymity":
        return KAnonymity(int(numbers[0]))
    if name == "RecursiveCLDiversity":
        return RecursiveDiversity(numbers[0], int(numbers[1]))
    if name == "EntropyLDiversity":
        return EntropyDiversity(numbers[0])
    distance = {"OrderedDistanceTCloseness": "ordered", "EqualDistanceTCloseness": "equal"}[name]
    return Closeness(numbers[0], distance)


def _requirement(java: str) -> Requirement:
    limit = re.search(r"create\(([\d.]+)d", java)
    assert limit is not None
    models = []
    for name, arguments in re.findall(r"new (\w+)\(([^()]*)\)", java):
        words = [word.strip() for word in arguments.split(",")]
        numbers = [float(word.rstrip("d")) for word in words if re.fullmatch(r"[\d.]+d?", word)]
        models.append(_model(name, numbers))
    return Requirement(tuple(models), float(limit.group(1)))


def _study(folder: Path, sensitive: str | None) -> Study:
    names = (folder / "adult.csv").read_text().splitlines()[0].split(";")
    quasi = {name: folder / f"adult_hierarchy_{name}.csv" for name in names if name != sensitive}
    return open_study(folder / "adult.csv", quasi, sensitive)


@pytest.fixture(scope="module")
def arx(corpora: Path) -> tuple[list[dict[str, Any]], dict[str | None, Study]]:
    folder = corpora / "microdata" / "arx"
    cases = json.loads((folder / "expected_optima.json").read_text())
    return cases, {name: _study(folder, name) for name in {case["sensitive_attribute"] for case in cases}}


def _run(case: dict[str, Any], studies: dict[str | None, Study]) -> Outcome:
    loss = "discernibility" if "Discernability" in case["config_java"] else "entropy"
    return generalise(studies[case["sensitive_attribute"]], _requirement(case["config_java"]), loss)


@pytest.mark.parametrize("number", range(CASES))
def test_the_optimum_is_that_of_arx(
    number: int, arx: tuple[list[dict[str, Any]], dict[str | None, Study]]
) -> None:
    cases, studies = arx
    case = cases[number]
    if "optimal_transformation" not in case:
        with pytest.raises(PrivacyRefusal, match="no generalisation fulfils"):
            _run(case, studies)
        return
    outcome = _run(case, studies)
    assert list(outcome.optimum.levels) == case["optimal_transformation"]
    assert outcome.optimum.loss == pytest.approx(case["optimal_information_loss"], rel=1e-12)


def test_all_cases_are_there(arx: tuple[list[dict[str, Any]], dict[str | None, Study]]) -> None:
    assert len(arx[0]) == CASES


def test_risks_after_2_anonymity_by_arx_loss(corpora: Path) -> None:
    folder = corpora / "microdata" / "arx"
    expected = json.loads((folder / "expected_risk.json").read_text())
    after = expected["adult.csv (all 9 columns are quasi-identifiers)"][
        "after_2_anonymity_no_suppression_loss_rank"
    ]
    outcome = generalise(_study(folder, None), Requirement((KAnonymity(2),)), "loss")
    assert outcome.risks.marketer == pytest.approx(after["average_risk"], rel=1e-14)
    assert outcome.risks.prosecutor == after["highest_risk"]


def test_the_more_may_be_suppressed_the_less_is_lost(
    arx: tuple[list[dict[str, Any]], dict[str | None, Study]],
) -> None:
    study = arx[1][None]
    losses = [
        generalise(study, Requirement((KAnonymity(100),), limit), "entropy").optimum.loss
        for limit in (0.0, 0.01, 0.04, 0.2, 1.0)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0
