"""Languages of pages and readers: ``/kk/shops`` and ``ru-RU,ru;q=0.9`` to one of five words.

In: a path as logged with the codes that its site declares, or a logged Accept-Language. Out: a word of
``iesiz.languages``. It must not keep a region, a script, a second language or a weight, nor raise on any
text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from iesiz.languages import UNKNOWN, language_of_code

LONGEST = 512
_FIRST_SEGMENT = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{0,15}://[^/?#]*)?/+([A-Za-z0-9-]{2,35})(?=[/?#;]|$)")
_RANGE = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*(?:\s*;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?")


def language_of_path(path: str, declared: Collection[str]) -> str:
    """The language that the first segment names, if it is one of the declared codes (in small letters)."""
    found = _FIRST_SEGMENT.match(path)
    code = found[1].lower() if found else ""
    return language_of_code(code) if code in declared else UNKNOWN


def preferred_language(header: str) -> str:
    """The language that an Accept-Language (RFC 9110, section 12.5.4) weighs most; of equals the first."""
    best, most = UNKNOWN, 0.0
    for part in header[:LONGEST].split(","):
        found = _RANGE.fullmatch(part.strip())
        weight = float(found[2] or 1) if found else 0.0
        if found and weight > most:
            best, most = language_of_code(found[1].lower()), weight
    return best
