"""What a stated value can be besides itself: not given, or impossible.

Job: the two words, and text made comparable. In: a field as stated. Out: the words all treatments share.
It must not repair a value.
"""

from __future__ import annotations

import unicodedata

NOT_GIVEN = "not_given"
"""An optional field left empty: a value of its own, never guessed."""

INVALID = "invalid"
"""A value that cannot be: counted, never repaired."""


def plain_words(text: str) -> str:
    """Return a text in small letters, NFKC, with single spaces and none around."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
