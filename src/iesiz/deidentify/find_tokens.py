"""Keys that machines give out: UUIDs, long hexadecimal and base64 tokens.

Job: find them by shape, and by what base64 decodes to. In: decoded text. Out: spans. It must not take
words of a language, dates or short numbers for tokens; an irregular mixture is the sign.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from iesiz.deidentify.spans import Span

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:[-_ ][0-9A-Fa-f]{4}){3}[-_ ][0-9A-Fa-f]{12}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_PART = re.compile(r"[^/]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_WORTH_A_LOOK = re.compile(r"[A-Z]|[a-z0-9]{16}")
_SMALL, _CAPITAL, _FIGURE = re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]")
_STANDARD = str.maketrans("-_", "+/")
_MIN_TOKEN = 16


def find_uuids(text: str) -> Iterator[Span]:
    """Find UUIDs with their dashes; without them they are hexadecimal tokens."""
    for match in _UUID.finditer(text):
        if any(character.isdigit() for character in match.group()):
            yield Span(match.start(), match.end(), "uuid")


def find_tokens(text: str, holds_identifier: Callable[[str], bool]) -> Iterator[Span]:
    """Find tokens of 16 characters or more, and shorter base64 that decodes to an identifier.

    Args:
        text: decoded text.
        holds_identifier: whether the plain text behind a base64 token holds an identifier itself.
    """
    for match in _RUN.finditer(text):
        run, start = match.group(), match.start()
        if _WORTH_A_LOOK.search(run) is None:
            continue
        if "/" in run and (_is_ragged_mixture(run) or _hides_text(run, holds_identifier)):
            yield Span(start, match.end(), "token")
            continue
        for part in _PART.finditer(run):
            if _is_token(part.group(), holds_identifier):
                yield Span(start + part.start(), start + part.end(), "token")


def _is_token(part: str, holds_identifier: Callable[[str], bool]) -> bool:
    words = _WORD.findall(part)
    if any(len(word) >= _MIN_TOKEN and (_HEX.search(word) or _is_ragged(word)) for word in words):
        return True
    candidates = [part, *words] if len(words) > 1 else [part]
    return _is_ragged_mixture(part) or any(_hides_text(word, holds_identifier) for word in candidates)


def _is_ragged(word: str) -> bool:
    # Names in camel case have pieces of four letters and more; in one case only figures part the pieces.
    is_camel = _SMALL.search(word) and _CAPITAL.search(word)
    return raggedness(word) < (4 if is_camel else 6.5)


def raggedness(text: str) -> float:
    """Mean length of the pieces of one kind (digits, capitals, a capitalised or small word); 0 for none.

    Random base64 has about 1.8, base 36 about 2.5, ``SummerSale2024`` 4.7.
    """
    pieces = _PIECE.findall(text)
    return sum(map(len, pieces)) / len(pieces) if pieces else 0.0


def _is_ragged_mixture(text: str) -> bool:
    """Base64 with its ``+``, ``/``, ``-`` and ``_``: all three kinds of characters in very short pieces."""
    if len(text) < _MIN_TOKEN or not (_SMALL.search(text) and _CAPITAL.search(text) and _FIGURE.search(text)):
        return False
    return raggedness(text) < 2.5


def _hides_text(part: str, holds_identifier: Callable[[str], bool]) -> bool:
    # Base64 of readable text always has capitals; words in small letters are spared the decoding.
    if len(part) < 8 or not _CAPITAL.search(part):
        return False
    body = part.rstrip("=").translate(_STANDARD)
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return plain.isprintable() and (len(part) >= _MIN_TOKEN or holds_identifier(plain))
