"""Bank accounts in a text, as IBANs.

Job: find them by country, length and control. In: decoded text. Out: spans. It must not find an account
whose control fails: mistyped ones are left to the finder of tokens.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from importlib.resources import files
from types import MappingProxyType

from iesiz.deidentify.checksums import is_mod97
from iesiz.deidentify.spans import Span

_START = re.compile(r"[A-Za-z]{2}[ \-+\u00a0]?[0-9]{2}")
_BODY = re.compile(r"[A-Za-z0-9](?:[ \-+\u00a0]?[A-Za-z0-9]){14,33}")
_ALNUM = re.compile(r"[A-Za-z0-9]")


def _load_lengths() -> MappingProxyType[str, int]:
    text = (files(__package__) / "iban_lengths.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["country"]: int(row["length"]) for row in csv.DictReader(text.splitlines())})


_LENGTHS = _load_lengths()


def find_ibans(text: str) -> Iterator[Span]:
    """Find IBANs in small or capital letters; groups may be apart by a space or a dash."""
    for match in _START.finditer(text):
        start = match.start()
        length = _LENGTHS.get(text[start : start + 2].upper())
        if length is None or (start and _ALNUM.match(text, start - 1)):
            continue
        body = _BODY.match(text, start)
        characters = list(_ALNUM.finditer(body.group())) if body else []
        if len(characters) < length:
            continue
        end = start + characters[length - 1].end()
        account = "".join(character.group() for character in characters[:length])
        if not _ALNUM.match(text, end) and is_mod97(account):
            yield Span(start, end, "iban")
