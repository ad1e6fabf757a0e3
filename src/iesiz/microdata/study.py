"""A researcher's own file, from the names on the command line to the numbers reported.

In: a file, its quasi-identifiers with their hierarchies, its sensitive attribute. Out: the combinations, and
a report of plain numbers on a scheme or on the file as it is. Must not print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.microdata.classes import Classes, Microdata, Vector, collapse
from iesiz.microdata.hierarchy import Hierarchy, identity, read_hierarchy
from iesiz.microdata.losses import loss_named
from iesiz.microdata.models import Requirement, closeness_of
from iesiz.microdata.records import Codes, Records, read_records, sort_order
from iesiz.microdata.release import keep
from iesiz.microdata.risk import Attributes, Margin, Risks, attributes, margins, risks
from iesiz.microdata.search import Guard, Optimum, optimal


@dataclass(frozen=True)
class Study:
    """A file ready to be measured or generalised.

    Attributes:
        records: the file.
        data: its combinations.
        sensitive: name of the sensitive attribute, None without one.
    """

    records: Records
    data: Microdata
    sensitive: str | None

    @property
    def quasi(self) -> tuple[str, ...]:
        """Names of the quasi-identifiers."""
        return tuple(hierarchy.column for hierarchy in self.data.hierarchies)


@dataclass(frozen=True)
class Outcome:
    """A scheme and what is left of the file under it.

    Attributes:
        optimum: the scheme.
        suppressed: records left out.
        risks: of the records kept.
        attributes: of the records kept, measured against the whole file; None without a sensitive attribute.
        margins: of the records kept.
    """

    optimum: Optimum
    suppressed: int
    risks: Risks
    attributes: Attributes | None
    margins: list[Margin]


def open_study(path: Path, quasi: Mapping[str, Path | None], sensitive: str | None) -> Study:
    """Read a file and collapse it to its combinations.

    Args:
        path: the file.
        quasi: for each quasi-identifier its hierarchy; None where the column is only measured.
        sensitive: name of the sensitive attribute, None without one.

    Raises:
        InputError: the file or a hierarchy cannot be used.
        SettingsError: a column is missing, or is both quasi-identifier and sensitive attribute.
    """
    if not quasi:
        raise SettingsError("name at least one quasi-identifier with --quasi")
    if sensitive in quasi:
        raise SettingsError(f"'{sensitive}' cannot be both a quasi-identifier and the sensitive attribute")
    records = read_records(path)
    hierarchies = [
        identity(records.column(name)) if source is None else read_hierarchy(source, name)
        for name, source in quasi.items()
    ]
    return study_of(records, hierarchies, sensitive)


def study_of(records: Records, hierarchies: Sequence[Hierarchy], sensitive: str | None) -> Study:
    """Collapse records to their combinations.

    Raises:
        InputError: a hierarchy lacks a value.
        SettingsError: a column is missing.
    """
    codes = [one.encode(records.column(one.column), str(records.path)) for one in hierarchies]
    if sensitive is None:
        return Study(records, collapse(hierarchies, codes), None)
    values, places = _ordered(records, sensitive)
    return Study(records, collapse(hierarchies, codes, values, places), sensitive)


def generalise(
    study: Study, requirement: Requirement, loss: str, guard: Guard | None = None, least: Vector | None = None
) -> Outcome:
    """Find the best scheme and measure what it leaves; `guard` and `least` as in `optimal`.

    Raises:
        PrivacyRefusal: no scheme fulfils the requirement.
        SettingsError: the loss is unknown, or a model needs a sensitive attribute.
    """
    optimum = optimal(study.data, requirement, loss_named(loss, study.data), guard, least)
    if optimum is None:
        raise PrivacyRefusal(
            f"{study.records.path}: no generalisation fulfils the models within the suppression allowed; "
            "relax a model, allow more suppression, or add levels to the hierarchies"
        )
    left = keep(optimum.classes, optimum.failing)
    closeness = closeness_of(requirement.models)
    told = None
    if study.sensitive is not None and len(left):
        distance = "equal" if closeness is None else closeness.distance
        told = attributes(left, study.data.sensitive_counts, distance)
    suppressed = study.data.records - int(left.counts.sum())
    return Outcome(optimum, suppressed, risks(left.counts), told, margins_of(study, left, optimum.levels))


def margins_of(study: Study, classes: Classes, levels: Vector) -> list[Margin]:
    """Return k of every 2- and 3-way margin of the quasi-identifiers and the sensitive attribute.

    Args:
        study: the file.
        classes: the records looked at, as classes of a scheme.
        levels: the scheme.
    """
    if not len(classes):
        return []
    columns = [
        (hierarchy.column, hierarchy.codes[level][study.data.codes[classes.representative, place]])
        for place, (hierarchy, level) in enumerate(zip(study.data.hierarchies, levels, strict=True))
    ]
    if study.sensitive is None or classes.cells is None:
        return margins(columns, classes.counts)
    cells = classes.cells
    columns = [(name, codes[cells.owner]) for name, codes in columns]
    return margins([*columns, (study.sensitive, cells.value.astype(np.int32))], cells.count)


def match_codes(
    sample: Records, population: Records, names: Sequence[str]
) -> tuple[list[Codes], list[Codes]]:
    """Return the codes of some columns of two files, in one code for both.

    Raises:
        SettingsError: a file lacks a column.
    """
    ours, theirs = [], []
    for name in names:
        mine, other = sample.column(name), population.column(name)
        place = {value: number for number, value in enumerate(mine.values)}
        known = [place.setdefault(value, len(place)) for value in other.values]
        ours.append(mine.codes)
        theirs.append(np.array(known, dtype=np.int32)[other.codes])
    return ours, theirs


def _ordered(records: Records, name: str) -> tuple[tuple[str, ...], Codes]:
    column = records.column(name)
    values = sort_order(column.values)
    place = {value: number for number, value in enumerate(values)}
    return values, np.array([place[value] for value in column.values], dtype=np.int32)[column.codes]
