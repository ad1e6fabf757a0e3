"""Append-only, hash-chained record of what was read, published and destroyed: one JSON object a line.

In: facts as plain JSON values. Out: ``Entry``. It must not hold content of a record, nor forget:
each line carries the SHA-256 of itself and of the line before (``ledger_chain``), so that a changed, lost or
inserted line is found. What was checked is remembered within a process (``ledger_checked``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iesiz.ledger_chain import CHAIN, FIRST, Entry, digest_of
from iesiz.ledger_checked import F, checked
from iesiz.storage import append_line

__all__ = ["Entry", "Ledger"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger in a file; an absent file is an empty ledger."""

    path: Path

    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """All entries, or those of a kind, oldest first; the chain is checked on the way.

        Raises:
            PrivacyRefusal: the chain is broken; the message names the line.
        """
        known = checked(self.path)
        return tuple(known.entries if kind is None else known.by_kind.get(kind, ()))

    def folded(self, make: type[F]) -> F:
        """What a fold knows after all entries; it goes on with later ones, so copy what is kept.

        Raises:
            PrivacyRefusal: the chain is broken; the message names the line.
        """
        return checked(self.path).folded(make)

    def append(self, kind: str, facts: Mapping[str, Any]) -> Entry:
        """Add an entry durably.

        Raises:
            PrivacyRefusal: the chain is broken; nothing is added.
            ValueError: a fact would take the place of the chain.
        """
        return self.extend(kind, [facts])[0]

    def extend(self, kind: str, several: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
        """Add entries of a kind durably, one after another; see ``append``."""
        taken = sorted({name for facts in several for name in CHAIN.intersection(facts)})
        if taken:
            raise ValueError(f"a fact cannot be called {', '.join(taken)}")
        earlier = checked(self.path).entries
        number, previous = len(earlier), earlier[-1].digest if earlier else FIRST
        added = []
        for facts in several:
            number += 1
            body = {"number": number, "kind": kind, "previous": previous, **facts}
            previous = digest_of(body)
            append_line(self.path, json.dumps({**body, "chain": previous}, sort_keys=True).encode())
            added.append(Entry(number, kind, facts, previous))
        return tuple(added)
