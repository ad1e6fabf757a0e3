"""Bounded memory of what a function gave for distinct values, for the time of one file."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

LONGEST_MEMORY = 1 << 19
Value = TypeVar("Value")


@dataclass(slots=True)
class Memory(Generic[Value]):
    """Values by key, identified ones among the keys, so in memory only and for one file only."""

    make: Callable[[Hashable], Value]
    known: dict[Hashable, Value] = field(default_factory=dict)

    def of(self, key: Hashable) -> Value:
        """The value for a key, made if it is new; when the memory is full it starts anew."""
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= LONGEST_MEMORY:
                self.known.clear()
            found = self.known[key] = self.make(key)
        return found
