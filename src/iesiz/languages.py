"""The words for languages that all rooms share: ``kk``, ``ru``, ``en``, ``other``, ``unknown``.

In: a code as a path or a browser writes it. Out: its word, by ``languages.toml``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

OTHER, UNKNOWN = "other", "unknown"


@cache
def _words() -> dict[str, str]:
    listed = tomllib.loads(resources.files("iesiz").joinpath("languages.toml").read_text("utf-8"))
    return {code: word for word, codes in listed.items() for code in codes}


@cache
def languages() -> tuple[str, ...]:
    """All words, in the order of the list, then ``other`` and ``unknown``."""
    return (*dict.fromkeys(_words().values()), OTHER, UNKNOWN)


def language_of_code(code: str) -> str:
    """The word for a code in small letters, such as ``kk``, ``kz`` or ``en-gb``; ``other`` if not listed."""
    return _words().get(code.partition("-")[0], OTHER)
