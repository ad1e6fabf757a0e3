"""How long the search for an optimum takes. Run as a script; it prints numbers and asserts none.

Without arguments: 1,000,000 made-up records with 6 quasi-identifiers, and a few models.
With the folder of ARX's Adult file as argument: that file with its 8 quasi-identifiers too.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from iesiz.microdata.models import Closeness, DistinctDiversity, KAnonymity, Requirement
from iesiz.microdata.study import Study, generalise, open_study

RECORDS = 1_000_000
# For each column the number of values and the widths of the bands on its levels; a last level holds all.
COLUMNS: dict[str, tuple[int, tuple[int, ...]]] = {
    "age": (90, (5, 10, 20)),
    "sex": (2, ()),
    "region": (200, (10, 50)),
    "quarter": (12, (4,)),
    "channel": (15, (5,)),
    "service": (24, (6,)),
}


def _write_hierarchies(folder: Path) -> dict[str, Path | None]:
    paths: dict[str, Path | None] = {}
    for name, (size, widths) in COLUMNS.items():
        rows = (
            [f"{value}", *(f"{value // width}/{width}" for width in widths), "*"] for value in range(size)
        )
        paths[name] = folder / f"{name}.csv"
        (folder / f"{name}.csv").write_text("".join(";".join(row) + "\n" for row in rows))
    return paths


def _write_records(folder: Path) -> Path:
    """Write records whose values are skewed, as regions and services are."""
    generator = np.random.default_rng(20261122)
    columns = [
        np.minimum((generator.beta(1.2, 3.0, RECORDS) * size).astype(int), size - 1)
        for size, _ in COLUMNS.values()
    ]
    columns.append(generator.integers(0, 12, RECORDS))
    np.savetxt(
        folder / "records.csv",
        np.stack(columns, axis=1),
        fmt="%d",
        delimiter=";",
        header=";".join([*COLUMNS, "interest"]),
        comments="",
    )
    return folder / "records.csv"


def _time(name: str, study: Study, requirement: Requirement, loss: str) -> None:
    start = time.perf_counter()
    outcome = generalise(study, requirement, loss)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:44} {took:7.2f} s  {outcome.optimum.checked:5d} schemes checked  "
        f"levels {outcome.optimum.levels}  peak so far {peak:,.0f} MiB"
    )


def _measure(title: str, path: Path, quasi: dict[str, Path | None], sensitive: str) -> None:
    start = time.perf_counter()
    study = open_study(path, quasi, sensitive)
    print(
        f"{title}: {study.data.records:,} records, {len(study.data.finest):,} combinations, "
        f"read in {time.perf_counter() - start:.2f} s"
    )
    size = KAnonymity(5)
    _time("  k 5, 4 % suppressed, entropy", study, Requirement((size,), 0.04), "entropy")
    _time("  k 5, 4 % suppressed, loss", study, Requirement((size,), 0.04), "loss")
    _time("  k 5, none suppressed, discernibility", study, Requirement((size,)), "discernibility")
    models = (size, DistinctDiversity(3))
    _time("  k 5, l 3, 4 % suppressed, entropy", study, Requirement(models, 0.04), "entropy")
    close = (size, Closeness(0.2))
    _time("  k 5, t 0.2, 4 % suppressed, discernibility", study, Requirement(close, 0.04), "discernibility")


def main(arguments: list[str]) -> None:
    """Print times for the files asked for."""
    for folder in map(Path, arguments):
        names = (folder / "adult.csv").read_text().splitlines()[0].split(";")
        quasi = {name: folder / f"adult_hierarchy_{name}.csv" for name in names if name != "occupation"}
        _measure("Adult", folder / "adult.csv", {**quasi}, "occupation")
    with tempfile.TemporaryDirectory() as place:
        quasi_made = _write_hierarchies(Path(place))
        _measure("Made up", _write_records(Path(place)), quasi_made, "interest")


if __name__ == "__main__":
    main(sys.argv[1:])
