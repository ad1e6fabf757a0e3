"""Paths of requests as route templates: what a page is, never whom it was about.

Job: ``/stores/17/menu?x=1`` to ``/stores/{n}/menu``. In: a path as logged (escaped, encoded, hostile)
and the site's own routes. Out: a template, a function of these two alone. Deny by default: a segment
stays only when it is a plain ASCII word; anything else becomes a placeholder. It must not keep a query,
a number, an identifier, text in another script, nor raise on any text.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from iesiz.deidentify.decoding import decode
from iesiz.deidentify.find_tokens import raggedness
from iesiz.deidentify.own_routes import OwnRoutes
from iesiz.deidentify.resources import Resource, resource_of
from iesiz.deidentify.text import PLACEHOLDERS, find_identifiers

__all__ = ["OwnRoutes", "Resource", "resource_of", "route_of"]

MAX_SEGMENTS = 8
MAX_SEGMENT_LENGTH = 60
MAX_LENGTH = 240
UNREADABLE = "{other}"
"""The route of what is no path at all: an authority, binary bytes, nothing."""

_REST = "{...}"
_SEARCHED_LENGTH = 512  # A longer segment never stays; its head tells which placeholder it gets.
_PLAIN = re.compile(
    r"(?:/(?:[a-z]{1,15}(?:[-_][a-z]{1,15})*(?:[-_][0-9]{1,9})?(?:\.[a-z]{1,5})?|[0-9]{1,9})){1,8}/?"
)
_PLAIN_NUMBER = re.compile(r"[0-9]{3,}|(?<=/)[0-9]+(?=/|$)")
_WORDS = re.compile(r"[^\W\d_]+")
_QUERY = re.compile(r"[?#]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://[^/?#]*")
_ROUTE_WORD = re.compile(r"[A-Za-z0-9\-_.~+!]+")
_ALNUM = re.compile(r"[a-z0-9]+")
_NUMBER = re.compile(r"[0-9]+")


def _load_person_words() -> frozenset[str]:
    lists = tomllib.loads((files(__package__) / "routes.toml").read_text("utf-8"))
    return frozenset(lists["person_words"])


_PERSON_WORDS = _load_person_words()


def route_of(path: str, own: OwnRoutes) -> str:
    """Return the route template of a path.

    Own routes come first and give exactly their template. Otherwise each of the first eight segments is
    a small-lettered word or one of ``{n}``, ``{id}``, ``{text}``, ``{other}`` and the recogniser's
    placeholders; ``{...}`` stands for what is cut off. At most 240 characters long.
    """
    if len(path) <= MAX_LENGTH and _PLAIN.fullmatch(path) and _names_nobody(path):
        return _route_of_plain(path.rstrip("/"), own)
    target = decode(_QUERY.split(path, maxsplit=1)[0])
    if target == "*":
        return target
    absolute = _ABSOLUTE.match(target)
    if absolute:
        target = target[absolute.end() :] or "/"
    if not target.startswith("/"):
        return UNREADABLE
    segments = _resolve(target)
    return own.match(segments) or _template(segments)


def _names_nobody(plain: str) -> bool:
    words = plain.replace("-", "/").replace("_", "/").replace(".", "/").split("/")
    return _PERSON_WORDS.isdisjoint(words)


def _route_of_plain(path: str, own: OwnRoutes) -> str:
    segments = path[1:].split("/")
    template = own.match(segments)
    if template is not None:
        return template
    if len(path) > MAX_SEGMENT_LENGTH and max(map(len, segments)) > MAX_SEGMENT_LENGTH:
        return _template(segments)
    return _PLAIN_NUMBER.sub("{n}", path)


def _resolve(target: str) -> list[str]:
    """Segments without matrix parameters, empty ones, ``.`` and ``..`` (RFC 3986, section 5.2.4)."""
    segments: list[str] = []
    for raw in target.split("/"):
        segment = raw.partition(";")[0]
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return segments


def _template(segments: list[str]) -> str:
    kept: list[str] = []
    length = 0
    for position, segment in enumerate(segments[:MAX_SEGMENTS]):
        is_of_person = position > 0 and _names_person(segments[position - 1])
        treated = "{id}" if is_of_person else _segment(segment)
        length += 1 + len(treated)
        if length > MAX_LENGTH - len(_REST) - 1:
            return "/" + "/".join([*kept, _REST])
        kept.append(treated)
    return "/" + "/".join([*kept, _REST] if len(segments) > MAX_SEGMENTS else kept)


def _names_person(segment: str) -> bool:
    return not _PERSON_WORDS.isdisjoint(_WORDS.findall(segment[:_SEARCHED_LENGTH].casefold()))


def _segment(segment: str) -> str:
    # A host name is no person, and a file name such as `news.kz` looks like one.
    kinds = [span.kind for span in find_identifiers(segment[:_SEARCHED_LENGTH]) if span.kind != "url"]
    if kinds:
        return PLACEHOLDERS[kinds[0]]
    if not segment.isascii():
        return "{text}"
    if not _ROUTE_WORD.fullmatch(segment):
        return "{other}"
    if segment.startswith("~"):
        return "{id}"
    return "{text}" if len(segment) > MAX_SEGMENT_LENGTH else _route_word(segment)


def _route_word(segment: str) -> str:
    if segment.isdigit():
        return "{n}"
    words = [word for word in _ALNUM.findall(segment.lower()) if len(word) >= 8]
    if any(_NUMBER.search(word) and not word.isdigit() and raggedness(word) < 2.5 for word in words):
        return PLACEHOLDERS["token"]
    figures = _NUMBER.findall(segment)
    return _NUMBER.sub("{n}", segment.lower()) if sum(map(len, figures)) > 2 else segment.lower()
