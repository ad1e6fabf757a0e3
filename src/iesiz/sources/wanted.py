"""What is asked of a registration source, what it offers, and what every source does once it is open.

In: the settings of the source, the registry of fields. Out: the columns to ask for, and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from iesiz.policy import Registry
from iesiz.registration_settings import Registration

ID, VERSION = "registration_id", "updated_at"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column that the source has.

    Attributes:
        field: the declared field that it is taken for.
        type: its type, as the source calls it.
        readable: whether we are permitted to read it.
    """

    name: str
    field: str
    type: str
    readable: bool = True


@dataclass(slots=True)
class Wanted:
    """What is asked of a source, and what it could not give.

    Attributes:
        names: the source's name of each field that is called otherwise.
        complete: whether a source without a mandatory column is refused.
        rejected: rows that could not be read, by reason; it grows as the source is read.
    """

    registry: Registry
    names: Mapping[str, str]
    complete: bool = True
    rejected: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Registration, registry: Registry, *, complete: bool = True) -> Wanted:
        """What the settings and the registry ask for."""
        return cls(registry, source.columns, complete)

    def field_of(self, column: str) -> str:
        """The field that a column is taken for."""
        renamed = {theirs: ours for ours, theirs in self.names.items()}
        return renamed.get(column, column if column not in self.names else "")

    def columns(self, offered: Sequence[SourceColumn]) -> dict[str, str]:
        """Columns to ask for, by field: declared, read past the source, there, and permitted."""
        readable = {one.field: one.name for one in offered if one.readable}
        return {name: readable[name] for name in self.registry.read if name in readable}

    def missing(self, offered: Sequence[SourceColumn]) -> list[str]:
        """The source's names of mandatory columns that are not there or not permitted, if that matters."""
        if not self.complete:
            return []
        readable = {one.field for one in offered if one.readable}
        return [self.names.get(name, name) for name in self.registry.mandatory if name not in readable]

    def absent(self, offered: Sequence[SourceColumn]) -> tuple[str, ...]:
        """Declared fields that are not there or not permitted, in the registry's order."""
        found = self.columns(offered)
        return tuple(name for name in self.registry.read if name not in found)

    def undeclared(self, offered: Sequence[SourceColumn]) -> tuple[str, ...]:
        """The source's names of columns that are no declared field, in order; they are not asked for."""
        return tuple(sorted(one.name for one in offered if one.field not in self.registry.fields))

    def reject(self, reason: str) -> None:
        """Count a row that could not be read."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


class RegistrationSource(Protocol):
    """A source, open for reading; what it gives is of one moment where it can be."""

    @property
    def offered(self) -> tuple[SourceColumn, ...]:
        """What columns it has."""

    def rows(self, since: int | None = None) -> Iterator[pa.Table]:
        """Rows, whole or those changed at or after a time.

        Args:
            since: microseconds since 1970, UTC; None for all rows.

        Raises:
            OutsideError: the source failed while it was read.
            InputError: it cannot be read as what it claims to be.
        """

    @property
    def tells_changes(self) -> bool:
        """Whether it can give the rows that changed alone."""

    def versions(self) -> Iterator[pa.Table]:
        """Id and time of the last change of every row, of a source that tells changes."""
