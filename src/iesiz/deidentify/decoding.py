r"""Text as a person would read it: escapes undone, look-alike characters made plain.

Job: undo percent encoding (however often nested), ``\xHH``, ``%uHHHH`` and numeric HTML escapes;
fold compatibility characters and digits of other scripts, and drop invisible ones. In: any text.
Out: text that decodes to itself. It must not raise on any text, and takes time linear in its length.
"""

from __future__ import annotations

import re
import unicodedata

ROUNDS = 4
"""Rounds of decoding before what is left is given up as hostile (three nested encodings and a check)."""

REPLACEMENT = "\ufffd"

_NESTED_PERCENT = re.compile(r"%(?:25)+(?=[0-9A-Fa-f]{2})")
_BYTES = re.compile(r"(?:(?:%|\\x)[0-9A-Fa-f]{2})+")
_CODE_POINT = re.compile(r"(?:%|\\)u([0-9A-Fa-f]{4})|&#(?:[xX]([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")
_MARK = re.compile(r"%|\\[xu]|&#")
_ESCAPE = re.compile(f"{_BYTES.pattern}|{_CODE_POINT.pattern}")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
# What has a compatibility form; one by one, since sorting long runs of accents takes quadratic time.
_COMPATIBLE = re.compile(
    "[\u00a0-\u00be\u2000-\u2bff\u3000-\u33ff\uf900-\ufdff\ufe10-\uffef"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff]"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"(\s+)")


def decode(text: str) -> str:
    """Undo every escape in a text, up to ``ROUNDS`` rounds.

    Words in which escapes are left after that become U+FFFD, so that ``decode(decode(x)) == decode(x)``
    and nothing hides behind one encoding more.
    """
    if text.isascii() and _MARK.search(text) is None:
        return text
    for _ in range(ROUNDS):
        decoded = _unescape(_plain(text))
        if decoded == text:
            return text
        text = decoded
    return "".join(REPLACEMENT if _ESCAPE.search(word) else word for word in _SPACE.split(_plain(text)))


def _plain(text: str) -> str:
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", _SURROGATE.sub(REPLACEMENT, text))
    return _FOREIGN_DIGIT.sub(_digit, _COMPATIBLE.sub(_plain_form, text))


def _digit(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match.group()))


def _plain_form(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())


def _unescape(text: str) -> str:
    if _MARK.search(text) is None:
        return text
    text = _NESTED_PERCENT.sub("%", text)
    return _CODE_POINT.sub(_code_point, _BYTES.sub(_bytes, text))


def _bytes(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match.group().replace("%", "").replace("\\x", ""))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # Old pages of the region send Cyrillic in this encoding; ASCII is the same in both.
        return raw.decode("cp1251", errors="replace")


def _code_point(match: re.Match[str]) -> str:
    unicode, hexadecimal, decimal = match.groups()
    code = int(decimal) if decimal else int(unicode or hexadecimal, 16)
    return REPLACEMENT if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)
