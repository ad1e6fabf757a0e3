"""What released records tell of withheld cells of a quarter's tables; it is told where the guard is off."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import linprog

from iesiz.datasets import load_datasets
from iesiz.disclosure import Beside, TableSum, plan_of
from iesiz.microdata.guard import GroupSum, Narrow, TablesGuard
from iesiz.microdata.margins import Cut, Told
from iesiz.microdata.models import KAnonymity, Requirement
from iesiz.microdata.records import Records
from iesiz.microdata.release import kept_rows
from iesiz.microdata.study import Outcome, Study, generalise, study_of
from iesiz.microdata_cuts import ANSWERS, compared_with, opponent_beside
from iesiz.periods import Grain, Period
from iesiz.restricted import WEEKDAYS
from iesiz.rule_settings import Thresholds
from iesiz.tables import Cells, Standing, load_tables
from tests.privacy.quarter_tables import SITE, SPECS, START, periods, shown_cells, tables_of

K, SHARE = 10, 0.05
QUARTER = Period(Grain.QUARTER, START)
PLAN = plan_of(tuple(load_tables()))
REGISTRATIONS = {one.name: one for one in load_datasets()}["registrations"]
QUASI = tuple(one.name for one in REGISTRATIONS.quasi)
LOST_DAY = 40  # on which one region has fewer people than are published
REGION_TABLE = "daily_registrations_by_region"

Person = dict[str, str]


def crowd(seed: int) -> list[Person]:
    """Twenty and more people a day of one city, twelve of another; seven of these on one day."""
    chance = random.Random(seed)
    found = []
    for number, period in enumerate(periods(Grain.DAY)):
        second = 7 if number == LOST_DAY else 12
        regions = ["almaty_city"] * 20 + ["astana_city"] * second
        found += [
            {
                "site": SITE,
                "age": chance.choice(("18-24", "25-29", "30-34", "35-39", "40-44", "45-49")),
                "sex": chance.choice(("female", "male")),
                "region": region,
                "channel": chance.choices(("web", "mobile_app", "kiosk", "event"), (50, 30, 12, 8))[0],
                "interests": chance.choice(("given", "not_given")),
                "marketing_consent": chance.choice(("yes", "no")),
                "came": period.name,
            }
            for region in regions
        ]
    return found


def table_of(people: Sequence[Person]) -> pa.Table:
    joined = [f"{one['interests']}|{one['marketing_consent']}" for one in people]
    return pa.Table.from_pylist(list(people)).append_column(ANSWERS, pa.array(joined))


def study(people: Sequence[Person]) -> Study:
    records = Records(Path("registrations"), ",", table_of(people))
    return study_of(records, REGISTRATIONS.hierarchies([SITE]), ANSWERS)


def released_beside(people: Sequence[Person], published: Sequence[Cells], *, is_guarded: bool) -> Outcome:
    """The release of a cohort, with or without the attack on what it tells of withheld cells."""
    of = study(people)
    # The models suppress nobody: what is left out is left out for the tables.
    requirement = Requirement((KAnonymity(1),), SHARE)
    compared = compared_with(REGISTRATIONS, published, QUARTER, of.records.table)
    other = opponent_beside(compared, published, PLAN, Thresholds())
    attack = other.attack if is_guarded else None
    limit = requirement.limit(of.data.records)
    return generalise(of, requirement, "entropy", TablesGuard(of.data, ANSWERS, other.cuts, K, limit, attack))


def region_words(level: int) -> dict[str, str]:
    [one] = [one for one in REGISTRATIONS.hierarchies([SITE]) if one.column == "region"]
    return dict(zip(one.labels[0], [one.labels[level][code] for code in one.codes[level]], strict=True))


def ranges(people: Sequence[Person], found: Outcome, published: Sequence[Cells]) -> list[tuple[float, float]]:
    """What an attacker of his own makes of the withheld cells of the second city and its neighbours.

    He has the daily table and the records, and knows which regions nobody was left out of: there the records
    are all the people. Solved by SciPy, one program for each end.
    """
    of = study(people)
    kept = set(kept_rows(of.data, found.optimum).tolist())
    words = region_words(found.optimum.levels[QUASI.index("region")])
    shown = Counter(words[one["region"]] for number, one in enumerate(people) if number in kept)
    gone = Counter(words[one["region"]] for number, one in enumerate(people) if number not in kept)
    hidden, told = [], Counter[str]()
    for one in published:
        for row in one.table.to_pylist() if one.spec.name == REGION_TABLE else ():
            if row["registration_count"] is None:
                hidden.append(words[row["region"]])
            else:
                told[words[row["region"]]] += row["registration_count"]
    label = words["astana_city"]
    mine = [number for number, word in enumerate(hidden) if word == label]
    most = None if gone[label] else shown[label] - told[label]
    rows, upper = [[-1.0] * len(mine)], [-float(shown[label] - told[label])]
    if most is not None:
        rows, upper = [*rows, [1.0] * len(mine)], [*upper, float(most)]
    ends = []
    for place in range(min(len(mine), 5)):
        cost = np.zeros(len(mine))
        cost[place] = 1.0
        low = linprog(cost, rows, upper, bounds=(0, 1000))
        high = linprog(-cost, rows, upper, bounds=(0, 1000))
        ends.append((float(low.fun), -float(high.fun)))
    return ends


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return crowd(seed=5)


@pytest.fixture(scope="module")
def published(people: list[Person]) -> list[Cells]:
    return tables_of(people)


def test_the_one_withheld_day_of_a_region_is_not_completed_by_the_records(
    people: list[Person], published: list[Cells]
) -> None:
    safe = ranges(people, released_beside(people, published, is_guarded=True), published)
    assert min(high - low for low, high in safe) >= K
    # Control: without the attack the records complete the day.
    assert (7.0, 7.0) in ranges(people, released_beside(people, published, is_guarded=False), published)


def cells_of(counts: Mapping[tuple[int, str], int | None]) -> list[Cells]:
    """The daily table of two days and two regions; every other region has published fifty."""
    found = []
    for number, period in enumerate(periods(Grain.DAY)[:2]):
        spec = SPECS[REGION_TABLE]
        regions = next(one.values for one in spec.columns if one.name == "region")
        held: Counter[tuple[str, ...]] = Counter()
        for region in regions:
            count = counts.get((number, str(region)), 50)
            held[SITE, str(region)] = 0 if count is None else count
        found.append(shown_cells(spec, period, held))
    return found


def narrow(
    published: Sequence[Cells], *sums: tuple[Sequence[tuple[int, str]], float, float]
) -> set[tuple[int, str]]:
    """Days and regions of the cells that are named."""
    labels = [one.label for one in published]
    asked = [
        TableSum(tuple((labels[day], (SITE, region)) for day, region in cells), least, most)
        for cells, least, most in sums
    ]
    found = Beside(published, PLAN, Thresholds()).narrow(asked)
    return {(labels.index(label), str(key[1])) for label, key in found}


ABAI, ULYTAU = (0, "abai"), (1, "abai")


def test_a_sum_over_one_withheld_cell_tells_it() -> None:
    one = cells_of({ABAI: None})
    assert narrow(one, ([ABAI, ULYTAU], 53, 53)) == {ABAI}
    assert narrow(one, ([ABAI, ULYTAU], 53, 70)) == set()
    assert narrow(one, ([ABAI, ULYTAU], 53, np.inf)) == set()
    assert narrow(one, ([ABAI, ULYTAU], 53, 61)) == {ABAI}


def test_a_sum_over_several_withheld_cells_tells_them_where_it_is_small() -> None:
    two = cells_of({ABAI: None, ULYTAU: None})
    assert narrow(two, ([ABAI, ULYTAU], 9, 9)) == {ABAI}
    assert narrow(two, ([ABAI, ULYTAU], 10, 10)) == set()


def test_two_sums_together_tell_what_neither_tells() -> None:
    other = (0, "akmola")
    cells = cells_of({ABAI: None, ULYTAU: None, other: None})
    both = ([ABAI, ULYTAU], 30, 30), ([ABAI, ULYTAU, other], 34, 34)
    assert narrow(cells, both[0]) == set()
    assert narrow(cells, both[1]) == set()
    assert narrow(cells, *both) == {other}


def test_sums_that_published_cells_contradict_are_taken_as_near_as_can_be() -> None:
    """Accounts were deleted since: the records have fewer people than the cells."""
    one = cells_of({ABAI: None})
    assert narrow(one, ([ABAI, ULYTAU], 45, 45)) == {ABAI}


def one_table(name: str, period: Period, shown: Mapping[tuple[str | int, ...], int]) -> Cells:
    """A table of one period with some cells; a number below 0 stands for a withheld one."""
    [spec] = [one for one in load_tables() if one.name == name]
    rows = []
    for key, count in shown.items():
        status = "suppressed" if count < 0 else "published"
        counts = dict.fromkeys(spec.counted, None if count < 0 else count)
        rows.append({**dict(zip(spec.dimensions, key, strict=True)), **counts, "status": status})
    days = frozenset(period.days) if period.grain is not Grain.DAY else frozenset[dt.date]()
    return Cells(spec, pa.Table.from_pylist(rows), period=period, days=days, standing=Standing.KEPT)


def test_of_a_stock_the_last_one_holds_the_cohort_and_bounds_it_from_above_only(people: list[Person]) -> None:
    """Members at the end of March hold those of the quarter and of years before."""
    months = [Period(Grain.MONTH, dt.date(2025, month, 1)) for month in (2, 3)]
    key = (SITE, "astana_city", "25-29")
    stocks = [
        one_table("monthly_members_by_region_and_age", month, {key: count})
        for month, count in zip(months, (500, -1), strict=True)
    ]
    compared = compared_with(REGISTRATIONS, stocks, QUARTER, table_of(people))
    [stock] = [one for one in compared if one.cut.columns == ("site", "region", "age")]
    assert not stock.cut.is_once
    assert stock.cut.told is not None
    assert (stock.cut.told[key].published, stock.cut.told[key].withheld) == (0, 1)
    assert stock.cells[key] == ((stocks[1].label, key),)


def test_hours_are_compared_in_bands_of_three() -> None:
    visits = {one.name: one for one in load_datasets()}["visits"]
    monday, month = Period(Grain.DAY, dt.date(2025, 3, 3)), Period(Grain.MONTH, dt.date(2025, 3, 1))
    hours = {(SITE, 9, "2xx"): 40, (SITE, 11, "2xx"): -1, (SITE, 12, "2xx"): 50, (SITE, 11, "4xx"): -1}
    table = one_table("hourly_requests_by_status", monday, hours)
    nobody = pa.table({name: pa.array([], pa.string()) for name in (*(q.name for q in visits.quasi), "came")})
    compared = compared_with(visits, [table], month, nobody)
    [hourly] = [one for one in compared if one.cut.columns == ("site", "weekday", "band")]
    assert not hourly.cut.is_once
    assert hourly.cut.told is not None
    morning, noon = (SITE, "monday", "09-12"), (SITE, "monday", "12-15")
    assert (hourly.cut.told[morning].published, hourly.cut.told[morning].withheld) == (40, 2)
    assert {key for _, key in hourly.cells[morning]} == {
        (SITE, 9, "2xx"),
        (SITE, 11, "2xx"),
        (SITE, 11, "4xx"),
    }
    assert hourly.cut.told[noon].published == 50


def test_a_table_that_counts_again_gives_a_least_number_and_never_a_most(people: list[Person]) -> None:
    """Nobody is left out, and still nothing more is told than that the cells hold the records at least."""
    of = study(people[:200])
    told = {(SITE, "almaty_city"): Told(0, 1), (SITE, "astana_city"): Told(0, 1)}
    asked: list[GroupSum] = []

    def attack(sums: Sequence[GroupSum]) -> Sequence[Narrow]:
        asked.extend(sums)
        return ()

    for is_once in (True, False):
        asked.clear()
        cut = Cut(("site", "region"), told, None, is_once)
        guard = TablesGuard(of.data, ANSWERS, [cut], K, 10, attack)
        generalise(of, Requirement((KAnonymity(1),), SHARE), "entropy", guard)
        assert asked
        assert all((one.most == one.least) == is_once for one in asked)
        assert all(np.isinf(one.most) != is_once for one in asked)


def march(lost: dt.date) -> list[dict[str, str]]:
    """Visits of a month: forty a day from two classes of device, nine on one day."""
    found = []
    for day in Period.of(Grain.MONTH, lost).days:
        for number in range(9 if day == lost else 40):
            words = {
                "band": "09-12",
                "weekday": WEEKDAYS[day.weekday()],
                "language": "ru",
                "referrer": "none",
            }
            more = {"pages": str(number % 2), "duration": "0", "reached": "none", "came": day.isoformat()}
            device = "mobile" if number % 8 else "desktop"
            found.append({"site": SITE, "device": device, **words, **more})
    return found


def test_the_visits_of_a_month_do_not_complete_its_one_withheld_day() -> None:
    lost, month = dt.date(2025, 3, 10), Period(Grain.MONTH, dt.date(2025, 3, 1))
    visits, dataset = march(lost), {one.name: one for one in load_datasets()}["visits"]
    tables = [
        one_table("daily_visitors_by_site", Period(Grain.DAY, day), {(SITE,): -1 if day == lost else 40})
        for day in month.days
    ]
    records = Records(Path("visits"), ",", pa.Table.from_pylist(visits))
    of = study_of(records, dataset.hierarchies([SITE]), "came")
    other = opponent_beside(compared_with(dataset, tables, month, records.table), tables, PLAN, Thresholds())
    published = 40 * (len(month.days) - 1)

    def told(is_guarded: bool) -> tuple[int, int]:
        """Records beyond what is published, of all and of the weekday, as far as nobody of it is left out."""
        attack = other.attack if is_guarded else None
        guard = TablesGuard(of.data, "came", other.cuts, 20, len(visits) // 4, attack)
        found = generalise(of, Requirement((KAnonymity(1),), 0.25), "entropy", guard)
        return len(kept_rows(of.data, found.optimum)) - published, found.suppressed

    # Control: all records are shown, and the ninth to last tells of nine people.
    assert told(is_guarded=False) == (9, 0)
    beyond, suppressed = told(is_guarded=True)
    assert suppressed >= 20
    assert beyond <= 9 - 20
