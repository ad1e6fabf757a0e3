"""What can go wrong, split by who must act; each class carries the exit code of the command line.

A message names the place (file, line number, table, day), what was expected and what to do.
It never holds the content of a record: a message is a publication.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class IesizError(Exception):
    """Base of every error that iesiz raises on purpose.

    Attributes:
        exit_code: what the command line returns for it.
        code: what runs and alerts call it; see ``RUNBOOK.md``.
    """

    exit_code = 1
    code = "unforeseen"


class CheckFailed(IesizError):
    """A check over data found something (exit code 1)."""

    exit_code = 1
    code = "check-failed"


class SettingsError(IesizError):
    """Wrong use or wrong settings: the operator must change a setting or the call (exit code 2)."""

    exit_code = 2
    code = "settings-wrong"


class InputError(IesizError):
    """The input cannot be used: whoever delivers it must act (exit code 3)."""

    exit_code = 3
    code = "input-unusable"


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
    code = "privacy-refused"


class HeldBack(PrivacyRefusal):
    """The auditor held a period back (exit code 4); nothing of it is published.

    Attributes:
        tables: how many tables were held back.
    """

    code = "held-by-auditor"

    def __init__(self, message: str, tables: int = 0) -> None:
        super().__init__(message)
        self.tables = tables


class Expired(PrivacyRefusal):
    """What a release would be protected with has reached the end of its time: there can be none."""


class OutsideError(IesizError):
    """Something outside failed (database, storage, another run) and may be tried again (exit code 5)."""

    exit_code = 5
    code = "outside-failed"


class StoreBusy(OutsideError):
    """Another run holds the store (exit code 5)."""

    code = "store-busy"


def gravest(codes: Iterable[int]) -> int:
    """The exit code of many failures: a refusal on privacy grounds before all others; 0 without one."""
    found = set(codes)
    return next((code for code in (4, 1, 5, 3, 2) if code in found), 0)
