"""What a table's derived columns need beside them before they may be published.

In: a table's specification. Out: nothing, or a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iesiz.errors import PrivacyRefusal
from iesiz.vocabulary import Role

if TYPE_CHECKING:
    from iesiz.tables import TableSpec

DERIVED_RULES = ("contributors", "networks", "beyond")


def refuse_unfit_derived(spec: TableSpec) -> None:
    """Refuse a derived column that no rule can judge, and bands that are none.

    Raises:
        PrivacyRefusal: it lacks the count that it is of, a rule column, or bands in ascending order.
    """
    rules = {column.name for column in spec.of_role(Role.RULE)}
    counts = {column.name for column in spec.of_role(Role.MEASURE) if column.linf}
    derived = spec.of_role(Role.DERIVED)
    for one in derived:
        if one.of not in counts or not {f"{one.name}_{part}" for part in DERIVED_RULES} <= rules:
            raise PrivacyRefusal(
                f"Table {spec.name}, column {one.name}: a derived number is of a count with linf and has the "
                f"rule columns {', '.join(f'{one.name}_{part}' for part in DERIVED_RULES)}."
            )
    ascending = all(isinstance(edge, int) for edge in spec.bands) and list(spec.bands) == sorted(
        {edge for edge in spec.bands if edge > 0}
    )
    if bool(spec.bands) != bool(derived) or not ascending:
        raise PrivacyRefusal(
            f"Table {spec.name}: derived columns and bands go together; bands are whole numbers, ascending."
        )
