"""Log formats as data, and the flat array (``Program``) that the compiled readers run.

In: a format. Out: its program. A format's lines are a chain of fields each ended by a literal, columns named
by a ``#Fields:`` line, or values with names (JSON objects, labels).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import hash_bytes
from iesiz.parse.layout_kernel import (
    AT_ONCE,
    CHAINED,
    CSV,
    FINISH,
    FINISH_TIME,
    LAST,
    LITERAL_BYTES,
    NEVER_EMPTY,
    NUMBER_NEXT,
    OPEN_ENDED,
    OPTIONAL,
    PROGRAM_COLUMNS,
    QUOTED,
    Kind,
    Program,
)
from iesiz.parse.paths_kernel import PLACES, ROOT, item_path

Key = str | int
NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
TIME_PARTS = range(Kind.DATE, Kind.ZONE + 1)
REQUEST_PARTS = (Kind.METHOD, Kind.TARGET, Kind.QUERY)
_NUMBERS = (Kind.STATUS, Kind.BYTES)
_TEXTS = (Kind.TEXT, Kind.HOST)
# A line is of the format if it tells these: what a named value adds to them.
_NEEDS = {"address": 1, "time": 2, "target": 4, "request": 4, "status": 8}


class Style(Enum):
    """How a format's lines are made."""

    CHAIN = "chain"
    COLUMNS = "columns"
    JSON = "json"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a format.

    Attributes:
        name: empty for a literal that stands alone, or a field that nobody reads.
        end: the literal that ends it (empty: the end of the line); of a chain only.
        quoted: a backslash in it escapes the next byte, so that an escaped quote does not end it.
        unit: unit of a number that is a time.
        at_once: the literal stands where the field would begin.
        optional: the field may be absent with its literal.
        path: where a named value stands: keys of objects and positions in arrays.
    """

    name: str
    kind: Kind
    end: bytes = b""
    quoted: bool = False
    unit: str = "s"
    at_once: bool = False
    optional: bool = False
    path: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format of text lines.

    Attributes:
        open_ended: further fields may follow the last one, after a space.
        separator: what stands between columns.
        columns: of columns only: the field of each name that a ``#Fields:`` line may hold.
        decoded: names of texts whose blanks were written ``+`` or ``%20``.
        dropped: fields that a line has and nobody reads, for the record.
    """

    name: str
    slots: tuple[Slot, ...]
    open_ended: bool = False
    style: Style = Style.CHAIN
    separator: bytes = b""
    columns: tuple[tuple[str, Slot], ...] = ()
    decoded: tuple[str, ...] = ()
    dropped: tuple[str, ...] = field(default=())

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the fields that come out as coded text, in order."""
        names = [slot.name for slot in self.slots if slot.kind in _TEXTS]
        names += ["host" for slot in self.slots if slot.kind == Kind.URL_REQUEST]
        return tuple(dict.fromkeys(names))

    @property
    def has_duration(self) -> bool:
        """Whether its lines tell how long a request took."""
        return any(slot.kind == Kind.DURATION for slot in self.slots)

    @property
    def is_utc(self) -> bool:
        """Whether its times are UTC by definition where they name no zone: W3C extended logs and AWS."""
        return self.style is Style.COLUMNS or self.name == "alb"

    @property
    def may_lack_zone(self) -> bool:
        """Whether a line of it may name no zone; in the common log format's time there is always one."""
        return any(slot.kind == Kind.MOMENT or slot.kind in TIME_PARTS for slot in self.slots)

    @property
    def lacks_zone(self) -> bool:
        """Whether its times are put together from parts of which none is a zone."""
        kinds = {slot.kind for slot in self.slots}
        return Kind.ZONE not in kinds and not kinds.isdisjoint(TIME_PARTS)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields that a line has."""
        listed = [slot.name for slot in (*self.slots, *(slot for _, slot in self.columns))]
        return tuple(dict.fromkeys(name for name in (*listed, *self.texts, *self.dropped) if name))


@lru_cache(maxsize=256)
def program_of(form: LogFormat) -> Program:
    """Lay a format out as one array, a row a slot; its columns are those of the layout."""
    rows: list[tuple[int, ...]] = []
    for at, slot in enumerate(form.slots):
        column = _column(form, slot)
        if form.style in (Style.JSON, Style.LABELS):
            needs = 0 if slot.kind == Kind.EVENT else _NEEDS.get(slot.name, 0)
            needs = 0 if slot.kind in (Kind.METHOD, Kind.QUERY) else needs
            rows.append((path_hash(slot.path), 0, needs, slot.kind, 0, NANOSECONDS[slot.unit], column))
            continue
        pieces = [slot.end[start : start + LITERAL_BYTES] for start in range(0, len(slot.end), LITERAL_BYTES)]
        for part, literal in enumerate(pieces or [b""]):
            kind = slot.kind if part == 0 else Kind.SKIP
            goes_on = part + 1 < len(pieces)
            flags = _flags(form, at) if part == 0 else _tail_flags(form, at)
            flags = (flags & ~LAST & ~OPEN_ENDED & ~NUMBER_NEXT) | CHAINED if goes_on else flags
            word, mask = int.from_bytes(literal, "little"), (1 << 8 * len(literal)) - 1
            rows.append((word, mask, len(literal), kind, flags, NANOSECONDS[slot.unit], column))
    rows.extend((path_hash(path), 0, 0, Kind.SKIP, 0, 0, 0) for path in _holders(form))
    return np.array(rows, np.uint64).reshape(-1, PROGRAM_COLUMNS)


def _holders(form: LogFormat) -> list[tuple[Key, ...]]:
    """Paths of the objects and arrays that hold a value that is read; the others are passed over."""
    paths = {slot.path[:length] for slot in form.slots for length in range(1, len(slot.path))}
    return sorted(paths - {slot.path for slot in form.slots}, key=repr)


def _column(form: LogFormat, slot: Slot) -> int:
    name = "host" if slot.kind == Kind.URL_REQUEST else slot.name
    return form.texts.index(name) if slot.kind in (*_TEXTS, Kind.URL_REQUEST) else 0


def _flags(form: LogFormat, at: int) -> int:
    slot = form.slots[at]
    return (
        QUOTED * slot.quoted
        | NEVER_EMPTY * (slot.name == "address" or (slot.name == "host" and at == 0))
        | AT_ONCE * slot.at_once
        | OPTIONAL * slot.optional
        | CSV * (form.style is Style.COLUMNS)
        | _tail_flags(form, at)
    )


def _tail_flags(form: LogFormat, at: int) -> int:
    last = at + 1 == len(form.slots)
    kinds = {slot.kind for slot in form.slots}
    return (
        NUMBER_NEXT * (not last and form.slots[at + 1].kind in _NUMBERS)
        | LAST * last
        | OPEN_ENDED * (last and form.open_ended)
        | FINISH * (last and not kinds.isdisjoint(REQUEST_PARTS))
        | FINISH_TIME * (last and not kinds.isdisjoint(TIME_PARTS))
    )


def path_hash(path: tuple[Key, ...]) -> int:
    """Hash of a path of keys and positions, as the compiled scanner makes it."""
    state = ROOT
    for key in path:
        if isinstance(key, int):
            state = item_path(np.uint64(state), key)
        else:
            name = key.encode()
            state = hash_bytes(np.frombuffer(name + bytes(8), np.uint8), 0, len(name), np.uint64(state))
    return int(state)


@lru_cache(maxsize=256)
def places_of(form: LogFormat) -> npt.NDArray[np.int64]:
    """Where the scanner finds a path that is asked for: rows of the program by the last byte of the hash."""
    places = np.full(PLACES, -1, np.int64)
    for row, path in enumerate([*(slot.path for slot in form.slots), *_holders(form)]):
        place = path_hash(path) % PLACES
        while places[place] >= 0:
            place = (place + 1) % PLACES
        places[place] = row
    return places
