"""The server's own format string as schema: nginx ``log_format`` and Apache ``LogFormat`` to a ``LogFormat``.

In: the string, or the whole directive as it stands in the server's settings. Out: ``LogFormat``. A string
that lacks what a record needs, or in which two fields cannot be told apart, is refused with what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from iesiz.errors import SettingsError
from iesiz.parse.formats import REQUEST_PARTS, TIME_PARTS, Key, LogFormat, Slot, Style
from iesiz.parse.layout_kernel import Kind
from iesiz.parse.variables import APACHE, NGINX, Piece, Variable, apache_pieces, nginx_pieces

_NGINX_DIRECTIVE = re.compile(r"\s*(?:log_format\s+\S+\s+)?(?:escape=(default|json|none)\s+)?(.*)", re.DOTALL)
_APACHE_DIRECTIVE = re.compile(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"')
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_IN_NAMED_VALUES = {Kind.TIME: Kind.MOMENT, Kind.STATUS: Kind.CODE}


def is_string(text: str) -> bool:
    """Whether a format is given as a server's format string."""
    return "$" in text or "%" in text


def format_of(text: str) -> LogFormat:
    """Compile a format string.

    Raises:
        SettingsError: it names an unknown directive, lacks client address, time, request or status, or
            puts two fields side by side with nothing between them.
    """
    is_nginx = "$" in text
    bare = _bare_nginx(text) if is_nginx else _bare_apache(text)
    if bare.lstrip().startswith("{") and '"' in bare.lstrip()[1:4]:
        form = LogFormat(text, _json_slots(bare, is_nginx), style=Style.JSON, dropped=_unread(bare, is_nginx))
    else:
        slots = tuple(_chain(nginx_pieces(bare) if is_nginx else apache_pieces(bare)))
        form = LogFormat(text, slots, dropped=_unread(bare, is_nginx))
    _check(form)
    return form


def _unread(bare: str, is_nginx: bool) -> tuple[str, ...]:
    """Variables that stand for nothing that is read, as they are written."""
    pattern, pieces = (NGINX, nginx_pieces) if is_nginx else (APACHE, apache_pieces)
    written = dict.fromkeys(found[0] for found in pattern.finditer(bare))
    fields = {one: [part.field for part in pieces(one) if isinstance(part, Variable)] for one in written}
    return tuple(one for one, named in fields.items() if named and not any(named))


def _bare_nginx(text: str) -> str:
    found = _NGINX_DIRECTIVE.fullmatch(text)
    rest = found[2] if found else text
    is_directive = "log_format" in text[:20] or bool(found and found[1]) or rest.startswith("'")
    parts = _QUOTED.findall(rest) if is_directive else []
    bare = "".join(single or double for single, double in parts)
    return re.sub(r"\\(['\"])", r"\1", bare) if bare else rest


def _bare_apache(text: str) -> str:
    found = _APACHE_DIRECTIVE.match(text)
    bare = found[1] if found else text
    return bare.replace('\\"', '"').replace("\\t", "\t").replace("\\\\", "\\")


def _check(form: LogFormat) -> None:
    kinds = {slot.kind for slot in form.slots}
    names = {slot.name for slot in form.slots}
    lacks = [name for name in ("address", "time", "status") if name not in names]
    if Kind.REQUEST not in kinds and not {Kind.METHOD, Kind.TARGET} <= kinds:
        lacks.append("request")
    parts = kinds.intersection(TIME_PARTS) - {Kind.ZONE}
    whole = {Kind.YEAR, Kind.MONTH, Kind.DAY, Kind.HOUR, Kind.MINUTE}
    if parts and not whole <= parts:
        lacks.append("whole time")
    if lacks:
        raise SettingsError(f"The format string has no {', '.join(lacks)}, which every record needs.")


def _key(one: Variable) -> object:
    return (one.field, one.kind) if one.kind in REQUEST_PARTS or one.kind in TIME_PARTS else one.field


