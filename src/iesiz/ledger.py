"""Append-only, hash-chained record of what was read, published and destroyed: one JSON object a line.

In: facts as plain JSON values. Out: ``Entry``. It must not hold content of a record, nor forget:
each line carries the SHA-256 of itself and of the line before, so that a changed, lost or inserted
line is found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iesiz.errors import PrivacyRefusal
from iesiz.storage import append_line, outside

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
        content = self._content()
        known = _VERIFIED.get(self.path, _Verified())
        if not content.startswith(known.content):
            known = _Verified()
        if len(content) > len(known.content):
            known.take(_verify(known, content, self.path), content)
            _VERIFIED[self.path] = known
        return tuple(known.entries if kind is None else known.by_kind.get(kind, ()))

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

    def _content(self) -> bytes:
        if not self.path.exists():
            return b""
        with outside(self.path):
            content = self.path.read_bytes()
        return content[: content.rfind(b"\n") + 1]


@dataclass(slots=True)
class _Verified:
    """The beginning of a ledger whose chain was checked in this process, as it stood then."""

    content: bytes = b""
    entries: list[Entry] = field(default_factory=list)
    by_kind: dict[str, list[Entry]] = field(default_factory=dict)

    def take(self, found: Sequence[Entry], content: bytes) -> None:
        """Go on with what was added and checked since."""
        self.content = content
        self.entries += found
        for entry in found:
            self.by_kind.setdefault(entry.kind, []).append(entry)


# A night asks a ledger of a year some dozens of times; only what was added since is checked again.
_VERIFIED: dict[Path, _Verified] = {}


def _verify(known: _Verified, content: bytes, path: Path) -> list[Entry]:
    """The entries that follow those that are known; nothing is taken over unless all are sound."""
    found = known.entries[-1:]
    first = len(known.entries) - len(found)
    for line in content[len(known.content) :].splitlines():
        found.append(_read(line, first + len(found) + 1, found[-1].digest if found else FIRST, path))
    return found[len(known.entries) - first :]


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
