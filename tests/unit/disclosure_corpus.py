"""Read the ten tables of GaussSuppression as systems (expected values come from that package)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iesiz.disclosure.sparse import from_lists
from iesiz.disclosure.system import LinearSystem, system_of

THRESHOLD = {
    "ex1a_age_geo_maxN1": 2,
    "ex1a_age_geo_eu_maxN2": 3,
    "ex1a_maxN4_nozeros": 5,
    "ex1_years_maxN2": 3,
    "z1_maxN3": 4,
    "d2_maxN3_anySumNOTprimary": 4,
    "mun_accidents_maxN3": 4,
    "us136_linked_maxN3": 4,
}


@dataclass(frozen=True, eq=False)
class Case:
    """One table: system, inner counts, planned counts, their primary and suppressed cells, their bounds."""

    name: str
    k: int
    system: LinearSystem
    inner: np.ndarray
    primary: np.ndarray
    suppressed: np.ndarray
    bounds: dict[int, tuple[float, float]]


def rows_of(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_case(folder: Path, name: str) -> Case:
    """Read one case that has an incidence matrix."""
    expected = rows_of(folder / f"{name}_expected.csv")
    inner = rows_of(folder / f"{name}_inner.csv")
    measure = next(column for column in ("freq", "ant", "n") if column in inner[0])
    cells: list[list[int]] = [[] for _ in expected]
    for entry in rows_of(folder / f"{name}_incidence.csv"):
        cells[int(entry["cell"]) - 1].append(int(entry["inner"]) - 1)
    bounds = {
        int(row["cell"]) - 1: (float(row["lo"]), float(row["hi"]))
        for row in rows_of(folder / f"{name}_lpbounds.csv")
    }
    return Case(
        name,
        THRESHOLD[name],
        system_of(from_lists(cells, len(inner))),
        np.array([float(row[measure]) for row in inner]),
        np.array([row["primary"] == "TRUE" for row in expected]),
        np.array([row["suppressed"] == "TRUE" for row in expected]),
        bounds,
    )
