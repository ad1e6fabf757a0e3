"""Suppression and audit of a table of 97,336 cells: `python bench_disclosure.py [SIDE] [SHARE]`.

Prints cells, withheld cells, seconds and peak memory. Measures, asserts nothing.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from iesiz.disclosure.protect import protect
from iesiz.disclosure.rules import widths
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import Dimension, all_margins, codes_of, cross
from iesiz.disclosure.task import Task

K = 10.0


def large(side: int, share: float) -> Task:
    """Three dimensions with all margins; a share of the inner cells is small."""
    dimensions = tuple(Dimension(name, tuple(f"{name}{i}" for i in range(side))) for name in ("a", "b", "c"))
    table = cross(dimensions, all_margins(("a", "b", "c")))
    system = system_of(table.incidence, codes_of(dimensions))
    random = np.random.default_rng(1)
    inner = random.poisson(random.lognormal(4.0, 1.0, system.variables)).astype(float) + K
    small = random.random(system.variables) < share
    inner[small] = random.integers(1, int(K), int(small.sum()))
    values = system.forms.dot(inner)
    alone = tuple((int(cell),) for cell in np.flatnonzero(inner == 1))
    nothing = np.zeros(system.cells, dtype=np.bool_)
    return Task(system, inner, values < K, nothing, widths(values, K), alone)


def main() -> None:
    """Run once and print."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 45
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0125
    task = large(side, share)
    start = time.perf_counter()
    result = protect(task)
    seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"cells {task.system.cells}, sensitive {int(task.sensitive.sum())}, withheld {result.verdict.cells}"
    )
    print(f"narrowest interval {result.verdict.narrowest:g}, insiders tried {result.verdict.insiders}")
    print(f"{seconds:.1f} s in all, {result.verdict.seconds:.1f} s of it for the audit, peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
