"""Which format a log has, from its first lines; it refuses rather than guesses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import InputError
from iesiz.parse.chunk import parse_block
from iesiz.parse.formats import FORMATS, LogFormat, format_named
from iesiz.records import Block
from iesiz.vocabulary import LineCounts

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
        InputError: the lines are not of that form, or there is none to find the format from.
    """
    named = None if name == AUTO else format_named(name)
    counts = {form.name: parse_block(start, form).counts for form in FORMATS.values()}
    if not any(_tried(one) for one in counts.values()):
        if named is None:
            raise InputError(f"{path}: holds no log line. If the server wrote nothing, leave the file out.")
        return Detected(named, 1.0)
    shares = {name: one.recognised / max(1, _tried(one)) for name, one in counts.items()}
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


def _tried(counts: LineCounts) -> int:
    return counts.lines - sum(counts.ignored.values())
