"""Restricted records to exact counts: runs each statistic's query over the relations of a period.

In: paths of restricted Parquet parts of a day, or of what the days of a longer period left. Out:
``Cells`` with exact counts, complete over their dimensions.
It must not publish, decide what is withheld, or see anything but the restricted zone.
"""

from __future__ import annotations

from iesiz.aggregate.cells import aggregate_day, aggregate_period
from iesiz.aggregate.labels import Shown
from iesiz.aggregate.longer import PeriodInput, Told
from iesiz.aggregate.revised import Change, Changes, changes_of
from iesiz.aggregate.session import DayInput, Left

__all__ = [
    "Change",
    "Changes",
    "DayInput",
    "Left",
    "PeriodInput",
    "Shown",
    "Told",
    "aggregate_day",
    "aggregate_period",
    "changes_of",
]
