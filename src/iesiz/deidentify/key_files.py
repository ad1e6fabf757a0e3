"""A key as it lies on the disk: what it is for and its bytes, in one file that its owner alone may read.

In: the path of a key. Out: ``StoredKey``. A key without its record, or a record without its key, cannot come
about: they are one file, written whole. It must not show the bytes in a message.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path

from iesiz.errors import PrivacyRefusal
from iesiz.storage import destroy_file, outside, write_secret
from iesiz.vocabulary import KeyFacts

KEY_BYTES = 32
LEAST_DISTINCT = 8  # 32 random bytes with fewer different ones are less likely than 1 in 10**20
KEY, DESTROYED = ".key", ".destroyed"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key, what it is for, and the store that it was made in.

    Raises:
        ValueError: its bytes cannot be those of a random key.
    """

    facts: KeyFacts
    store: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no random key."""
        if len(self.secret) != KEY_BYTES or len(set(self.secret)) < LEAST_DISTINCT:
            raise ValueError(f"a key has {KEY_BYTES} random bytes")


def write_key(path: Path, key: StoredKey) -> None:
    """Write a key whole, mode 0600 from its first byte on."""
    content = {**_texts(key.facts), "store": key.store, "key": key.secret.hex()}
    write_secret(path, json.dumps(content, sort_keys=True).encode())


def read_key(path: Path) -> StoredKey:
    """Read a key.

    Raises:
        PrivacyRefusal: others may read it, or it is short or damaged.
        OutsideError: it cannot be read.
    """
    with outside(path):
        if path.stat().st_mode & 0o077:
            raise PrivacyRefusal(f"{path}: a key that others may read. Set its mode to 0600 and renew it.")
        content = path.read_bytes()
    try:
        found = json.loads(content)
        return StoredKey(_facts(found), found["store"], bytes.fromhex(found["key"]))
    except (ValueError, KeyError, TypeError):
        raise PrivacyRefusal(
            f"{path}: not a random key of {KEY_BYTES} bytes with its record. Restore it or have the day read "
            "again."
        ) from None


def end_key(path: Path, on: dt.date, *, is_renewed: bool) -> None:
    """Destroy a key; one that is not renewed leaves a mark, so that it is never made again.

    The mark comes first: after a crash in between the key is refused, and this is done once more.
    """
    if not is_renewed:
        write_secret(path.with_suffix(DESTROYED), json.dumps({"destroyed": on.isoformat()}).encode())
    destroy_file(path)


def _texts(facts: KeyFacts) -> dict[str, str | None]:
    return {
        "purpose": facts.purpose,
        "scope": facts.scope,
        "epoch": facts.epoch,
        "created": facts.created.isoformat(),
        "destroy_after": facts.destroy_after.isoformat() if facts.destroy_after else None,
    }


def _facts(found: dict[str, str]) -> KeyFacts:
    after = found["destroy_after"]
    return KeyFacts(
        found["purpose"],
        found["scope"],
        found["epoch"],
        dt.date.fromisoformat(found["created"]),
        dt.date.fromisoformat(after) if after else None,
    )
