"""What the check of a registration source says of one field or column: a frozen type for the command line."""

from __future__ import annotations

from dataclasses import dataclass

UNDECLARED = "not declared: not read"
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckedField:
    """A declared field, a column of the source, or both.

    Attributes:
        column: the source's name, or "" if it has no such column.
        field: the declared name, or "" if the column is not declared.
        type: the source's type.
        outcome: what would become of it.
        declared_type: text, time, date or flag.
    """

    column: str
    field: str
    type: str
    outcome: str
    declared_type: str = ""
    mandatory: bool = False
    clause: str = ""
    category: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the source cannot be read without it."""
        return self.outcome.startswith(MISSING)
