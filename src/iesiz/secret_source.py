"""A secret from outside the store: a file that its owner alone may read, or a variable of the environment.

In: where it stands. Out: its bytes. It must not show them in a message, nor take them from the store.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import SettingsError

LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret stands: a file, else a variable.

    Attributes:
        store: the folder of the store, in which no secret may lie.
        what: what it is, for messages.
    """

    what: str
    base: Path
    store: Path
    file: str | None = None
    variable: str | None = None

    def read(self) -> bytes:
        """Return it, without the line end at its end.

        Raises:
            SettingsError: it is not there, empty, in the store, or others may read it.
        """
        found = self._from_file(self.base / self.file) if self.file else self._from_variable()
        if not found:
            raise SettingsError(f"The {self.what} is empty. Put it where the settings say.")
        return found

    def _from_variable(self) -> bytes:
        value = os.environ.get(self.variable or "")
        if value is None:
            raise SettingsError(
                f"The environment has no variable {self.variable}. Set it to the {self.what}."
            )
        return value.encode("utf-8", "surrogateescape")

    def _from_file(self, path: Path) -> bytes:
        if path.resolve().is_relative_to(self.store.resolve()):
            raise SettingsError(f"{path}: the {self.what} lies in the store. Keep it outside of it.")
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise SettingsError(
                f"{path}: the {self.what} cannot be read ({reason}). Check the path."
            ) from None
        with os.fdopen(handle, "rb") as held:
            found = os.fstat(held.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > LONGEST:
                raise SettingsError(f"{path}: expected a small regular file with the {self.what}.")
            if found.st_mode & 0o077:
                raise SettingsError(f"{path}: others may read the {self.what}. Set the file's mode to 0600.")
            return held.read(LONGEST).removesuffix(b"\n").removesuffix(b"\r")
