"""Columns that a ``#Fields:`` line names, which may change in mid-file: W3C extended, IIS, CloudFront.

In: blocks of a file in their order. Out: the same blocks, each with the line in force where it begins, so
that blocks can be parsed by themselves; the format that such a line makes. It must not read values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from iesiz.parse.formats import REQUEST_PARTS, TIME_PARTS, LogFormat, Slot, Style
from iesiz.parse.layout_kernel import Kind
from iesiz.parse.scan_kernel import find_line
from iesiz.records import Block

DIRECTIVE = b"#Fields:"
_NEEDED = frozenset({"address", "time", "request", "status"})


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a block, in bytes from its beginning, whose lines have the same columns."""

    start: int
    end: int
    fields: bytes


def with_columns(blocks: Iterable[Block], form: LogFormat) -> Iterator[Block]:
    """Give each block the ``#Fields:`` line that is in force at its beginning; others pass."""
    fields = b""
    for block in blocks:
        if form.style is not Style.COLUMNS:
            yield block
            continue
        yield replace(block, fields=fields)
        fields = sections(block, fields)[-1].fields


def columns_seen(form: LogFormat, block: Block) -> tuple[str, ...]:
    """What a block's ``#Fields:`` lines name: fields, and names of columns that nobody reads."""
    known = {name.lower(): slot.name for name, slot in form.columns}
    names = [
        name
        for section in sections(block, block.fields)
        for name in section.fields[len(DIRECTIVE) :].decode("latin-1").split()
    ]
    return tuple(dict.fromkeys(known.get(name.lower()) or name for name in names))


def sections(block: Block, fields: bytes) -> list[Section]:
    """Cut a block at its ``#Fields:`` lines."""
    found, start = [], 0
    at = _next_directive(block, 0)
    while at >= 0:
        found.append(Section(start, at, fields))
        end = block.data.find(b"\n", at, block.size)
        fields = bytes(block.data[at : end if end >= 0 else block.size]).rstrip(b"\r")
        start = at
        at = _next_directive(block, at + 1)
    return [*found, Section(start, block.size, fields)]


def _next_directive(block: Block, start: int) -> int:
    buffer = np.frombuffer(block.data, np.uint8)
    at = find_line(buffer, start, block.size, DIRECTIVE[0])
    while at < block.size and not block.data.startswith(DIRECTIVE, at, block.size):
        at = find_line(buffer, at + 1, block.size, DIRECTIVE[0])
    return at if at < block.size else -1


@lru_cache(maxsize=256)
def columns_of(form: LogFormat, fields: bytes) -> LogFormat | None:
    """The format of lines under a ``#Fields:`` line; None if they do not tell of requests."""
    names = fields[len(DIRECTIVE) :].decode("latin-1").split()
    chosen = _chosen(dict(form.columns), names)
    if _NEEDED - {slot.name for slot in chosen.values()}:
        return None
    kinds = {slot.kind for slot in chosen.values()}
    if not {Kind.DATE, Kind.CLOCK, Kind.METHOD, Kind.TARGET} <= kinds:
        return None
    ends = [form.separator] * (len(names) - 1) + [b""]
    slots = tuple(
        replace(chosen.get(at, Slot("", Kind.SKIP)), end=end, path=()) for at, end in enumerate(ends)
    )
    return LogFormat(form.name, slots, style=Style.COLUMNS, decoded=form.decoded)


def _chosen(known: dict[str, Slot], names: list[str]) -> dict[int, Slot]:
    """The columns that are read, by position: of several for one thing the one listed first."""
    lowered = {name.lower(): slot for name, slot in known.items()}
    order = {id(slot): rank for rank, slot in enumerate(lowered.values())}
    best: dict[tuple[str, Kind | None], int] = {}
    for at, name in enumerate(names):
        slot = lowered.get(name.lower())
        if slot is None:
            continue
        part = slot.kind if slot.kind in REQUEST_PARTS or slot.kind in TIME_PARTS else None
        before = best.get((slot.name, part))
        if before is None or order[id(slot)] < order[id(lowered[names[before].lower()])]:
            best[slot.name, part] = at
    return {at: lowered[names[at].lower()] for at in best.values()}
