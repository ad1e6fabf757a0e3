"""What a table's derived columns need beside them before they may be published.

In: a table's columns and bands. Out: nothing, or a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence

from iesiz.errors import PrivacyRefusal
from iesiz.table_parts import Column
from iesiz.vocabulary import Role

DERIVED_RULES = ("contributors", "networks", "beyond")


def refuse_unfit_derived(table: str, columns: Sequence[Column], bands: Sequence[int]) -> None:
    """Refuse a derived column that no rule can judge, and bands that are none.

    Args:
        table: its name.
        columns: all of its columns.
        bands: upper edges of the bands in which derived numbers are told.

    Raises:
        PrivacyRefusal: it lacks the count that it is of, a rule column, or bands in ascending order.
    """
    rules = {one.name for one in columns if one.role is Role.RULE}
    counts = {one.name for one in columns if one.role is Role.MEASURE and one.linf}
    derived = [one for one in columns if one.role is Role.DERIVED]
    for one in derived:
        if one.of not in counts or not {f"{one.name}_{part}" for part in DERIVED_RULES} <= rules:
            raise PrivacyRefusal(
                f"Table {table}, column {one.name}: a derived number is of a count with linf and has the "
                f"rule columns {', '.join(f'{one.name}_{part}' for part in DERIVED_RULES)}."
            )
    ascending = all(isinstance(edge, int) for edge in bands) and list(bands) == sorted(
        {edge for edge in bands if edge > 0}
    )
    if bool(bands) != bool(derived) or not ascending:
        raise PrivacyRefusal(
            f"Table {table}: derived columns and bands go together; bands are whole numbers, ascending."
        )
