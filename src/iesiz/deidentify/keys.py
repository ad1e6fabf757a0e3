"""Keys of the restricted zone: 32 independent random bytes for each (purpose, scope, epoch).

A key is never derived from another, so that destroying it destroys the way back. It is made at first
use, readable by its owner only, and refused when it is short, open to others, of another store or was
destroyed before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from iesiz.calendar import now
from iesiz.deidentify.key_box import KeyBox
from iesiz.deidentify.key_files import (
    CLEAR,
    DESTROYED,
    KEY,
    KEY_BYTES,
    StoredKey,
    drop_clear,
    encrypt_key,
    end_key,
    is_sealed,
    read_key,
    write_key,
)
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.settings import Settings
from iesiz.storage import store_id
from iesiz.vocabulary import KeyFacts, check_name

PSEUDONYM_BYTES = 16
BLOCK_BYTES = 64
LINES, PERSON = "lines", "person"
PERIOD = "period"  # of visitors over a week or a month
# What these keys made is read anew from its source, so that a later key may take their place.
RENEWED = frozenset({LINES, PERSON})
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys below a folder of the restricted zone, ``<purpose>/<scope>/<epoch>.key``.

    Attributes:
        at_most_days: days after which a key is destroyed at the latest, if its epoch is a period.
        box: what keys are encrypted with; None where they are stored as they are.
    """

    folder: Path
    at_most_days: int = 45
    box: KeyBox | None = None

    @classmethod
    def of(cls, settings: Settings) -> KeyRing:
        """The keys of a store."""
        return cls(settings.restricted / "keys", settings.keeping.at_most_days, KeyBox.of(settings))

    def path(self, purpose: str, scope: str, epoch: str) -> Path:
        """Where a key lies."""
        for part in (purpose, scope, epoch):
            check_name("key", part)
        return self.folder / purpose / scope / f"{epoch}{KEY}"

    def key(self, purpose: str, scope: str, epoch: str) -> bytes:
        """Return the key, made now if it never existed.

        Raises:
            PrivacyRefusal: it was destroyed, is short, of another store, or others may read it.
        """
        path = self.path(purpose, scope, epoch)
        if self.is_destroyed(purpose, scope, epoch):
            raise PrivacyRefusal(
                f"The key {purpose}/{scope}/{epoch} was destroyed: its records cannot be made again."
            )
        with _MAKING:
            if not path.exists():
                write_key(path, self._new(purpose, scope, epoch), self.box)
        return self._own(path).secret

    def has(self, purpose: str, scope: str, epoch: str) -> bool:
        """Whether a key is there, or the mark that it was destroyed."""
        path = self.path(purpose, scope, epoch)
        return path.exists() or path.with_suffix(DESTROYED).exists()

    def is_destroyed(self, purpose: str, scope: str, epoch: str) -> bool:
        """Whether a key was destroyed, so that it can't be made again."""
        return self.path(purpose, scope, epoch).with_suffix(DESTROYED).exists()

    def facts(self) -> tuple[KeyFacts, ...]:
        """What every key is for, in the order of their names; each is checked on the way.

        Raises:
            PrivacyRefusal: one is short, of another store, or others may read it; or what was begun to be
                encrypted is not yet.
        """
        if any(self.folder.glob(f"*/*/*{CLEAR}")):
            raise PrivacyRefusal(
                f"{self.folder}: encrypting the keys was interrupted. Run `iesiz keys --encrypt` again."
            )
        return tuple(self._own(path).facts for path in sorted(self.folder.glob(f"*/*/*{KEY}")))

    def destroy(self, name: str, on: dt.date) -> None:
        """Destroy a key, so that nobody can make its pseudonyms again; done twice it is done once.

        Args:
            name: purpose, scope and epoch, with ``/`` between.
            on: the day that it is.

        Raises:
            OutsideError: the storage failed; it may be tried again.
        """
        purpose, scope, epoch = name.split("/")
        end_key(self.path(purpose, scope, epoch), on, is_renewed=purpose in RENEWED)

    def encrypt(self) -> int:
        """Encrypt the keys that lie in clear, whatever was done of it before; their number.

        Each is kept beside until it stands encrypted, then overwritten in its place.

        Raises:
            SettingsError: the settings do not say by what, or the secret is not the store's.
            OutsideError: the storage failed; it may be done again.
        """
        if self.box is None:
            raise SettingsError(
                "The settings do not say by what keys are encrypted. Set encryption in [keys]."
            )
        for old in sorted(self.folder.glob(f"*/*/*{CLEAR}")):
            drop_clear(old)
        clear = [path for path in sorted(self.folder.glob(f"*/*/*{KEY}")) if not is_sealed(path)]
        for path in clear:
            encrypt_key(path, self.box)
        return len(clear)

    def _new(self, purpose: str, scope: str, epoch: str) -> StoredKey:
        today = now().date()
        end = None if purpose in RENEWED else today + dt.timedelta(days=self.at_most_days)
        facts = KeyFacts(purpose, scope, epoch, today, end)
        return StoredKey(facts, store_id(self.folder.parent), os.urandom(KEY_BYTES))

    def _own(self, path: Path) -> StoredKey:
        found = read_key(path, self.box)
        if found.store != store_id(self.folder.parent) or self.folder / f"{found.facts.name}{KEY}" != path:
            raise PrivacyRefusal(
                f"{path}: a key of another store or place. Restore the whole restricted zone from one copy."
            )
        return found


@dataclass(frozen=True, slots=True)
class Pseudonymiser:
    """HMAC-SHA256 (RFC 2104) under one key, cut to 16 bytes; the padded halves are hashed once."""

    inner: hashlib._Hash
    outer: hashlib._Hash

    @classmethod
    def under(cls, key: bytes) -> Pseudonymiser:
        """Prepare a key of at most 64 bytes; ours have 32.

        Raises:
            PrivacyRefusal: the key is longer.
        """
        if len(key) > BLOCK_BYTES:
            raise PrivacyRefusal(f"A key has at most {BLOCK_BYTES} bytes.")
        padded = key.ljust(BLOCK_BYTES, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        return cls(inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)))

    def of(self, message: bytes) -> bytes:
        """The pseudonym of a canonical value."""
        return self.whole(message)[:PSEUDONYM_BYTES]

    def whole(self, message: bytes) -> bytes:
        """All 32 bytes, of which the pseudonym is the first half."""
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
