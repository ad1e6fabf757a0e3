"""The variables of nginx and the directives of Apache, and what each stands for.

In: one format string without its surroundings. Out: its pieces, texts and variables in turn. Unknown
directives of Apache are refused; a variable of nginx that is not listed is passed over, since modules and
settings make their own.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from iesiz.errors import SettingsError
from iesiz.parse.layout_kernel import Kind

NGINX = re.compile(r"\$\{(\w+)\}|\$(\w+)")
APACHE = re.compile(r"%(?:%|([!<>,\d]*)(\{[^}]*\})?([<>]*)(\^t[io]|[A-Za-z]))")
APACHE_LETTERS = frozenset("aAbBCDefhHiIklLmnoOpPqrRsStTuUvVXx") | {"^ti", "^to"}
_STRFTIME = re.compile(r"%(.)")


@dataclass(frozen=True, slots=True)
class Variable:
    """What stands in a line for a variable.

    Attributes:
        field: what it tells; empty if it is passed over.
        rank: of several for one field the one of the lowest rank is read.
    """

    field: str = ""
    kind: Kind = Kind.SKIP
    rank: int = 99
    unit: str = "s"


Piece = str | Variable


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, Any]]:
    text = resources.files("iesiz.parse").joinpath("variables.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def listed(kind: str, name: str) -> Variable:
    """The variable of that name in one of the lists, or one that is passed over."""
    found = _lists()[kind].get(name)
    return Variable(found[0], Kind[found[1]], *found[2:]) if found else Variable()


def nginx_pieces(text: str) -> list[Piece]:
    """Texts and variables of an nginx ``log_format`` string."""
    pieces: list[Piece] = []
    at = 0
    for found in NGINX.finditer(text):
        pieces += [text[at : found.start()], listed("nginx", found[1] or found[2])]
        at = found.end()
    return [*pieces, text[at:]]


def apache_pieces(text: str) -> list[Piece]:
    """Texts and directives of an Apache ``LogFormat`` string.

    Raises:
        SettingsError: a directive is not one of mod_log_config or mod_logio.
    """
    pieces: list[Piece] = []
    at = 0
    for found in APACHE.finditer(text):
        pieces += [text[at : found.start()], *_directive(found)]
        at = found.end()
    return [*pieces, text[at:]]


def _directive(found: re.Match[str]) -> list[Piece]:
    if found[0] == "%%":
        return ["%"]
    modifiers, argument, letter = found[1] + found[3], (found[2] or "")[1:-1], found[4]
    if letter not in APACHE_LETTERS:
        raise SettingsError(f"{found[0]} is no directive of Apache's LogFormat.")
    if letter == "t":
        return _apache_time(argument) if argument else ["[", listed("apache", "t"), "]"]
    if letter == "i":
        return [listed("header", argument.lower())]
    if letter == "T" and argument:
        return [listed("time_unit", argument)]
    if letter == "s" and ">" in modifiers:
        return [Variable("status", Kind.STATUS, 0)]
    if letter == "a" and argument:
        return [Variable("address", Kind.TEXT, 2)]
    return [listed("apache", letter)] if not argument else [Variable()]


def _apache_time(argument: str) -> list[Piece]:
    """Pieces of ``%{...}t``: a number, or strftime's letters."""
    lists, form = _lists(), argument.removeprefix("begin:").removeprefix("end:")
    if form in lists["time_number"]:
        return [listed("time_number", form)]
    if form in ("msec_frac", "usec_frac"):
        return [Variable()]
    for letter, meaning in lists["time_alias"].items():
        form = form.replace("%" + letter, meaning)
    if form == "%d/%b/%Y:%H:%M:%S %z":
        return [listed("apache", "t")]
    pieces: list[Piece] = []
    at = 0
    for found in _STRFTIME.finditer(form):
        part = listed("time_part", found[1])
        if not part.field:
            raise SettingsError(f"%{{{argument}}}t: {found[0]} is none of the parts of a time that are read.")
        pieces += [form[at : found.start()], part]
        at = found.end()
    return [*pieces, form[at:]]
