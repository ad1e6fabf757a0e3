"""Noise: the reference's thresholds, an attacker who measures epsilon, and whether labels are told rightly.

Each measured bound has a control in which the noise is too small or the bounds are understated, and in which
the same attacker measures more than what was stated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest

from iesiz.dp.mechanism import Declaration
from iesiz.dp.noise import Noise, choose, draw, gaussian, laplace, threshold_of
from iesiz.zcdp import epsilon_at, rho_of

DRAWS = 20_000
SURE = 5.0  # standard errors that an attacker leaves: his bounds fail once in a million times
Numbers = npt.NDArray[np.int64]


@pytest.fixture(scope="module")
def cases(corpora: Path) -> dict[str, dict[str, object]]:
    held = json.loads((corpora / "dp" / "opendp_0_16.json").read_text("utf-8"))
    return {str(one["mechanism"]): one for one in held["cases"]}


def test_laplace_noise_and_threshold_are_those_of_the_reference(cases: dict[str, dict[str, object]]) -> None:
    case = cases["make_laplace_threshold / dp.len().noise via Polars context"]
    l0, linf = int(str(case["l0"])), int(str(case["linf"]))
    noise = laplace(l0, linf, Fraction(str(case["epsilon"])))
    assert noise.scale == case["scale"]
    assert threshold_of(noise, l0, linf, Fraction(str(case["delta"]))) == case["threshold"]
    each = 1 - (1 - float(str(case["delta"]))) ** (1 / l0)
    assert math.floor(linf + noise.scale * math.log(1 / (2 * each))) == case["threshold"]


def test_gaussian_noise_and_threshold_are_those_of_the_reference(cases: dict[str, dict[str, object]]) -> None:
    case = cases["make_gaussian_threshold via Polars context"]
    l0, linf = int(str(case["l0"])), int(str(case["linf"]))
    noise = gaussian(l0, linf, Fraction(str(case["rho"])))
    assert noise.scale == pytest.approx(case["scale"], abs=1e-6)
    assert threshold_of(noise, l0, linf, Fraction(str(case["delta"]))) == case["threshold"]
    each = 1 - (1 - float(str(case["delta"]))) ** (1 / l0)
    assert math.ceil(linf + noise.scale * NormalDist().inv_cdf(1 - each)) == case["threshold"]


def test_the_epsilon_that_is_told_is_no_better_than_the_reference_has(
    cases: dict[str, dict[str, object]],
) -> None:
    case = cases["make_gaussian vector"]
    ours = epsilon_at(Decimal(str(case["rho"])), Decimal("1e-7"))
    assert float(str(case["epsilon_at_delta_1e7"])) < float(ours) < 1.0
    # The longer views of the reference: 30 days of rho 0.015, and 365.
    assert round(epsilon_at(30 * Decimal("0.015"), Decimal("1e-6")), 1) == Decimal("5.4")
    assert round(epsilon_at(365 * Decimal("0.015"), Decimal("1e-6")), 1) == Decimal("22.9")
    assert rho_of(Decimal("0.1")) == Decimal("0.005")


# ---- an attacker who measures ------------------------------------------------------------------------------


def ends(hits: int) -> tuple[float, float]:
    """Bounds of a chance of which so many of `DRAWS` tries came out (Wilson)."""
    share, wide = hits / DRAWS, SURE**2 / DRAWS
    middle = (share + wide / 2) / (1 + wide)
    half = math.sqrt(share * (1 - share) * wide + wide**2 / 4) / (1 + wide)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def measured(with_unit: Numbers, without: Numbers, delta: float = 0.0) -> float:
    """A lower bound of epsilon: the best event "all cells at least t" in both directions.

    Args:
        with_unit: draws of the cells of one unit, shape (DRAWS, cells), with it.
        without: the same without it.
        delta: that is left to chance.
    """
    best = 0.0
    for low, high in ((without, with_unit), (-with_unit, -without)):
        for least in np.unique(np.quantile(high, np.linspace(0.02, 0.995, 12)).astype(np.int64)):
            likely = ends(int(np.all(high >= least, axis=1).sum()))[0] - delta
            rare = ends(int(np.all(low >= least, axis=1).sum()))[1]
            best = max(best, math.log(likely / rare) if likely > 0 else 0.0)
    return best


def drawn(noise: Noise, counts: Sequence[int]) -> Numbers:
    """Many draws of the same cells, shape (DRAWS, cells)."""
    return np.array(draw(noise, list(counts) * DRAWS), dtype=np.int64).reshape(DRAWS, len(counts))


def attack(noise: Noise, cells: int, most: int, delta: float = 0.0) -> float:
    """What somebody measures of one unit that is in so many cells and adds the most to each."""
    without = [40] * cells
    return measured(drawn(noise, [one + most for one in without]), drawn(noise, without), delta)


def noise_of(cells: int, most: int, **loss: str) -> Noise:
    declared = Declaration(
        "visitor_day", cells, {"visitor_count": most}, **{k: Decimal(v) for k, v in loss.items()}
    )
    return declared.noises()["visitor_count"]


def test_no_more_is_measured_than_the_stated_epsilon() -> None:
    assert 0.6 < attack(noise_of(1, 1, epsilon="1"), 1, 1) <= 1.0
    assert 0.6 < attack(noise_of(3, 2, epsilon="1"), 3, 2) <= 1.0


UNDERSTATED: dict[str, Callable[[], float]] = {
    "half the scale": lambda: attack(replace(noise_of(3, 1, epsilon="1"), scale=1.5), 3, 1),
    "L0 of one for three cells": lambda: attack(noise_of(1, 1, epsilon="1"), 3, 1),
    "Linf of one for two": lambda: attack(noise_of(1, 1, epsilon="1"), 1, 2),
}


@pytest.mark.parametrize("mistake", UNDERSTATED)
def test_control_understated_noise_is_measured(mistake: str) -> None:
    assert UNDERSTATED[mistake]() > 1.0


def test_no_more_is_measured_than_rho_allows() -> None:
    delta = Decimal("0.01")
    stated = float(epsilon_at(Decimal("0.5"), delta))
    assert attack(noise_of(1, 1, rho="0.5"), 1, 1, float(delta)) <= stated
    quarter = noise_of(1, 1, rho="0.5")
    assert attack(replace(quarter, scale=quarter.scale / 4), 1, 1, float(delta)) > stated


def test_columns_share_the_loss() -> None:
    both = Declaration("visitor_day", 1, {"visitor_count": 1, "pageview_count": 1}, rho=Decimal("0.02"))
    one = Declaration("visitor_day", 1, {"visitor_count": 1}, rho=Decimal("0.01"))
    assert {noise.scale for noise in both.noises().values()} == {one.noises()["visitor_count"].scale}


def test_the_accuracy_that_is_told_holds_in_95_of_100_cells() -> None:
    for noise in (noise_of(3, 1, rho="0.015"), noise_of(3, 1, epsilon="0.5")):
        far = np.abs(drawn(noise, [100]) - 100)
        assert ends(int((far <= noise.accuracy).sum()))[1] >= 0.95
        assert ends(int((far <= 0.8 * noise.accuracy).sum()))[0] < 0.95


# ---- labels that nobody declared ---------------------------------------------------------------------------


def test_a_label_of_one_unit_is_told_with_delta_at_most() -> None:
    delta = Fraction("0.02")
    for bare in (laplace(1, 1, Fraction(1)), gaussian(1, 1, Fraction(1, 2))):
        noise = replace(bare, threshold=threshold_of(bare, 1, 1, delta))
        told = choose(noise, {str(number): 1 for number in range(DRAWS)})
        assert ends(len(told))[0] <= float(delta)
        assert min(told.values()) > (noise.threshold or 0)


def test_control_one_less_and_more_are_told_than_delta() -> None:
    """OpenDP 0.16 lets the threshold through that its delta does not count."""
    noise = laplace(1, 1, Fraction(1))
    tight = Fraction("0.0364")  # what its map says of a threshold of 3
    threshold = threshold_of(noise, 1, 1, tight)
    told = choose(replace(noise, threshold=threshold - 1), {str(number): 1 for number in range(DRAWS)})
    assert threshold == 3
    assert ends(len(told))[0] > float(tight)


def test_labels_that_nobody_has_cannot_be_asked_for() -> None:
    noise = replace(laplace(1, 1, Fraction(1)), threshold=10)
    with pytest.raises(ValueError, match="somebody has"):
        choose(noise, {"a": 0})
