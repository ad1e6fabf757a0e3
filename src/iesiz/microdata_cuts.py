"""What published tables say of the people of a cohort, group by group.

In: settings, microdata of the plan and their period; published files. Out: the cuts that `TablesGuard` looks
at. It must not see an exact count: it reads what everybody reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from iesiz.datasets import DAY, Dataset, TableCut
from iesiz.microdata.guard import Cut, Told
from iesiz.periods import Period
from iesiz.publish import published_days, published_paths, read_partition
from iesiz.restricted import WEEKDAYS
from iesiz.settings import Settings
from iesiz.storage import outside
from iesiz.tables import TableSpec, load_tables
from iesiz.vocabulary import SUPPRESSED

ANSWERS = "answers"
"""The sensitive columns as one attribute, joined by `|`."""

STATES = ("not_given", "invalid")

Row = Mapping[str, Any]


def cuts_of(settings: Settings, dataset: Dataset, period: Period, answers: Sequence[str]) -> tuple[Cut, ...]:
    """What each table of a dataset says of its people.

    Args:
        settings: where the store is.
        dataset: the microdata.
        period: its quarter or month.
        answers: values of the joined sensitive attribute.
    """
    specs = {spec.name: spec for spec in load_tables()}
    found = []
    uncovered = len(set(period.days) - published_days(settings))
    for cut in dataset.cuts:
        rows = _rows(settings, specs[cut.table], period) if cut.table in specs else None
        if not cut.answers:
            found.append(_cut(cut, rows, uncovered))
        for name in cut.answers:
            mine = None if rows is None else [row for row in rows if row["field"] == name]
            place = dataset.sensitive.index(name)
            grouped = {value: _state(value.split("|")[place]) for value in answers}
            with_answer = replace(cut, columns={**cut.columns, ANSWERS: "answer"})
            found.append(replace(_cut(with_answer, mine, uncovered), grouped=grouped))
    return tuple(found)


def _cut(cut: TableCut, rows: Sequence[Row] | None, uncovered: int) -> Cut:
    if rows is None:
        return Cut(tuple(cut.columns))
    told: dict[tuple[str, ...], Told] = {}
    for row in rows:
        place = tuple(str(row[dimension]) for dimension in cut.columns.values())
        is_withheld = row["status"] == SUPPRESSED
        one = Told(0, 1) if is_withheld else Told(int(row[cut.measure]), 0)
        told[place] = told.get(place, Told(0, 0)).plus(one)
    # Which weekdays are uncovered is known, so that there nothing is said for them.
    return Cut(tuple(cut.columns), told, None, 0 if DAY in cut.columns.values() else uncovered)


def _rows(settings: Settings, spec: TableSpec, period: Period) -> list[Row] | None:
    """Rows of all partitions that lie wholly in a period; None where nothing was published of it."""
    paths, found = published_paths(settings), []
    inner = sorted({Period.of(spec.grain, day) for day in period.days}, key=lambda one: one.start)
    for one in inner:
        path = paths.get((spec.name, one.name))
        if path is None or one.start not in period or one.last not in period:
            continue
        with outside(path):
            rows = read_partition(spec, path).table.to_pylist()
        found.append([{**row, DAY: WEEKDAYS[one.start.weekday()]} for row in rows])
    return [row for rows in found for row in rows] if found else None


def _state(answer: str) -> str:
    return answer if answer in STATES else "given"
