"""Log formats as data: a chain of fields, each ended by a literal.

In: a format's name. Out: ``LogFormat``, and the flat array (``Program``) that the scanner runs.
Grammars: Apache ``mod_log_config`` and nginx ``log_format``; the combined form may carry further
fields behind the agent, which are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from iesiz.errors import SettingsError

Program = npt.NDArray[np.uint64]
LITERAL, MASK, LENGTH, KIND, FLAGS = range(5)
QUOTED, NUMBER_NEXT, LAST, OPEN_ENDED, NEVER_EMPTY = 1, 2, 4, 8, 16
LITERAL_BYTES = 8


class Kind(IntEnum):
    """How the scanner reads a field."""

    SKIP = 0
    TEXT = 1
    TIME = 2
    REQUEST = 3
    STATUS = 4
    BYTES = 5


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a format and the literal that ends it (empty: the end of the line).

    Attributes:
        quoted: a backslash in it escapes the next byte, so that an escaped quote does not end it.
    """

    name: str
    kind: Kind
    end: bytes
    quoted: bool = False

    def __post_init__(self) -> None:
        """Refuse a literal that does not fit a machine word."""
        if len(self.end) > LITERAL_BYTES:
            raise SettingsError(f"The text behind a log field can have at most {LITERAL_BYTES} bytes.")


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format of text lines.

    Attributes:
        open_ended: further fields may follow the last one, after a space.
    """

    name: str
    slots: tuple[Slot, ...]
    open_ended: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the fields that come out as coded text, in order."""
        return tuple(slot.name for slot in self.slots if slot.kind == Kind.TEXT)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields that a line has."""
        return tuple(slot.name for slot in self.slots if slot.name)


_CLIENT = (
    Slot("address", Kind.TEXT, b" "),
    Slot("ident", Kind.SKIP, b" "),
    Slot("user", Kind.SKIP, b" ["),
    Slot("time", Kind.TIME, b'] "'),
    Slot("request", Kind.REQUEST, b'" ', quoted=True),
    Slot("status", Kind.STATUS, b" "),
)
_READER = (
    Slot("referrer", Kind.TEXT, b'" "', quoted=True),
    Slot("agent", Kind.TEXT, b'"', quoted=True),
)
_HOST = (Slot("host", Kind.TEXT, b":"), Slot("port", Kind.SKIP, b" "))
_LAST_BYTES = (Slot("bytes", Kind.BYTES, b""),)
_BYTES = (Slot("bytes", Kind.BYTES, b' "'),)

FORMATS = {
    form.name: form
    for form in (
        LogFormat("common", _CLIENT + _LAST_BYTES),
        LogFormat("combined", _CLIENT + _BYTES + _READER, open_ended=True),
        LogFormat("vhost_common", _HOST + _CLIENT + _LAST_BYTES),
        LogFormat("vhost_combined", _HOST + _CLIENT + _BYTES + _READER, open_ended=True),
    )
}


def format_named(name: str) -> LogFormat:
    """Return the format of that name.

    Raises:
        SettingsError: no such format; the known ones are listed.
    """
    if name not in FORMATS:
        raise SettingsError(f"Log format {name!r} is not known; known: auto, {', '.join(FORMATS)}.")
    return FORMATS[name]


def program_of(form: LogFormat) -> Program:
    """Lay a format out as one array, a row a slot; see the constants above for its columns."""
    program = np.zeros((len(form.slots), 5), np.uint64)
    for row, slot in enumerate(form.slots):
        last = row + 1 == len(form.slots)
        number_next = not last and form.slots[row + 1].kind in (Kind.STATUS, Kind.BYTES)
        flags = (
            QUOTED * slot.quoted
            | NUMBER_NEXT * number_next
            | LAST * last
            | OPEN_ENDED * (last and form.open_ended)
            | NEVER_EMPTY * (row == 0 or slot.name == "address")
        )
        word, mask = int.from_bytes(slot.end, "little"), (1 << 8 * len(slot.end)) - 1
        program[row] = (word, mask, len(slot.end), slot.kind, flags)
    return program
