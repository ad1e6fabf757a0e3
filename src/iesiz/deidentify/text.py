"""The one recogniser of identifiers, used wherever text survives.

Job: find and replace mail, telephone, IIN and BIN, IBAN, card, IP, URL, UUID and tokens. In: one short
text (routes, referrers, campaign names, free-text fields), as distinct values. Out: spans, or the text
with placeholders. It must not raise on any text, keep anything, nor take more than linear time.
"""

from __future__ import annotations

import re

from iesiz.deidentify.decoding import decode
from iesiz.deidentify.digit_groups import digit_runs
from iesiz.deidentify.find_network import find_ips, find_mails, find_urls
from iesiz.deidentify.find_numbers import find_cards, find_person_numbers
from iesiz.deidentify.find_tokens import find_tokens, find_uuids
from iesiz.deidentify.ibans import find_ibans
from iesiz.deidentify.phones import find_phones
from iesiz.deidentify.spans import PLACEHOLDERS, Span, merge

__all__ = ["PLACEHOLDERS", "Span", "find_identifiers", "redact"]

_WORTH_A_LOOK = re.compile(r"[\d@]|::|://|[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z]{16}|\w\.\w\w")
_DIGIT = re.compile(r"\d")
_PASSES = 4
"""A text made to show new identifiers for longer than that is hostile and goes as a whole."""


def find_identifiers(text: str) -> tuple[Span, ...]:
    """Find every identifier of a text.

    The spans are disjoint, in order, and count the characters of ``decoding.decode(text)``, which is
    the text itself unless it holds escapes, compatibility or invisible characters.
    """
    return _find(decode(text))


def redact(text: str) -> str:
    """Return the decoded text with a placeholder such as ``{mail}`` for each identifier.

    ``redact(redact(x)) == redact(x)``.
    """
    decoded = decode(text)
    # What stood beside an identifier may be one itself once that has gone: look again until nothing is.
    for _ in range(_PASSES):
        spans = _find(decoded)
        if not spans:
            return decoded
        decoded = decode(_replace(decoded, spans))
    return PLACEHOLDERS["token"] if _find(decoded) else decoded


def _replace(text: str, spans: tuple[Span, ...]) -> str:
    pieces, position = [], 0
    for span in spans:
        pieces += [text[position : span.start], PLACEHOLDERS[span.kind]]
        position = span.end
    return "".join([*pieces, text[position:]])


def _find(text: str) -> tuple[Span, ...]:
    if _WORTH_A_LOOK.search(text) is None:
        return ()
    return merge([*_find_readable(text), *find_tokens(text, _holds_identifier)])


def _find_readable(text: str) -> list[Span]:
    spans: list[Span] = []
    if "@" in text:
        spans += find_mails(text)
    if "." in text:
        spans += find_urls(text)
    if "::" in text or _DIGIT.search(text):
        spans += find_ips(text)
        spans += find_ibans(text)
        for run in digit_runs(text):
            spans += find_phones(text, run)
            spans += find_person_numbers(text, run)
            spans += find_cards(run)
        spans += find_uuids(text)
    return spans


def _holds_identifier(text: str) -> bool:
    return bool(_find_readable(decode(text)))
