"""Which format a log has, from its first lines; it refuses rather than guesses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import InputError
from iesiz.parse.chunk import parse_block
from iesiz.parse.formats import FORMATS, LogFormat, format_named
from iesiz.records import Block

AUTO = "auto"
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Detected:
    """A format and the share (0 to 1) of the first lines that it recognises."""

    form: LogFormat
    share: float


def choose_format(path: Path, name: str, start: Block) -> Detected:
    """The format of that name, or the one found if it is ``auto``, held against the first lines.

    Raises:
        SettingsError: the name is not known.
        InputError: there is no line, or the lines are not of that form.
    """
    named = None if name == AUTO else format_named(name)
    if not start.size:
        raise InputError(f"{path}: holds no line. If the server wrote nothing, leave the file out.")
    shares = {form.name: _share(start, form) for form in FORMATS.values()}
    # Of formats that read equally many lines the one with more fields is meant: a line that begins with
    # a virtual host also reads as one without, with the host in place of the address.
    best = max(FORMATS.values(), key=lambda form: (shares[form.name], len(form.slots)))
    if shares[best.name] < LEAST_SHARE:
        raise InputError(
            f"{path}: its first lines are of none of the formats {', '.join(FORMATS)}. "
            "Check that it is an access log, and which format the server writes."
        )
    if named is not None and named != best:
        raise InputError(
            f"{path}: expected lines of the format {named.name}, found {best.name}. Correct the log's format."
        )
    return Detected(best, shares[best.name])


def _share(start: Block, form: LogFormat) -> float:
    counts = parse_block(start, form).counts
    tried = counts.lines - sum(counts.ignored.values())
    return counts.recognised / tried if tried else 0.0
