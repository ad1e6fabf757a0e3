"""Primary suppression: a cell is published when at least k distinct contributors stand behind it.

If one measure of a cell goes, all go. A zero is treated as a small cell, since it could have been
otherwise. Nothing is inferred from negative or missing counts: they are refused.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from iesiz.errors import PrivacyRefusal
from iesiz.settings import Thresholds
from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import PUBLISHED, SUPPRESSED

STATUS = "status"


def least_contributors(spec: TableSpec, thresholds: Thresholds) -> int:
    """k of a table: the stricter one where it is marked sensitive."""
    return thresholds.k_sensitive if spec.sensitive else thresholds.k


def protect_table(cells: Cells, thresholds: Thresholds) -> Cells:
    """Withhold every cell with fewer than k distinct contributors.

    Raises:
        PrivacyRefusal: a count is negative or missing.
    """
    spec, table = cells.spec, cells.table
    for name in spec.counted:
        column = table[name]
        if column.null_count or (len(column) and pc.min(column).as_py() < 0):
            raise PrivacyRefusal(
                f"Table {spec.name}, column {name}: a negative or missing count; nothing is published."
            )
    enough = pc.greater_equal(table[spec.contributors], least_contributors(spec, thresholds))
    for name in spec.counted:
        place = table.column_names.index(name)
        kept = pc.if_else(enough, table[name], pa.scalar(None, table.schema.field(name).type))
        table = table.set_column(place, name, kept)
    shown = table.select([column.name for column in spec.published])
    return replace(cells, table=shown.append_column(STATUS, pc.if_else(enough, PUBLISHED, SUPPRESSED)))
