"""Append-only, hash-chained record of what was read, published and destroyed: one JSON object a line.

In: facts as plain JSON values. Out: ``Entry``. It must not hold content of a record, nor forget:
each line carries the SHA-256 of itself and of the line before, so that a changed, lost or inserted
line is found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iesiz.errors import PrivacyRefusal
from iesiz.storage import append_line, outside, whole_lines

FIRST = "0" * 64
CHAIN = frozenset({"number", "kind", "previous", "chain"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger; ``facts`` holds everything but the chain."""

    number: int
    kind: str
    facts: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger in a file; an absent file is an empty ledger."""

    path: Path

    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """All entries, or those of a kind, oldest first; the chain is checked on the way.

        Raises:
            PrivacyRefusal: the chain is broken; the message names the line.
        """
        found: list[Entry] = []
        previous = FIRST
        for number, line in enumerate(self._lines(), 1):
            entry = _read(line, number, previous, self.path)
            previous = entry.digest
            found.append(entry)
        return tuple(entry for entry in found if kind in (None, entry.kind))

    def append(self, kind: str, facts: Mapping[str, Any]) -> Entry:
        """Add an entry durably.

        Raises:
            ValueError: a fact would take the place of the chain.
        """
        if not CHAIN.isdisjoint(facts):
            raise ValueError(f"a fact cannot be called {', '.join(sorted(CHAIN))}")
        earlier = self.entries()
        number, previous = len(earlier) + 1, earlier[-1].digest if earlier else FIRST
        body = {"number": number, "kind": kind, "previous": previous, **facts}
        digest = _digest(body)
        append_line(self.path, json.dumps({**body, "chain": digest}, sort_keys=True).encode())
        return Entry(number, kind, facts, digest)

    def _lines(self) -> list[bytes]:
        if not self.path.exists():
            return []
        with outside(self.path):
            return self.path.read_bytes()[: whole_lines(self.path)].splitlines()


def _read(line: bytes, number: int, previous: str, path: Path) -> Entry:
    try:
        body = json.loads(line)
        digest = body.pop("chain")
        sound = body["number"] == number and body["previous"] == previous and _digest(body) == digest
        kind = body["kind"]
    except (ValueError, KeyError, AttributeError, TypeError):
        sound = False
    if not sound:
        raise PrivacyRefusal(
            f"{path}, line {number}: the chain of the ledger is broken. Restore the store from a copy."
        )
    facts = {key: value for key, value in body.items() if key not in CHAIN}
    return Entry(number, kind, facts, digest)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
