"""Noise for whole numbers, drawn by OpenDP: exact discrete distributions, never floating-point noise.

In: bounds of what one unit adds, and a loss. Out: a `Noise` whose privacy OpenDP itself has confirmed, and
numbers with that noise. It must not know a table, nor draw by any other source of chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

from iesiz.errors import SettingsError

GAUSSIAN, LAPLACE = "discrete gaussian", "discrete laplace"
ALPHA = 0.05
LARGEST_THRESHOLD = 1 << 40
REMEDY = "pip install 'iesiz[dp]'"


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of one column.

    Attributes:
        kind: `discrete gaussian` or `discrete laplace`.
        scale: sigma of the one, b of the other, in the column's unit.
        accuracy: in 95 of 100 cells the number with noise is at most so far from the exact one.
        threshold: labels that nobody declared are told if their number with noise is above it; None where all
            labels are declared.
    """

    kind: str
    scale: float
    accuracy: int
    threshold: int | None = None


def has_opendp() -> bool:
    """Whether OpenDP is installed."""
    return find_spec("opendp") is not None


def require_opendp() -> None:
    """Refuse to go on without OpenDP.

    Raises:
        SettingsError: it is not installed.
    """
    if not has_opendp():
        raise SettingsError(
            f"mechanism = 'dp' needs OpenDP, which is not installed: {REMEDY}. Nothing was reserved or drawn."
        )


def gaussian(cells: int, most: int, rho: Fraction) -> Noise:
    """Discrete Gaussian noise for rho-zCDP: sigma = most * sqrt(cells / (2 rho)).

    Args:
        cells: L0, cells that a unit is in at most.
        most: Linf, what it adds to a cell at most.
        rho: the loss.
    """
    distance = math.nextafter(most * math.sqrt(cells), math.inf)
    scale = _confirmed(
        most * math.sqrt(cells / (2 * float(rho))), rho, lambda one: _normal(one).map(distance)
    )
    accuracy = math.ceil(_dp().discrete_gaussian_scale_to_accuracy(scale, ALPHA))
    return Noise(GAUSSIAN, scale, accuracy)


def laplace(cells: int, most: int, epsilon: Fraction) -> Noise:
    """Discrete Laplace noise for pure differential privacy: b = cells * most / epsilon."""
    scale = _confirmed(cells * most / float(epsilon), epsilon, lambda one: _two_sided(one).map(cells * most))
    accuracy = math.ceil(_dp().discrete_laplacian_scale_to_accuracy(scale, ALPHA))
    return Noise(LAPLACE, scale, accuracy)


def threshold_of(noise: Noise, cells: int, most: int, delta: Fraction) -> int:
    """The smallest threshold at which OpenDP says that labels of one unit alone are told with delta at most.

    Roughly `most + b ln(1 / (2 d))` or `most + sigma z(d)`, with `d = 1 - (1 - delta)^(1/cells)`.
    """
    low, high = most, LARGEST_THRESHOLD
    while low < high:
        middle = (low + high) // 2
        if Fraction(_delta(noise, cells, most, middle)) <= delta:
            high = middle
        else:
            low = middle + 1
    return low


def draw(noise: Noise, numbers: Sequence[int]) -> list[int]:
    """The numbers with noise, each of its own; they may be negative."""
    measure = _normal(noise.scale) if noise.kind == GAUSSIAN else _two_sided(noise.scale)
    return [int(one) for one in measure(list(numbers))]


def choose(noise: Noise, numbers: Mapping[str, int]) -> dict[str, int]:
    """The labels whose number with noise is above the threshold, with that number.

    OpenDP 0.16 lets the threshold itself through, but counts only what is above it in delta (its issue 2922),
    so it is given the next number.

    Raises:
        ValueError: the noise has no threshold, or a label has nobody: it would not be there at all.
    """
    if noise.threshold is None or any(number < 1 for number in numbers.values()):
        raise ValueError("labels are chosen by a threshold, among labels that somebody has")
    found = _chooser(noise, noise.threshold + 1)(dict(numbers))
    return {label: int(number) for label, number in found.items()}


def _confirmed(scale: float, limit: Fraction, loss: Callable[[float], float]) -> float:
    """The scale, or the next above it at which OpenDP says that the loss is within the limit."""
    step = math.ulp(scale)
    while Fraction(loss(scale)) > limit:
        scale, step = scale + step, 2 * step
    return scale


def _delta(noise: Noise, cells: int, most: int, threshold: int) -> float:
    measure = _chooser(noise, threshold)
    if noise.kind == GAUSSIAN:
        return float(measure.map((cells, most * math.sqrt(cells), float(most)))[1])
    return float(measure.map((cells, cells * most, most))[1])


def _dp() -> Any:
    """OpenDP, with the constructors that its contributors vouch for."""
    require_opendp()
    import opendp.prelude

    opendp.prelude.enable_features("contrib")
    return opendp.prelude


def _normal(scale: float) -> Any:
    dp = _dp()
    return dp.m.make_gaussian(dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l2_distance(T=dp.f64), scale)


def _two_sided(scale: float) -> Any:
    dp = _dp()
    return dp.m.make_laplace(dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l1_distance(T=dp.i64), scale)


def _chooser(noise: Noise, threshold: int) -> Any:
    dp = _dp()
    domain = dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T=dp.i64))
    if noise.kind == GAUSSIAN:
        metric = dp.l02inf_distance(dp.absolute_distance(T=dp.f64))
        measure = "Approximate<ZeroConcentratedDivergence>"
        return dp.m.make_gaussian_threshold(domain, metric, noise.scale, threshold, MO=measure)
    metric = dp.l01inf_distance(dp.absolute_distance(T=dp.i64))
    return dp.m.make_laplace_threshold(domain, metric, noise.scale, threshold)
