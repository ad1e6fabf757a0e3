"""How many records are unique in the population, estimated from the sample's class sizes.

In: class sizes and the share of the population that was sampled. Out: the estimated share of the population
that is unique. Must not be taken for a bound: these are models, and they may have no solution (None).

Zayatz 1991; Hoshino 2001 for Pitman's model; Chen and Keller-McNulty 1998 for the slide negative binomial
(SNB); the rule that chooses between them is Dankar et al. 2012.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError
from iesiz.microdata.records import Counts

Floats = npt.NDArray[np.float64]
# Up to this share Pitman's model is used, above it the lesser of Zayatz and SNB.
PITMAN_UP_TO = 0.1
STEPS = 500
ACCURACY = 1e-9


@dataclass(frozen=True)
class Sample:
    """Class sizes of a sample.

    Attributes:
        sizes: distinct class sizes.
        frequencies: how many classes have each of them.
        fraction: share of the population in the sample, in (0, 1].
    """

    sizes: Floats
    frequencies: Floats
    fraction: float

    @classmethod
    def of(cls, counts: Counts, fraction: float) -> Sample:
        """Return the sample with these class sizes.

        Raises:
            SettingsError: the fraction is not in (0, 1].
        """
        if not 0 < fraction <= 1:
            raise SettingsError("the sampling fraction must be above 0 and at most 1")
        sizes, frequencies = np.unique(counts, return_counts=True)
        return cls(sizes.astype(np.float64), frequencies.astype(np.float64), fraction)

    @property
    def records(self) -> float:
        """Number of records."""
        return float(self.sizes @ self.frequencies)

    @property
    def population(self) -> float:
        """Number of people in the population."""
        return self.records / self.fraction

    def classes_of(self, size: int) -> float:
        """Return how many classes have a size."""
        return float(self.frequencies[self.sizes == size].sum())


def unique_share(counts: Counts, fraction: float) -> float:
    """Return the estimated share of the population that is unique, by the rule of Dankar et al.

    Raises:
        SettingsError: the fraction is not in (0, 1].
    """
    sample = Sample.of(counts, fraction)
    if sample.classes_of(1) == 0 or fraction == 1:
        return sample.classes_of(1) / sample.records
    if fraction <= PITMAN_UP_TO:
        found = pitman(sample)
        return zayatz(sample) if found is None else found
    negative_binomial = snb(sample)
    return zayatz(sample) if negative_binomial is None else min(zayatz(sample), negative_binomial)


def zayatz(sample: Sample) -> float:
    """Return Zayatz's estimate: sample uniques times the probability that one is unique in the population."""
    drawn_once = np.array([_drawn_once(sample, size) for size in sample.sizes])
    likely = sample.frequencies * drawn_once
    uniques = sample.classes_of(1)
    of_unique = float(likely[sample.sizes == 1].sum() / likely.sum())
    return uniques * of_unique / sample.fraction / sample.population


def _drawn_once(sample: Sample, size: float) -> float:
    """Return the probability that a class of the population with a given size has one record in the sample.

    Hypergeometric, as a product of ratios: differences of logarithms of factorials lose digits.
    """
    total, drawn = round(sample.population), round(sample.records)
    place = np.arange(1.0, size)
    unseen = np.maximum(total - drawn - place + 1, 0.0)
    return float(size * (drawn / total) * np.prod(unseen / (total - place)))


def pitman(sample: Sample) -> float | None:
    """Return the estimate of Pitman's model with maximum-likelihood parameters, or None if there are none."""
    solution = _newton(_pitman_start(sample), lambda point: _pitman_likelihood(sample, point))
    if solution is None or solution[1] == 0:
        return None
    theta, alpha = float(solution[0]), float(solution[1])
    if theta + alpha <= 0 or theta + 1 <= 0:
        return None
    ratio = math.exp(math.lgamma(theta + 1) - math.lgamma(theta + alpha))
    uniques = ratio * sample.population**alpha
    return uniques / sample.population if 0 < uniques <= sample.population else None


def _pitman_start(sample: Sample) -> Floats:
    """Return Hoshino's moment estimate of (theta, alpha), from classes of one and of two records."""
    records, classes = sample.records, float(sample.frequencies.sum())
    ones, twos = sample.classes_of(1), sample.classes_of(2) or 1.0
    ratio = ones * (ones - 1) / twos
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = np.float64(records * classes * ratio - ones * (records - 1) * (2 * classes + ratio)) / (
            2 * ones * classes + ones * ratio - records * ratio
        )
    alpha = (theta * (ones - records) + (records - 1) * ones) / (records * classes)
    return np.array([theta, alpha])


