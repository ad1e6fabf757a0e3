"""One block of lines as columns: numbers as arrays, texts as codes with their distinct values."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import SEED, Bytes, count_lines
from iesiz.code_kernel import code_texts
from iesiz.counts import LineCounts
from iesiz.parse.columns import columns_of, sections
from iesiz.parse.fold_kernel import Words, fold_paths
from iesiz.parse.formats import LogFormat, Style, places_of, program_of
from iesiz.parse.keyed_kernel import DEPTH, scan_keyed
from iesiz.parse.layout_kernel import (
    BAD_BYTES,
    BAD_CLOCK,
    BAD_STATUS,
    CAMPAIGN,
    COMMENT,
    DURATION,
    EMPTY,
    GLUED,
    HASH,
    LINE,
    METHOD,
    NO_MATCH,
    OFFSET,
    OTHER_EVENT,
    PROGRAM_COLUMNS,
    RECOGNISED,
    SECONDS,
    SIZE,
    STATUS,
    TEXTS,
    TOO_LONG,
    UNSTATED,
    Rows,
)
from iesiz.parse.scan_kernel import scan
from iesiz.records import HOST, PATH, Block, CodedText, ParsedChunk

IGNORED_REASONS = {EMPTY: "empty_line", COMMENT: "comment", OTHER_EVENT: "other_event"}
REJECTED_REASONS = {
    NO_MATCH: "other_form",
    BAD_CLOCK: "time",
    BAD_STATUS: "status",
    BAD_BYTES: "bytes",
    TOO_LONG: "too_long",
    GLUED: "glued",
}


def parse_block(
    block: Block, form: LogFormat, fold: Words | None = None, line_seed: np.uint64 = SEED
) -> ParsedChunk:
    """Parse a block of whole lines; the last one may lack its line end.

    The block is changed in place: escapes of JSON are decoded, and quotes within lines that stand in quotes.

    Args:
        fold: make numbers in paths zeros, in the block itself, where that cannot change a route, and names of
            files with these extensions; None for not at all.
        line_seed: seed of the lines' hashes; by default one of this process.
    """
    if form.style is Style.COLUMNS:
        return _parse_columns(block, form, fold, line_seed)
    buffer = np.frombuffer(block.data, np.uint8)
    rows, outcomes = _room(block.lines, form)
    if form.style is Style.CHAIN:
        _, recognised = scan(buffer, 0, block.size, program_of(form), line_seed, rows, outcomes)
    else:
        stack = np.zeros(3 * DEPTH if form.style is Style.JSON else 0, np.int64)
        program = program_of(form)
        spans = np.zeros(2 * len(program), np.int64)
        _, recognised = scan_keyed(
            buffer, block.size, program, places_of(form), spans, stack, line_seed, rows, outcomes
        )
    return _chunk(block, form, rows[:, :recognised], outcomes, fold)


def _room(lines: int, form: LogFormat) -> tuple[Rows, Bytes]:
    return np.zeros((TEXTS + 2 * len(form.texts) + 2, lines), np.int64), np.empty(lines, np.uint8)


def _parse_columns(block: Block, form: LogFormat, fold: Words | None, line_seed: np.uint64) -> ParsedChunk:
    """Parse each stretch of lines by the columns in force; the block has the texts of all."""
    buffer = np.frombuffer(block.data, np.uint8)
    parts = sections(block, block.fields)
    known = [columns_of(form, section.fields) for section in parts]
    # A format without slots: its texts are those that any stretch of the block has.
    slots = tuple(slot for one in known if one for slot in one.slots)
    whole = LogFormat(form.name, slots, style=Style.COLUMNS, decoded=form.decoded)
    rows, outcomes = _room(block.lines, whole)
    line = row = 0
    for part, one in zip(parts, known, strict=True):
        own = whole if one is None else one
        program = program_of(own) if one else np.zeros((1, PROGRAM_COLUMNS), np.uint64)
        said, room, in_place = outcomes[line:], rows, row == 0 and own.texts == whole.texts
        if not in_place:
            room, _ = _room(count_lines(buffer[part.start :], part.end - part.start), own)
        lines, recognised = scan(buffer, part.start, part.end, program, line_seed, room, said)
        if one is None:
            said[:lines][said[:lines] == RECOGNISED], recognised = NO_MATCH, 0
        elif not in_place:
            _place(rows[:, row : row + recognised], room[:, :recognised], whole, own)
        rows[LINE, row : row + recognised] += line
        line, row = line + lines, row + recognised
    return _chunk(block, whole, rows[:, :row], outcomes, fold)


def _place(rows: Rows, room: Rows, whole: LogFormat, own: LogFormat) -> None:
    rows[:TEXTS], rows[-2:] = room[:TEXTS], room[-2:]
    for at, name in enumerate(own.texts):
        to, source = TEXTS + 2 * whole.texts.index(name), TEXTS + 2 * at
        rows[to : to + 2] = room[source : source + 2]


def _chunk(block: Block, form: LogFormat, rows: Rows, outcomes: Bytes, fold: Words | None) -> ParsedChunk:
    buffer, recognised = np.frombuffer(block.data, np.uint8), rows.shape[1]
    if fold is not None:
        fold_paths(buffer, rows[-2], rows[-1], fold)
    zoneless = _zoneless(form, rows)
    return ParsedChunk(
        counts=_counts(outcomes, recognised),
        seconds=rows[SECONDS],
        offsets=rows[OFFSET],
        status=rows[STATUS].astype(np.int16),
        size=rows[SIZE],
        method=rows[METHOD].astype(np.uint8),
        campaign=rows[CAMPAIGN].astype(np.bool_),
        line_hash=rows[HASH],
        line_number=rows[LINE],
        texts=_texts(buffer, rows, form),
        rejected_lines=tuple(
            (int(at), REJECTED_REASONS[int(outcomes[at])]) for at in np.flatnonzero(outcomes >= NO_MATCH)
        ),
        duration=rows[DURATION] - 1 if form.has_duration else None,
        zoneless=zoneless,
    )


def _zoneless(form: LogFormat, rows: Rows) -> npt.NDArray[np.bool_] | None:
    """Lines whose time names no zone, if there are any; their offset becomes 0."""
    if not form.may_lack_zone:
        return None
    zoneless = (rows[OFFSET] == UNSTATED) | form.lacks_zone
    rows[OFFSET][zoneless] = 0
    return zoneless if bool(zoneless.any()) else None


def _table(rows: int) -> npt.NDArray[np.int32]:
    return np.full(1 << max(4, (2 * rows).bit_length()), -1, np.int32)


def only_hosts(chunk: ParsedChunk, hosts: frozenset[str]) -> ParsedChunk:
    """Leave out lines for other hosts than these; they count as ignored. A format without hosts is kept."""
    if HOST not in chunk.texts:
        return chunk
    own = np.array([value.decode("latin-1").lower() in hosts for value in chunk.texts[HOST].values], np.bool_)
    keep = own[chunk.texts[HOST].codes]
    return chunk if bool(keep.all()) else chunk.only(keep, "other_host")


def _texts(buffer: Bytes, rows: Rows, form: LogFormat) -> dict[str, CodedText]:
    names = (*form.texts, PATH)
    coded = {
        name: _coded(buffer, rows[TEXTS + 2 * at], rows[TEXTS + 2 * at + 1]) for at, name in enumerate(names)
    }
    return coded | {name: _decoded(coded[name]) for name in form.decoded if name in coded}


def _coded(buffer: Bytes, starts: Rows, lengths: Rows) -> CodedText:
    firsts, codes = np.empty(len(starts), np.int32), np.empty(len(starts), np.int32)
    distinct = code_texts(
        buffer, starts, lengths, SEED, _table(len(starts)), np.empty(len(starts), np.uint64), firsts, codes
    )
    return CodedText(codes, buffer, starts[firsts[:distinct]], lengths[firsts[:distinct]])


def _decoded(text: CodedText) -> CodedText:
    """Write blanks as blanks; what was encoded twice is decoded twice. Equal values stay one value."""
    plain: dict[bytes, int] = {}
    codes = [plain.setdefault(_with_blanks(value), len(plain)) for value in text.values]
    return CodedText.of(np.array(codes, np.int32)[text.codes] if codes else text.codes, tuple(plain))


def _with_blanks(value: bytes) -> bytes:
    if b" " in value:
        return value
    plain = value.replace(b"%2520", b" ").replace(b"%20", b" ")
    if b"%" not in plain:  # what the general way makes of it, in a fifth of its time
        return plain.replace(b"+", b" ")
    once = unquote_to_bytes(value)
    return (unquote_to_bytes(once) if b"%20" in once else once).replace(b"+", b" ")


def _counts(outcome: npt.NDArray[np.uint8], rows: int) -> LineCounts:
    tally = np.bincount(outcome, minlength=GLUED + 1)
    ignored = {reason: int(tally[code]) for code, reason in IGNORED_REASONS.items() if tally[code]}
    rejected = {reason: int(tally[code]) for code, reason in REJECTED_REASONS.items() if tally[code]}
    if int(tally[RECOGNISED]) != rows:
        raise ValueError("the scanner's outcomes do not match its rows")
    return LineCounts(len(outcome), rows, ignored, rejected)
