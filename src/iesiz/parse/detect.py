"""Which format a log has, from its first lines; it refuses rather than guesses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from pathlib import Path

from iesiz.counts import LineCounts
from iesiz.errors import InputError
from iesiz.parse.chunk import parse_block
from iesiz.parse.columns import with_columns
from iesiz.parse.formats import LogFormat
from iesiz.parse.names import format_named
from iesiz.parse.presets import FORMATS
from iesiz.records import Block, ParsedChunk

AUTO = "auto"
LEAST_SHARE = 0.5
COMMENTS = ("empty_line", "comment")


@dataclass(frozen=True, slots=True)
class Detected:
    """A format and the share (0 to 1) of the first lines that it recognises."""

    form: LogFormat
    share: float


@dataclass(frozen=True, slots=True, order=True)
class Trial:
    """How well a format reads some lines; the better of two is the greater.

    Attributes:
        share: of lines that it recognises.
        addresses: share of distinct clients that are an address, not a name or a dash: a line that begins
            with a virtual host also reads as one without, with the host in place of the address.
        fields: fields that it finds.
    """

    share: float
    addresses: float
    fields: int
    tried: int


def choose_format(path: Path, name: str, start: Block) -> Detected:
    """The format of that name, or the one found if it is ``auto``, held against the first lines.

    Raises:
        SettingsError: the name is not known, or the format string cannot be used.
        InputError: the lines are not of that form, or there is none to find the format from.
    """
    named = None if name == AUTO else format_named(name)
    if not _holds_lines(start):
        if named is None:
            raise InputError(f"{path}: holds no log line. If the server wrote nothing, leave the file out.")
        return Detected(named, 1.0)
    trials = {
        form: _trial(start, form) for form in dict.fromkeys((*FORMATS.values(), *([named] if named else [])))
    }
    best = max(trials, key=lambda form: trials[form])
    if trials[best].share < LEAST_SHARE:
        raise InputError(
            f"{path}: its first lines are of none of the formats {', '.join(FORMATS)}. Check that it is an "
            "access log; if it is, give the server's own format string (nginx log_format, Apache LogFormat) "
            "as --format, or as format in the settings."
        )
    if named is None:
        return Detected(best, trials[best].share)
    if not _reads_as_well(trials[named], trials[best]):
        raise InputError(
            f"{path}: expected lines of the format {named.name}, found {best.name}. Correct the log's format."
        )
    return Detected(named, trials[named].share)


def _reads_as_well(one: Trial, best: Trial) -> bool:
    return one.share >= best.share and one.addresses >= best.addresses


def _holds_lines(start: Block) -> bool:
    counts = parse_block(_copy(start), FORMATS["common"]).counts
    return _tried(counts) > 0


def _trial(start: Block, form: LogFormat) -> Trial:
    block = next(iter(with_columns([_copy(start)], form)))
    chunk = parse_block(block, form)
    tried = _tried(chunk.counts)
    share = chunk.counts.recognised / max(1, tried - chunk.counts.ignored.get("other_event", 0))
    return Trial(share, _addresses(chunk), len(form.slots), tried)


def _copy(block: Block) -> Block:
    """Reading decodes escapes in place, so each format gets its own."""
    return replace(block, data=bytearray(block.data))


def _tried(counts: LineCounts) -> int:
    return counts.lines - sum(count for reason, count in counts.ignored.items() if reason in COMMENTS)


def _addresses(chunk: ParsedChunk) -> float:
    values = chunk.texts["address"].values if chunk.rows else ()
    return sum(map(_is_address, values)) / max(1, len(values))


def _is_address(value: bytes) -> bool:
    text = value.decode("latin-1").strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
