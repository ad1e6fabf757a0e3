"""Restricted records to exact counts: runs each statistic's query over the relations of one day.

In: paths of restricted Parquet parts. Out: ``Cells`` with exact counts, complete over their dimensions.
It must not publish, decide what is withheld, or see anything but the restricted zone.
"""

from __future__ import annotations

from iesiz.aggregate.cells import aggregate_day
from iesiz.aggregate.session import DayInput

__all__ = ["DayInput", "aggregate_day"]
