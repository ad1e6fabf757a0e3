"""A key as it lies on the disk: what it is for and its bytes, in one file that its owner alone may read.

In: the path of a key. Out: ``StoredKey``. A key without its record, or a record without its key, cannot come
about: they are one file, written whole. It must not show the bytes in a message.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iesiz.deidentify.key_box import KeyBox
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.storage import destroy_file, flush_folder, outside, write_secret
from iesiz.vocabulary import KeyFacts

KEY_BYTES = 32
LEAST_DISTINCT = 8  # 32 random bytes with fewer different ones are less likely than 1 in 10**20
KEY, DESTROYED, CLEAR = ".key", ".destroyed", ".clear"
RECORD = ("purpose", "scope", "epoch", "created", "destroy_after")


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


def write_key(path: Path, key: StoredKey, box: KeyBox | None = None) -> None:
    """Write a key whole, mode 0600 from its first byte on; in a box, it is sealed there."""
    record = {**_texts(key.facts), "store": key.store}
    held = {"key": key.secret.hex()} if box is None else {"sealed": box.seal(key.secret, _bound(record))}
    write_secret(path, json.dumps({**record, **held}, sort_keys=True).encode())


def read_key(path: Path, box: KeyBox | None = None) -> StoredKey:
    """Read a key.

    Raises:
        PrivacyRefusal: others may read it, or it is short or damaged; or it lies in clear where keys are to
            be encrypted.
        SettingsError: it is encrypted, and the settings do not say by what, or not by the right secret.
        OutsideError: it cannot be read.
    """
    with outside(path):
        if path.stat().st_mode & 0o077:
            raise PrivacyRefusal(f"{path}: a key that others may read. Set its mode to 0600 and renew it.")
        content = path.read_bytes()
    try:
        found = json.loads(content)
        return StoredKey(_facts(found), found["store"], _secret(path, found, box))
    except (ValueError, KeyError, TypeError):
        raise PrivacyRefusal(
            f"{path}: not a random key of {KEY_BYTES} bytes with its record. Restore it or have the day read "
            "again."
        ) from None


def is_sealed(path: Path) -> bool:
    """Whether a key lies encrypted."""
    with outside(path):
        return b'"sealed"' in path.read_bytes()


def encrypt_key(path: Path, box: KeyBox) -> None:
    """Put a key that lies in clear into the box; at no moment is there neither.

    Raises:
        PrivacyRefusal: it is unsound.
        OutsideError: the storage failed; it may be done again.
    """
    key, old = read_key(path), path.with_suffix(CLEAR)
    with outside(path):
        old.hardlink_to(path)
        flush_folder(path.parent)
    write_key(path, key, box)
    drop_clear(old)


def drop_clear(old: Path) -> None:
    """Overwrite a key that was encrypted since; one that was not keeps its first name.

    Raises:
        OutsideError: the storage failed; it may be done again.
    """
    path = old.with_suffix(KEY)
    with outside(old):
        is_same = path.exists() and path.samefile(old)
        if is_same:
            old.unlink()
    if not is_same:
        destroy_file(old)


def _secret(path: Path, found: dict[str, Any], box: KeyBox | None) -> bytes:
    if box is None and "sealed" in found:
        raise SettingsError(
            f"{path}: an encrypted key. Say in [keys] of the settings by what it is encrypted."
        )
    if box is None:
        return bytes.fromhex(found["key"])
    if "key" in found:
        raise PrivacyRefusal(f"{path}: a key that lies in clear. Encrypt all by `iesiz keys --encrypt`.")
    record = {name: found[name] for name in (*RECORD, "store")}
    return box.open(found["sealed"], _bound(record))


def _bound(record: Mapping[str, str | None]) -> bytes:
    """The record of a key, as it is bound to what is sealed."""
    return json.dumps(record, sort_keys=True).encode()


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
