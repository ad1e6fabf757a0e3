"""Numbers of people, companies and cards in a text.

Job: find IIN and BIN and payment cards by their controls, however they are grouped. In: decoded text
and its runs of digit groups. Out: spans. It must not decide by the date or the sex that an IIN seems
to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iesiz.deidentify.checksums import is_bin_shaped, is_iin, is_luhn
from iesiz.deidentify.digit_groups import Run, Window, windows
from iesiz.deidentify.spans import Span

_IIN_LENGTH = 12
# Not after a brace and not across one: the words inside our own placeholders name nothing.
_WORD = r"(?<!\{)(?:иин|жсн|бин|бсн|iin|zhsn|jsn|bin|bsn)"
_WORD_BEFORE = re.compile(rf"{_WORD}[^\d{{}}]{{0,20}}$", re.IGNORECASE)
_WORD_AFTER = re.compile(rf"[^\w{{}}]{{0,6}}{_WORD}", re.IGNORECASE)
_CONTEXT = 26
_CARD_LENGTHS = range(13, 20)


def find_person_numbers(text: str, run: Run) -> Iterator[Span]:
    """Find IIN and BIN: 12 digits that pass the control, or any 12 beside a word for them."""
    begin, end = run.groups[0].start, run.groups[-1].end
    is_named_before = _WORD_BEFORE.search(text, max(begin - _CONTEXT, 0), begin) is not None
    is_named_after = _WORD_AFTER.match(text, end) is not None
    for first in range(len(run.groups)):
        for window in windows(run, first, (_IIN_LENGTH,)):
            is_named = (is_named_before and first == 0) or (is_named_after and window.end == end)
            if is_named or _is_person_number(run, window):
                yield Span(window.start, window.end, "bin" if is_bin_shaped(window.digits) else "iin")


def _is_person_number(run: Run, window: Window) -> bool:
    # A part of a longer number passes the control once in eleven: groups count only when they are all.
    is_spelt_apart = run.is_whole(window) and run.is_tight(window) and len(set(run.sizes(window))) == 1
    return (window.first == window.last or is_spelt_apart) and is_iin(window.digits)


def find_cards(run: Run) -> Iterator[Span]:
    """Find card numbers of 13 to 19 digits that pass Luhn, in one piece or in groups."""
    covered = 0
    for first, group in enumerate(run.groups):
        # Groups of one or two figures are a card only when they are the whole run.
        if group.start < covered or (first and group.end - group.start < 3):
            continue
        cards = [window for window in windows(run, first, _CARD_LENGTHS) if _is_card(run, window)]
        if cards:
            covered = cards[-1].end
            yield Span(group.start, covered, "card")


def _is_card(run: Run, window: Window) -> bool:
    digits, sizes = window.digits, run.sizes(window)
    # 13 digits from 1 on are milliseconds since 1970; no card begins with 0.
    is_other = digits[0] == "0" or (len(digits) == 13 and digits[0] == "1")
    is_uniform = len(set(sizes)) == 1 and (sizes[0] >= 3 or run.is_whole(window))
    is_grouped_like_a_card = is_uniform or min(sizes[:-1]) >= 3
    return not is_other and run.is_tight(window) and is_grouped_like_a_card and is_luhn(digits)
