"""How well a person can be found, or something learnt about them, in a file of records.

In: classes of records, with or without a sensitive attribute. Out: frozen sets of measures.
Must not change anything, and must not name a record: every number is about the file or about its worst class.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.errors import InputError
from iesiz.microdata import spread
from iesiz.microdata.classes import Classes, group
from iesiz.microdata.models import Closeness
from iesiz.microdata.records import Codes, Counts

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Risks:
    """Risks of re-identification.

    Attributes:
        records: number of records.
        classes: number of classes.
        k: records in the smallest class.
        prosecutor: 1 / k, the chance to find someone known to be in the file.
        marketer: classes / records, the mean chance over all records.
        uniqueness: share of the records that are alone in their class.
    """

    records: int
    classes: int
    k: int
    prosecutor: float
    marketer: float
    uniqueness: float


@dataclass(frozen=True)
class Attributes:
    """What the classes tell of a sensitive attribute, each number from the worst class.

    Attributes:
        l: distinct values.
        l_entropy: 2 to the power of the entropy in bits: as many equally frequent values have that entropy.
        recursive_c: the c above which recursive (c, l)-diversity holds with this l; None if l is 1.
        alpha: share of the most frequent value (Wong et al. 2006).
        t: distance from the whole (Li et al. 2007).
        basic_beta: largest relative gain p / q - 1 (Cao and Karras 2012).
        enhanced_beta: the same, bounded by -log of the rarest value's share.
        delta: largest |log(p / q)| (Brickell and Shmatikov 2008).
    """

    l: int  # noqa: E741  the name this measure has in the literature
    l_entropy: float
    recursive_c: float | None
    alpha: float
    t: float
    basic_beta: float
    enhanced_beta: float
    delta: float


@dataclass(frozen=True)
class Margin:
    """A margin of some columns: the records in its smallest populated cell."""

    columns: tuple[str, ...]
    k: int


def risks(counts: Counts) -> Risks:
    """Return the risks of a file whose classes have these sizes, shape (classes,).

    A file without a record has no risk, k = 0 and no class.
    """
    if not len(counts):
        return Risks(0, 0, 0, 0.0, 0.0, 0.0)
    records, smallest = int(counts.sum()), int(counts.min())
    unique = float(np.count_nonzero(counts == 1)) / records
    return Risks(records, len(counts), smallest, 1 / smallest, len(counts) / records, unique)


def journalist(sample: Sequence[Codes], population: Sequence[Codes]) -> float:
    """Return 1 / (people in the smallest class of the population that has a record in the sample).

    Args:
        sample: for each quasi-identifier the codes of the sample's records.
        population: the same, in the same code, of everyone.

    Raises:
        InputError: a record of the sample has no match in the population.
    """
    drawn = len(sample[0])
    columns = [np.concatenate(pair) for pair in zip(sample, population, strict=True)]
    owner, size = group(columns, [int(column.max()) + 1 for column in columns], len(columns[0]))
    people = np.bincount(owner[drawn:], minlength=size)
    smallest = int(people[owner[:drawn]].min())
    if smallest == 0:
        raise InputError(
            "a record has no match in the population; give a population that holds the whole file"
        )
    return 1 / smallest


def attributes(classes: Classes, overall: Counts, distance: str = "equal") -> Attributes:
    """Return what classes tell of their sensitive attribute.

    Args:
        classes: with cells.
        overall: records of each sensitive value, in the order of the values, shape (values,).
        distance: of t-closeness, `equal` or `ordered`.
    """
    cells = spread.cells_of(classes)
    least = int(spread.distinct_values(classes).min())
    gains = spread.gain(classes, overall)
    rarest = float(overall[overall > 0].min() / overall.sum())
    beta = float(gains.max()) - 1
    return Attributes(
        l=least,
        l_entropy=float(2 ** max(0.0, float(spread.entropy(classes).min()))),
        recursive_c=_recursive_c(classes, least),
        alpha=float((cells.count / classes.counts[cells.owner]).max()),
        t=float(Closeness(1.0, distance).measure(classes, overall).max()),
        basic_beta=beta,
        enhanced_beta=min(beta, -math.log(rarest)),
        delta=float(np.abs(np.log(gains)).max()),
    )


def individual(sample: Counts, population: Floats) -> Floats:
    """Return the risk of each record of a weighted survey, as Benedetti and Franconi (1998) estimate it.

    Args:
        sample: for each record the records of its class (f_k).
        population: for each record the sum of the weights in its class (F_k).

    Returns:
        shape (records,): the expectation of 1 / F over the people the class stands for; from three records on
        its approximation p / (f - (1 - p)), with p = f / F, as sdcMicro computes it. Where F is at most f
        it is 1 / f.
    """
    share = sample / population
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = share / (1 - share)
        one = odds * np.log(1 / share)
        two = odds - odds**2 * np.log(1 / share)
    risk = np.select([sample == 1, sample == 2], [one, two], share / (sample - (1 - share)))
    return np.where(share >= 1, 1 / sample, risk)


def margins(columns: Sequence[tuple[str, Codes]], counts: Counts) -> list[Margin]:
    """Return k of every margin of two and of three columns.

    Args:
        columns: name and codes, shape (rows,), of each column.
        counts: records that each row stands for, shape (rows,).
    """
    found = []
    for ways in (2, 3):
        for chosen in itertools.combinations(columns, ways):
            codes = [column for _, column in chosen]
            owner, size = group(codes, [int(column.max()) + 1 for column in codes], len(counts))
            smallest = int(np.bincount(owner, counts, minlength=size).min())
            found.append(Margin(tuple(name for name, _ in chosen), smallest))
    return found


def _recursive_c(classes: Classes, rank: int) -> float | None:
    if rank < 2:
        return None
    largest, tail = spread.largest_and_tail(classes, rank)
    return float((largest / tail).max())
