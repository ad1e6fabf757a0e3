"""Keys encrypted at rest, under a secret that lies outside of the store.

In: a key's bytes and its record. Out: the same sealed, and back. The secret (a passphrase or a file's bytes)
is stretched by scrypt (RFC 7914) with the store's own salt; a key is sealed by AES-256-GCM (NIST SP 800-38D)
with a random nonce of 96 bits, bound to its record. It must not write the secret, nor a key in clear.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.secret_source import SecretSource
from iesiz.settings import Settings
from iesiz.storage import outside, write_secret

HEADER = "key-encryption.json"
SALT_BYTES, NONCE_BYTES, SEALING_BYTES = 16, 12, 32
# 32 MiB and about 0.3 s, the third of OWASP's equal settings for scrypt; once in a process.
N, R, P = 1 << 15, 8, 3
MOST_N = 1 << 20
CHECK = b"iesiz keys"
LEAST_BYTES = {"key file": 32, "passphrase": 16}
LEAST_DISTINCT = 8


@dataclass(frozen=True, slots=True)
class KeyBox:
    """What seals and opens the keys of one store.

    Attributes:
        folder: the restricted zone.
        source: where the secret stands.
    """

    folder: Path
    source: SecretSource

    @classmethod
    def of(cls, settings: Settings) -> KeyBox | None:
        """As the settings say; None where keys are stored as they are."""
        asked = settings.keys
        if asked.encryption == "none":
            return None
        what = "key file" if asked.encryption == "key_file" else "passphrase"
        places = (settings.base, settings.store_path, asked.key_file, asked.passphrase_variable)
        return cls(settings.restricted, SecretSource(what, *places))

    def seal(self, secret: bytes, record: bytes) -> dict[str, str]:
        """Seal a key; the first one makes what all are sealed under.

        Raises:
            SettingsError: the secret cannot be read, is too short, or is another than before.
            OutsideError: the storage failed.
        """
        return _seal(self._sealing_key(), secret, record)

    def open(self, sealed: Mapping[str, str], record: bytes) -> bytes:
        """Open a sealed key.

        Raises:
            SettingsError: the secret cannot be read, is too short, or is not the store's.
            ValueError: what is sealed was changed, or belongs to another record.
        """
        return _open(self._sealing_key(), sealed, record)

    def _sealing_key(self) -> bytes:
        secret, path = self._secret(), self.folder / HEADER
        with outside(path):
            if not path.exists():
                write_secret(path, _new_header(secret))
            content = path.read_bytes()
        key, check = _read_header(path, secret, content)
        try:
            _open(key, check, CHECK)
        except ValueError:
            raise SettingsError(
                f"The {self.source.what} of [keys] is not the one with which the keys of this store were "
                "encrypted. Give that one; without it they cannot be read by anybody."
            ) from None
        return key

    def _secret(self) -> bytes:
        found, what = self.source.read(), self.source.what
        if len(found) < LEAST_BYTES[what] or len(set(found)) < LEAST_DISTINCT:
            raise SettingsError(
                f"The {what} of [keys] is too short or too even. Take {LEAST_BYTES[what]} random bytes."
            )
        return found


def _new_header(secret: bytes) -> bytes:
    salt = os.urandom(SALT_BYTES)
    check = _seal(_stretched(secret, salt, N, R, P), CHECK, CHECK)
    return json.dumps({"scrypt": [N, R, P], "salt": salt.hex(), "check": check}).encode()


def _read_header(path: Path, secret: bytes, content: bytes) -> tuple[bytes, Mapping[str, str]]:
    try:
        found = json.loads(content)
        n, r, p = (min(int(one), most) for one, most in zip(found["scrypt"], (MOST_N, R, P), strict=True))
        return _stretched(secret, bytes.fromhex(found["salt"]), n, r, p), found["check"]
    except (ValueError, KeyError, TypeError):
        raise PrivacyRefusal(
            f"{path}: not readable, and without it no key can be opened. Restore the whole restricted zone "
            "from one copy."
        ) from None


@lru_cache(8)
def _stretched(secret: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=SEALING_BYTES, n=n, r=r, p=p).derive(secret)


def _seal(key: bytes, secret: bytes, record: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return {"nonce": nonce.hex(), "box": AESGCM(key).encrypt(nonce, secret, record).hex()}


def _open(key: bytes, sealed: Mapping[str, str], record: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        nonce, box = (bytes.fromhex(sealed[name]) for name in ("nonce", "box"))
        return AESGCM(key).decrypt(nonce, box, record)
    except (InvalidTag, KeyError, TypeError):
        raise ValueError("not what was sealed") from None