def _read(variables: Iterable[Variable]) -> set[int]:
    """Positions of the variables that are read: of several for one field the one of the lowest rank."""
    best: dict[object, tuple[int, int]] = {}
    listed = list(variables)
    for at, one in enumerate(listed):
        if one.field and (one.rank, at) < best.get(_key(one), (99, 0)):
            best[_key(one)] = (one.rank, at)
    chosen = {at for _, at in best.values()}
    kinds = {listed[at].kind for at in chosen}
    if Kind.REQUEST in kinds:
        chosen -= {at for at in chosen if listed[at].kind in REQUEST_PARTS}
    if kinds & {Kind.TIME, Kind.MOMENT}:
        chosen -= {at for at in chosen if listed[at].kind in TIME_PARTS}
    return chosen


def _chain(pieces: list[Piece]) -> Iterator[Slot]:
    """Slots for texts and variables in turn; a text before the first variable must stand at the beginning."""
    opening, variables, ends = _paired(_without_blanks_alone(pieces))
    if opening:
        yield Slot("", Kind.SKIP, opening.encode(), at_once=True)
    chosen, before = _read(variables), opening
    for at, (variable, end) in enumerate(zip(variables, ends, strict=True)):
        quoted = before.endswith('"') and end.startswith('"')
        one = variable if at in chosen or variable.kind == Kind.SKIP else Variable()
        yield Slot(one.field, one.kind, end.encode(), quoted=quoted, unit=one.unit)
        before = end


def _without_blanks_alone(pieces: list[Piece]) -> list[Piece]:
    """Join texts that stand side by side, and leave out empty ones."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return joined


def _paired(pieces: list[Piece]) -> tuple[str, list[Variable], list[str]]:
    opening = pieces.pop(0) if pieces and isinstance(pieces[0], str) else ""
    variables: list[Variable] = []
    ends: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            ends[-1] = piece
        elif len(ends) < len(variables) or not ends or ends[-1]:
            variables.append(piece)
            ends.append("")
        else:
            variables[-1] = _merged(variables[-1], piece)
    return str(opening), variables, ends


def _merged(one: Variable, two: Variable) -> Variable:
    """Two variables with nothing between them, where that can be read: a target with its query."""
    if one.kind == Kind.TARGET and (two.kind in (Kind.QUERY, Kind.SKIP)):
        return one
    if one.kind == two.kind == Kind.SKIP:
        return one
    raise SettingsError(
        "The format string has two fields with nothing between them "
        f"({one.field or 'unread'} and {two.field or 'unread'}): where the first ends cannot be told."
    )


def _json_slots(text: str, is_nginx: bool) -> tuple[Slot, ...]:
    """Slots for a string that writes a JSON object, by the path of each value that is one variable."""
    pattern = NGINX if is_nginx else APACHE
    quoted = "".join(_in_quotes(text, pattern))
    try:
        written = json.loads(quoted)
    except ValueError:
        raise SettingsError("The format string looks like JSON and is not a JSON object.") from None
    leaves = [(path, leaf) for path, leaf in _leaves(written, ()) if pattern.fullmatch(leaf)]
    pieces = [nginx_pieces(leaf) if is_nginx else apache_pieces(leaf) for _, leaf in leaves]
    variables = [next(one for one in piece if isinstance(one, Variable)) for piece in pieces]
    return tuple(
        Slot(one.field, _IN_NAMED_VALUES.get(one.kind, one.kind), unit=one.unit, path=leaves[at][0])
        for at, one in enumerate(variables)
        if at in _read(variables)
    )


def _in_quotes(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """The text with quotes around each variable that has none, which writes a number."""
    at, inside = 0, False
    for found in pattern.finditer(text):
        inside ^= text.count('"', at, found.start()) % 2 == 1
        yield text[at : found.start()] + (found[0] if inside else f'"{found[0]}"')
        at = found.end()
    yield text[at:]


def _leaves(written: Any, path: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], str]]:
    if isinstance(written, str):
        yield path, written
    items = (
        written.items()
        if isinstance(written, dict)
        else enumerate(written)
        if isinstance(written, list)
        else ()
    )
    for key, value in items:
        yield from _leaves(value, (*path, key))