def _pitman_likelihood(sample: Sample, point: Floats) -> tuple[Floats, Floats]:
    """Return the gradient and the Hessian of the log-likelihood in (theta, alpha)."""
    theta, alpha = point
    above = np.arange(1.0, sample.frequencies.sum())
    inverse = 1.0 / (theta + above * alpha)
    drawn = 1.0 / (theta + np.arange(1.0, sample.records))
    within = 1.0 / (np.arange(1.0, sample.sizes.max()) - alpha)
    ends = (sample.sizes - 1).astype(np.int64)
    first = np.concatenate([[0.0], np.cumsum(within)])[ends] @ sample.frequencies
    second = np.concatenate([[0.0], np.cumsum(within**2)])[ends] @ sample.frequencies
    gradient = np.array([inverse.sum() - drawn.sum(), above @ inverse - first])
    mixed = -(above @ inverse**2)
    hessian = np.array(
        [[(drawn**2).sum() - (inverse**2).sum(), mixed], [mixed, -(above**2 @ inverse**2) - second]]
    )
    return gradient, hessian


def snb(sample: Sample) -> float | None:
    """Return the estimate of the slide negative binomial model, or None if its equations have no solution."""
    classes = _population_classes(sample)
    for beta in np.linspace(0.05, 0.95, 19):
        for alpha in (0.1, 0.5, 1.0, 2.0, 5.0):
            solution = _newton(np.array([alpha, beta]), lambda point: _snb_system(sample, classes, point))
            if solution is not None and solution[0] > 0 and 0 < solution[1] < 1:
                return float(classes * solution[1] ** solution[0]) / sample.population
    return None


def _population_classes(sample: Sample) -> float:
    """Return Shlosser's estimate of the classes in the population (Haas and Stokes 1998)."""
    sizes, frequencies, fraction = sample.sizes, sample.frequencies, sample.fraction
    squared = fraction**2
    first = (sizes * squared * (1 - squared) ** (sizes - 1)) @ frequencies
    missed = (1 - fraction) ** sizes * frequencies
    second = (missed * (1 + fraction) ** sizes - 1).sum()
    fourth = (sizes * fraction * (1 - fraction) ** (sizes - 1)) @ frequencies
    return float(frequencies.sum() + sample.classes_of(1) * first / second * (missed.sum() / fourth) ** 2)


def _snb_system(sample: Sample, classes: float, point: Floats) -> tuple[Floats, Floats]:
    """Return what is missing in the expected classes of one and of two records, and the derivatives of it."""
    here = _snb_missing(sample, classes, point)
    jacobian = np.empty((2, 2))
    for place in range(2):
        step = np.zeros(2)
        step[place] = 1e-6 * max(1.0, abs(point[place]))
        ahead, behind = (
            _snb_missing(sample, classes, point + step),
            _snb_missing(sample, classes, point - step),
        )
        jacobian[:, place] = (ahead - behind) / (2 * step[place])
    return here, jacobian


def _snb_missing(sample: Sample, classes: float, point: Floats) -> Floats:
    alpha, beta = point
    fraction = sample.fraction
    unseen = (1 - fraction) * (1 - beta)
    ones = classes * fraction * (beta / (1 - unseen)) ** alpha * (alpha * unseen / (1 - unseen) + 1)
    twos = classes * alpha * beta**alpha * fraction**2 * (1 - beta) / 2
    twos *= (2 - (1 - alpha) * unseen) / (1 - unseen) ** (alpha + 2)
    return np.array([ones - sample.classes_of(1), twos - sample.classes_of(2)])


def _newton(start: Floats, system: Callable[[Floats], tuple[Floats, Floats]]) -> Floats | None:
    """Return a root of a system of two equations by Newton's method, or None if it is not reached.

    Args:
        start: first guess.
        system: returns the values of the equations and their derivatives at a point.
    """
    point = start
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            values, derivatives = system(point)
            if not (np.isfinite(values).all() and np.isfinite(derivatives).all()):
                return None
            if np.abs(values).max() <= ACCURACY:
                return point
            try:
                point = point - np.linalg.solve(derivatives, values)
            except np.linalg.LinAlgError:
                return None
    return None
