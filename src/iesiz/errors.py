"""What can go wrong, split by who must act; each class carries the exit code of the command line.

A message names the place (file, line number, table, day), what was expected and what to do.
It never holds the content of a record: a message is a publication.
"""

from __future__ import annotations

from pathlib import Path


class IesizError(Exception):
    """Base of every error that iesiz raises on purpose.

    Attributes:
        exit_code: what the command line returns for it.
    """

    exit_code = 1


class CheckFailed(IesizError):
    """A check over data found something (exit code 1)."""

    exit_code = 1


class SettingsError(IesizError):
    """Wrong use or wrong settings: the operator must change a setting or the call (exit code 2)."""

    exit_code = 2


class InputError(IesizError):
    """The input cannot be used: whoever delivers it must act (exit code 3)."""

    exit_code = 3


class CutOffError(InputError):
    """A file whose content ends too early or is damaged: it may still be on its way (exit code 3).

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


class PrivacyRefusal(IesizError):
    """Refused on privacy grounds: the privacy officer must act (exit code 4)."""

    exit_code = 4


class Expired(PrivacyRefusal):
    """What a release would be protected with has reached the end of its time: there can be none."""


class OutsideError(IesizError):
    """Something outside failed (database, storage, another run) and may be tried again (exit code 5)."""

    exit_code = 5
