"""Keys of the restricted zone: 32 independent random bytes for each (purpose, scope, epoch).

A key is never derived from another, so that destroying it destroys the way back. It is made at first
use, readable by its owner only, and refused when it is short, open to others or was destroyed before.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import PrivacyRefusal
from iesiz.storage import outside, write_secret
from iesiz.vocabulary import check_name

KEY_BYTES = 32
PSEUDONYM_BYTES = 16
BLOCK_BYTES = 64
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys below a folder, ``<purpose>/<scope>/<epoch>.key``."""

    folder: Path

    def path(self, purpose: str, scope: str, epoch: str) -> Path:
        """Where a key lies."""
        for part in (purpose, scope, epoch):
            check_name("key", part)
        return self.folder / purpose / scope / f"{epoch}.key"

    def key(self, purpose: str, scope: str, epoch: str) -> bytes:
        """Return the key, made now if it never existed.

        Raises:
            PrivacyRefusal: it was destroyed, is short, or others may read it.
        """
        path = self.path(purpose, scope, epoch)
        if path.with_suffix(".destroyed").exists():
            raise PrivacyRefusal(
                f"The key {purpose}/{scope}/{epoch} was destroyed: its records cannot be made again."
            )
        with _MAKING:
            if not path.exists():
                write_secret(path, os.urandom(KEY_BYTES))
        return _read_key(path)


def _read_key(path: Path) -> bytes:
    with outside(path):
        if path.stat().st_mode & 0o077:
            raise PrivacyRefusal(f"{path}: a key that others may read. Set its mode to 0600 and renew it.")
        key = path.read_bytes()
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise PrivacyRefusal(
            f"{path}: not a random key of {KEY_BYTES} bytes. Restore it or have the day read again."
        )
    return key


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
