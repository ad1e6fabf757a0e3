"""What published tables say of the people of a cohort, and an attacker who has these tables.

In: settings, microdata of the plan, their period and the cohort. Out: the cuts that `TablesGuard` looks at,
and the attack that it asks. It must not see an exact count: of tables it reads what everybody reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from iesiz.archive import read_span
from iesiz.closing import plan_of_night
from iesiz.datasets import BAND, DAY, ONCE, STOCK, Dataset, TableCut
from iesiz.disclosure import Beside, Plan, TableSum
from iesiz.errors import PrivacyRefusal
from iesiz.microdata.guard import Attack, GroupSum, Narrow
from iesiz.microdata.margins import Cut, Place, Told
from iesiz.periods import Period
from iesiz.restricted import CAME, WEEKDAYS
from iesiz.rule_settings import Thresholds
from iesiz.settings import Settings
from iesiz.tables import Cells, load_tables
from iesiz.vocabulary import SUPPRESSED

ANSWERS = "answers"
"""The sensitive columns as one attribute, joined by `|`."""

HOUR = "hour"
MOST_ATTACKS = 200
STATES = ("not_given", "invalid")

Cell = tuple[str, tuple[Any, ...]]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """A table as the cohort is compared with it.

    Attributes:
        cells: for each combination of the cut's values the cells of the table, over all its periods.
    """

    cut: Cut
    cells: Mapping[Place, tuple[Cell, ...]]


@dataclass(frozen=True)
class Opponent:
    """Everything that is published of a cohort's people.

    Attributes:
        cuts: what each table says.
        attack: what becomes known if records are added; None where no table withholds anything.
    """

    cuts: tuple[Cut, ...]
    attack: Attack | None


def opponent_of(settings: Settings, dataset: Dataset, period: Period, cohort: pa.Table) -> Opponent:
    """What is published of the people of a cohort.

    Args:
        settings: where the store is.
        dataset: the microdata.
        period: its quarter or month.
        cohort: a row a person or visit: the columns of the dataset, `CAME` and the joined `ANSWERS`, if any.

    Raises:
        PrivacyRefusal: a published table differs from the plan.
    """
    specs = {spec.name: spec for spec in load_tables()}
    plan = plan_of_night(settings, tuple(specs.values()))
    linked = _linked(plan, {cut.table for cut in dataset.cuts})
    published = read_span(settings, [spec for spec in plan.tables if spec.name in linked], period)
    compared = compared_with(dataset, published, period, cohort)
    return opponent_beside(compared, published, plan, settings.thresholds)


def compared_with(
    dataset: Dataset, published: Sequence[Cells], period: Period, cohort: pa.Table
) -> tuple[Compared, ...]:
    """The tables of a dataset's cuts as a cohort is compared with them; a period's partitions only."""
    return tuple(
        one
        for cut in dataset.cuts
        for one in _compared(dataset, cut, [p for p in published if p.spec.name == cut.table], period, cohort)
    )


def opponent_beside(
    compared: Sequence[Compared], published: Sequence[Cells], plan: Plan, thresholds: Thresholds
) -> Opponent:
    """Somebody who has the published tables.

    Raises:
        PrivacyRefusal: they differ from the plan.
    """
    cuts = tuple(one.cut for one in compared)
    if not any(told.withheld for cut in cuts for told in (cut.told or {}).values()):
        return Opponent(cuts, None)
    return Opponent(cuts, _Attacks(Beside(published, plan, thresholds), compared))


class _Attacks:
    """Sums of groups as sums of cells, and cells that come too close as places of the cuts."""

    def __init__(self, beside: Beside, compared: Sequence[Compared]) -> None:
        self._beside, self._compared = beside, compared
        self._answered: dict[frozenset[GroupSum], tuple[Narrow, ...]] = {}
        self._home: dict[Cell, Narrow] = {}
        for number, one in enumerate(compared):
            for place, cells in one.cells.items():
                for cell in cells:
                    self._home.setdefault(cell, Narrow(number, place))

    def __call__(self, sums: Sequence[GroupSum]) -> Sequence[Narrow]:
        """The places of withheld numbers that the sums bring an attacker too close to.

        Schemes that differ in what no table has ask the same: an answer is kept.

        Raises:
            PrivacyRefusal: too much was tried in vain.
        """
        asked = frozenset(sums)
        if asked not in self._answered:
            if len(self._answered) == MOST_ATTACKS:
                raise PrivacyRefusal(f"No scheme was found safe beside the tables in {MOST_ATTACKS} attacks.")
            self._answered[asked] = self._narrow(sums)
        return self._answered[asked]

    def _narrow(self, sums: Sequence[GroupSum]) -> tuple[Narrow, ...]:
        told = [
            TableSum(
                tuple(cell for place in one.places for cell in self._compared[one.cut].cells[place]),
                one.least,
                one.most,
            )
            for one in sums
        ]
        found = self._beside.narrow(told)
        return tuple(self._home.get(cell, Narrow()) for cell in found)


def _linked(plan: Plan, names: set[str]) -> set[str]:
    """The tables that hang together with some tables."""
    while True:
        pairs = [{spec.name, other.name} for spec, _, other in plan.links()]
        more = names.union(*(pair for pair in pairs if pair & names))
        if more == names:
            return names
        names = more


def _compared(
    dataset: Dataset, cut: TableCut, published: Sequence[Cells], period: Period, cohort: pa.Table
) -> Iterator[Compared]:
    """A table as a whole, or once for each sensitive column that it tells of."""
    inner = [one for one in published if one.period and _is_within(one.period, period)]
    if cut.counts == STOCK:
        inner = [one for one in inner if one.period and one.period.last == period.last]
    if not inner:
        yield from (Compared(Cut(tuple(cut.columns)), {}) for _ in cut.answers or ("",))
        return
    covered = {day.isoformat() for one in inner for day in _days(one)}
    outside = cohort.filter(pc.invert(pc.is_in(cohort[CAME], pa.array(sorted(covered), pa.string()))))
    if not cut.answers:
        yield _one(cut, [*_rows(inner)], outside, {})
    for name in cut.answers:
        grouped = {value: _state(value, dataset.sensitive.index(name)) for value in _answers(cohort)}
        mine = [(label, row) for label, row in _rows(inner) if row["field"] == name]
        with_answer = replace(cut, columns={**cut.columns, ANSWERS: "answer"})
        yield _one(with_answer, mine, outside, grouped)


def _one(
    cut: TableCut, rows: Sequence[tuple[Cells, Row]], outside: pa.Table, grouped: Mapping[str, str]
) -> Compared:
    told, cells = dict[Place, Told](), dict[Place, list[Cell]]()
    for one, row in rows:
        place = tuple(str(row[dimension]) for dimension in cut.columns.values())
        is_withheld = row["status"] == SUPPRESSED
        said = Told(0, 1) if is_withheld else Told(int(row[cut.measure]), 0)
        told[place] = told.get(place, Told(0, 0)).plus(said)
        key = tuple(row[name] for name in one.spec.dimensions)
        cells.setdefault(place, []).append((one.label, key))
    names = tuple(cut.columns)
    for values in zip(*(outside[name].to_pylist() for name in names), strict=True):
        place = tuple(grouped.get(value, value) for value in values)
        told[place] = told.get(place, Told(0, 0)).plus(Told(0, 0, 1))
    found = Cut(names, told, grouped or None, cut.counts == ONCE)
    return Compared(found, {place: tuple(cells.get(place, ())) for place in told})


def _rows(published: Sequence[Cells]) -> Iterator[tuple[Cells, Row]]:
    """Rows with the weekday and the three hours that they are about."""
    for one in published:
        day = WEEKDAYS[one.period.start.weekday()] if one.period else ""
        for row in one.table.to_pylist():
            band = f"{row[HOUR] // 3 * 3:02}-{row[HOUR] // 3 * 3 + 3:02}" if HOUR in row else ""
            yield one, {**row, DAY: day, BAND: band}


def _is_within(inner: Period, outer: Period) -> bool:
    return inner.start in outer and inner.last in outer


def _days(one: Cells) -> Collection[dt.date]:
    return one.days or (one.period.days if one.period else ())


def _answers(cohort: pa.Table) -> list[str]:
    found: list[str] = cohort[ANSWERS].unique().to_pylist()
    return found


def _state(answers: str, place: int) -> str:
    answer = answers.split("|")[place]
    return answer if answer in STATES else "given"
