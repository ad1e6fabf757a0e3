"""Visits of a closed month: features without a visitor, and k distinct visitors in every class."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import numpy as np
import pyarrow as pa

from iesiz import pipeline
from iesiz.aggregate import DayInput, aggregate_day
from iesiz.datasets import load_datasets
from iesiz.disclosure import LEAST_NETWORKS
from iesiz.material import material_of
from iesiz.microdata.classes import Classes, Vector
from iesiz.microdata.models import DailyContributors, Mask, Requirement
from iesiz.microdata.networks import NetworksGuard
from iesiz.microdata.records import Records
from iesiz.microdata.release import released
from iesiz.microdata.study import Study, generalise, study_of
from iesiz.periods import Grain, Period
from iesiz.publish import verify_store
from tests.nights import DAY, Network, line, network, site
from tests.quarters import noted, records_of

DAYS = tuple(dt.date(2025, 3, day) for day in (27, 28, 31))
WAY = {
    "landing": "/join",
    "form": "/join/form",
    "details": "/join/more",
    "confirm": "/join/check",
    "done": "/join/done",
}
STEPS = ", ".join(f'{{ step = "{step}", route = "{route}" }}' for step, route in WAY.items())
FUNNEL = f"funnel = [{STEPS}]"
COLUMNS = ["site", "band", "weekday", "device", "language", "referrer", "pages", "duration", "reached"]


def left_by(net: Network, day: dt.date) -> list[dict[str, object]]:
    """What a day leaves of its visits for its month."""
    settings, kept = net.settings, list[pa.Table]()
    with pipeline.store_lock(settings):
        for file in pipeline.discover(settings, day).files:
            pipeline.deidentify_file(settings, file)
        given = material_of(settings, Period(Grain.DAY, day)).given
        assert isinstance(given, DayInput)
        aggregate_day(given, (), settings.thresholds, 2, lambda left: kept.append(left.visits))
    rows: list[dict[str, object]] = kept[0].to_pylist()
    return rows


def test_a_day_leaves_each_visitors_features_once(tmp_path: Path) -> None:
    net = network(tmp_path, site("mall", "web", more=FUNNEL))
    visits = [
        *(line(DAY, 1, route, 20 * place) for place, route in enumerate(WAY.values())),
        line(DAY, 2, "/ru/shops", 2 * 3600),
        # One visitor, two visits: one of them is drawn.
        *(line(DAY, 3, "/ru/news", second) for second in (0, 10, 6 * 3600, 6 * 3600 + 10)),
    ]
    net.write("logs/mall/web/a.log", b"".join(visits))
    rows = left_by(net, DAY)
    same = {
        "site": "mall",
        "device": "desktop",
        "language": "unknown",
        "referrer": "none",
        "visitor_count": 1,
        "network_count": 1,
    }
    one = {"band": "09-12", "pages": "4-7", "duration": "1-5", "reached": "yes"}
    two = {"band": "12-15", "pages": "1", "duration": "0", "reached": "no"}
    assert {**same, **one} in rows
    assert {**same, **two} in rows
    [third] = [row for row in rows if row not in ({**same, **one}, {**same, **two})]
    assert third["band"] in ("09-12", "15-18")
    assert (third["pages"], third["duration"]) == ("2-3", "under_1")


def many(day: dt.date, chance: random.Random) -> bytes:
    """120 visitors, of whom each comes again every day."""
    lines = []
    for visitor in range(1, 121):
        begins, views = chance.choice((0, 4 * 3600)), chance.choice((1, 1, 3))
        lines += [line(day, visitor, "/ru/shops", begins + 60 * view) for view in range(views)]
    return b"".join(lines)


def test_every_class_of_a_month_holds_k_distinct_visitors(tmp_path: Path) -> None:
    net, chance = network(tmp_path), random.Random(5)
    for day in DAYS:
        net.write(f"logs/mall/web/{day}.log", many(day, chance))
    assert net.night(*DAYS).exit_code == 0
    table = records_of(net, "visits", "month=2025-03")
    assert table.column_names == COLUMNS
    sizes = table.group_by(COLUMNS).aggregate([([], "count_all")])["count_all"].to_pylist()
    # At most one record of a visitor and day: a class of more than 19 visits a day has 20 visitors.
    assert min(sizes) >= 20
    assert len(table) <= 120 * len(DAYS)
    assert verify_store(net.settings) == ()
    [facts] = noted(net)
    assert facts["models"] == ["DailyContributors(k=20)"]


def test_few_visitors_who_come_every_day_are_not_released(tmp_path: Path) -> None:
    """Twelve visitors make 36 visits in three days: enough records, too few people."""
    net = network(tmp_path)
    for day in DAYS:
        net.write(
            f"logs/mall/web/{day}.log", b"".join(line(day, visitor, "/ru/shops") for visitor in range(1, 13))
        )
    counts = net.night(*DAYS)
    assert counts.exit_code == 0
    assert not (net.store / "published" / "microdata").exists()
    assert [one["verdict"] for one in noted(net)] == ["withheld"]


def test_a_day_leaves_from_how_many_networks_alike_visitors_came(tmp_path: Path) -> None:
    net = network(tmp_path)
    # Visitors 3, 6 and 9 have addresses of one network, 1 and 2 of two others.
    net.write("logs/mall/web/a.log", b"".join(line(DAY, one, "/ru/shops") for one in (1, 2, 3, 6, 9)))
    [row] = left_by(net, DAY)
    assert (row["visitor_count"], row["network_count"]) == (5, 3)


def visits(networks: dict[str, int], each: int = 30) -> tuple[Study, list[int]]:
    """Visits of one day with some numbers of pages, and from how many networks each number came."""
    rows = [(pages, "2025-03-31") for pages in networks for _ in range(each)]
    table = pa.table([list(column) for column in zip(*rows, strict=True)], names=["pages", "came"])
    [pages] = [one.hierarchy for data in load_datasets() for one in data.columns if one.name == "pages"]
    assert pages is not None
    study = study_of(Records(Path("visits"), ",", table), [pages], "came")
    return study, [networks[one] for one, _ in rows]


def shown_pages(study: Study, counted: list[int], least: int) -> set[str]:
    """Bands of pages in a release whose classes need so many networks."""

    def nothing(vector: Vector, classes: Classes, failing: Mask) -> Mask:
        return failing

    guard = NetworksGuard(study.data, np.array(counted), least, nothing)
    found = generalise(study, Requirement((DailyContributors(20),), 0.5), "entropy", guard)
    return set(released(study.records, study.data, found.optimum)["pages"].to_pylist())


def test_a_class_needs_three_networks_as_a_cell_of_a_table_does() -> None:
    """Thirty visitors of one office, or of somebody who makes them up, are one contributor at heart."""
    study, counted = visits({"1": 3, "8+": 2})
    assert shown_pages(study, counted, LEAST_NETWORKS) == {"1"}
    # Control: without the rule they stand in a class of their own.
    assert shown_pages(study, counted, 0) == {"1", "8+"}


def test_networks_of_merged_classes_are_not_added_up() -> None:
    study, counted = visits({"0": 2, "1": 2, "8+": 3})
    assert shown_pages(study, counted, LEAST_NETWORKS) == {"*"}
