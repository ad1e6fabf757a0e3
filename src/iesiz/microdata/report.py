"""What is reported of a file of records, as one object of plain values.

In: a study, and what was found of it. Out: a JSON object, and the same as rows of text.
Must not hold a value of the file: column names, levels and measures only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iesiz.errors import InputError, SettingsError
from iesiz.microdata.models import DISTANCES
from iesiz.microdata.population import unique_share
from iesiz.microdata.records import read_records
from iesiz.microdata.risk import Margin, Risks, attributes, individual, journalist, risks
from iesiz.microdata.study import Outcome, Study, margins_of, match_codes

Report = dict[str, Any]


def of_outcome(study: Study, outcome: Outcome) -> Report:
    """Return the report on a scheme and on the records it keeps."""
    told = outcome.attributes
    return {
        "levels": dict(zip(study.quasi, outcome.optimum.levels, strict=True)),
        "loss": outcome.optimum.loss,
        "suppressed": outcome.suppressed,
        **_sizes(outcome.risks),
        "l": None if told is None else told.l,
        "t": None if told is None else told.t,
        **_chances(outcome.risks),
        "margins": _margins(outcome.margins),
    }


def of_file(study: Study, distance: str) -> Report:
    """Return the report on a file as it is.

    Args:
        study: the file.
        distance: of t-closeness, `equal` or `ordered`.

    Raises:
        SettingsError: the distance is unknown.
    """
    if distance not in DISTANCES:
        raise SettingsError(f"the distance of t-closeness must be one of {', '.join(DISTANCES)}")
    found = risks(study.data.finest.counts)
    told: Report = {"l": None, "t": None}
    if study.sensitive is not None:
        told = vars(attributes(study.data.finest, study.data.sensitive_counts, distance))
    margins = margins_of(study, study.data.finest, (0,) * len(study.quasi))
    return {**_sizes(found), **told, **_chances(found), "margins": _margins(margins)}


def of_weights(study: Study, name: str) -> Report:
    """Return the individual risk of a survey with a column of weights: the largest, the mean and the sum.

    Raises:
        InputError: the column holds something else than numbers above 0.
        SettingsError: there is no such column.
    """
    column = study.records.column(name)
    try:
        weights = np.array([float(value) for value in column.values])
    except ValueError:
        weights = np.array([np.nan])
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise InputError(f"{study.records.path}: column '{name}' must hold a number above 0 on every line")
    owner = study.data.combination_of
    people = np.bincount(owner, weights[column.codes]).astype(np.float64)
    found = individual(study.data.finest.counts[owner], people[owner])
    measures = {"largest": float(found.max()), "mean": float(found.mean()), "expected": float(found.sum())}
    return {"risk_individual": measures}


def of_population(study: Study, everyone: Path | None, fraction: float | None) -> Report:
    """Return what a file of the whole population, or the share of it that was sampled, adds to the report.

    Raises:
        InputError: the file of the population cannot be used, or lacks someone.
        SettingsError: the fraction is not in (0, 1].
    """
    report: Report = {}
    if everyone is not None:
        report["risk_journalist"] = journalist(
            *match_codes(study.records, read_records(everyone), study.quasi)
        )
    if fraction is not None:
        report["uniqueness_population"] = unique_share(study.data.finest.counts, fraction)
    return report


def rows(report: Report) -> list[tuple[str, str]]:
    """Return a report as names and texts; of the margins only the smallest of each number of columns."""
    shown: list[tuple[str, str]] = []
    for name, value in report.items():
        if isinstance(value, dict):
            shown += [(f"{name} {key}", _text(part)) for key, part in value.items()]
        elif isinstance(value, list):
            shown += _smallest(value)
        else:
            shown.append((name, _text(value)))
    return shown


def _sizes(found: Risks) -> Report:
    return {"records": found.records, "classes": found.classes, "k": found.k}


def _chances(found: Risks) -> Report:
    return {
        "risk_prosecutor": found.prosecutor,
        "risk_marketer": found.marketer,
        "uniqueness": found.uniqueness,
    }


def _margins(found: Sequence[Margin]) -> list[Report]:
    return [{"columns": list(margin.columns), "k": margin.k} for margin in found]


def _smallest(margins: Sequence[Report]) -> list[tuple[str, str]]:
    smallest: dict[int, Report] = {}
    for margin in sorted(margins, key=lambda margin: int(margin["k"]), reverse=True):
        smallest[len(margin["columns"])] = margin
    return [
        (f"k of {ways}-way margins", f"{margin['k']} ({' x '.join(margin['columns'])})")
        for ways, margin in sorted(smallest.items())
    ]


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
