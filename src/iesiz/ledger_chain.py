"""The chain of a ledger: each line carries the SHA-256 of itself and of the line before.

In: lines. Out: ``Entry``, or a refusal that names the line. It must not open a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iesiz.errors import PrivacyRefusal

FIRST = "0" * 64
CHAIN = frozenset({"number", "kind", "previous", "chain"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger; ``facts`` holds everything but the chain."""

    number: int
    kind: str
    facts: Mapping[str, Any]
    digest: str


def following(last: Entry | None, lines: Sequence[bytes], path: Path) -> list[Entry]:
    """The entries of the lines that follow an entry, or that begin a ledger.

    Args:
        last: the entry before; None at the beginning.
        lines: whole lines, without their ends.
        path: the ledger's file, for the message.

    Raises:
        PrivacyRefusal: the chain is broken; the message names the line.
    """
    found = [] if last is None else [last]
    for line in lines:
        number, previous = (found[-1].number + 1, found[-1].digest) if found else (1, FIRST)
        found.append(_read(line, number, previous, path))
    return found if last is None else found[1:]


def _read(line: bytes, number: int, previous: str, path: Path) -> Entry:
    try:
        body = json.loads(line)
        digest = body.pop("chain")
        sound = body["number"] == number and body["previous"] == previous and _is_of(line, body, digest)
        kind = body["kind"]
    except (ValueError, KeyError, AttributeError, TypeError):
        sound = False
    if not sound:
        raise PrivacyRefusal(
            f"{path}, line {number}: the chain of the ledger is broken. Restore the store from a copy."
        )
    facts = {key: value for key, value in body.items() if key not in CHAIN}
    return Entry(number, kind, facts, digest)


def _is_of(line: bytes, body: Mapping[str, Any], digest: str) -> bool:
    """Whether a digest is that of a line without it; a line as it was written need not be written again."""
    as_written = line.replace(b'"chain": "%s", ' % digest.encode(), b"", 1)
    return hashlib.sha256(as_written).hexdigest() == digest or digest_of(body) == digest


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of a line's content but its own digest, as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
