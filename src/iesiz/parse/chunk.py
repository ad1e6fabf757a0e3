"""One block of lines as columns: numbers as arrays, texts as codes with their distinct values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.parse.bytes_kernel import SEED, Bytes
from iesiz.parse.code_kernel import code_texts
from iesiz.parse.fold_kernel import fold_paths
from iesiz.parse.formats import LogFormat, program_of
from iesiz.parse.scan_kernel import (
    BAD_BYTES,
    BAD_CLOCK,
    BAD_STATUS,
    CAMPAIGN,
    COMMENT,
    EMPTY,
    HASH,
    LINE,
    METHOD,
    NO_MATCH,
    OFFSET,
    RECOGNISED,
    SECONDS,
    SIZE,
    STATUS,
    TEXTS,
    TOO_LONG,
    Rows,
    count_lines,
    scan,
)
from iesiz.records import HOST, PATH, Block, CodedText, ParsedChunk
from iesiz.vocabulary import LineCounts

IGNORED_REASONS = {EMPTY: "empty_line", COMMENT: "comment"}
REJECTED_REASONS = {
    NO_MATCH: "other_form",
    BAD_CLOCK: "time",
    BAD_STATUS: "status",
    BAD_BYTES: "bytes",
    TOO_LONG: "too_long",
}


def parse_block(block: Block, form: LogFormat, fold: bool = False) -> ParsedChunk:
    """Parse a block of whole lines; the last one may lack its line end.

    Args:
        fold: make numbers in paths zeros, in the block itself, where that cannot change a route.
    """
    buffer = np.frombuffer(block.data, np.uint8)
    lines = count_lines(buffer, block.size)
    rows, outcomes = np.zeros((lines, TEXTS + 2 * len(form.texts) + 2), np.int64), np.empty(lines, np.uint8)
    _, recognised = scan(buffer, block.size, program_of(form), SEED, rows, outcomes)
    rows = np.ascontiguousarray(rows[:recognised].T)
    if fold:
        fold_paths(buffer, rows[-2], rows[-1])
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
        texts=_texts(block.data, buffer, rows, form),
        rejected_lines=tuple(
            (int(at), REJECTED_REASONS[int(outcomes[at])]) for at in np.flatnonzero(outcomes >= NO_MATCH)
        ),
    )


def _table(rows: int) -> npt.NDArray[np.int32]:
    return np.full(1 << max(4, (2 * rows).bit_length()), -1, np.int32)


def only_hosts(chunk: ParsedChunk, hosts: frozenset[str]) -> ParsedChunk:
    """Leave out lines for other hosts than these; they count as ignored. A format without hosts is kept."""
    if HOST not in chunk.texts:
        return chunk
    own = np.array([value.decode("latin-1").lower() in hosts for value in chunk.texts[HOST].values], np.bool_)
    keep = own[chunk.texts[HOST].codes]
    return chunk if bool(keep.all()) else chunk.only(keep, "other_host")


def _texts(data: bytearray, buffer: Bytes, rows: Rows, form: LogFormat) -> dict[str, CodedText]:
    names = (*form.texts, PATH)
    return {
        name: _coded(data, buffer, rows[TEXTS + 2 * at], rows[TEXTS + 2 * at + 1])
        for at, name in enumerate(names)
    }


def _coded(data: bytearray, buffer: Bytes, starts: Rows, lengths: Rows) -> CodedText:
    firsts, codes = np.empty(len(starts), np.int32), np.empty(len(starts), np.int32)
    distinct = code_texts(
        buffer, starts, lengths, SEED, _table(len(starts)), np.empty(len(starts), np.uint64), firsts, codes
    )
    begins, sizes = starts[firsts[:distinct]].tolist(), lengths[firsts[:distinct]].tolist()
    return CodedText(
        codes, tuple(bytes(data[at : at + size]) for at, size in zip(begins, sizes, strict=True))
    )


def _counts(outcome: npt.NDArray[np.uint8], rows: int) -> LineCounts:
    tally = np.bincount(outcome, minlength=TOO_LONG + 1)
    ignored = {reason: int(tally[code]) for code, reason in IGNORED_REASONS.items() if tally[code]}
    rejected = {reason: int(tally[code]) for code, reason in REJECTED_REASONS.items() if tally[code]}
    if int(tally[RECOGNISED]) != rows:
        raise ValueError("the scanner's outcomes do not match its rows")
    return LineCounts(len(outcome), rows, ignored, rejected)
