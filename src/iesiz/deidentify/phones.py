"""Telephone numbers: the Kazakh numbering plan, in a text and as a field.

Job: tell whether digits of a text are a telephone number; class a number that stands alone. In: windows
of digits, or a field. Out: spans; one of ``kz_mobile``, ``kz_fixed``, ``foreign``, ``invalid``. It must
not keep a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iesiz.deidentify.digit_groups import SEPARATOR, Run, windows
from iesiz.deidentify.spans import Span

_LENGTHS = range(9, 18)
# Wider than the plan in force: a number that is not given out today may be tomorrow. Before the ten
# digits: nothing, the trunk digit, the country code, and how one dials it from abroad.
_KAZAKH = re.compile(r"(?:7|8|007|8107)?(?:7[0-24-8]\d{8}|80[089]\d{7})")
_RUSSIAN = re.compile(r"(?:7|8|007|8107)[3489]\d{9}")
_ABROAD = re.compile(r"00[1-689]\d{8,14}")
_ABROAD_AFTER_PLUS = re.compile(r"[1-689]\d{8,14}")
_LEAD = re.compile(r"[+(][+(\s]{0,2}$")

_MOBILE = re.compile(r"7(?:0[0-25-8]|47|6[0-4]|7[15-8]|85)\d{7}")
_OTHER_KAZAKH = re.compile(r"7(?:[12]\d|51)\d{7}|80[089]\d{7}")
_SPELLING = re.compile(rf"(?:{SEPARATOR}|\d)+")
_NOT_DIGIT = re.compile(r"\D+")


def find_phones(text: str, run: Run) -> Iterator[Span]:
    """Find Kazakh numbers in all spellings, and foreign ones after ``+``, ``00`` or a trunk digit."""
    for first, group in enumerate(run.groups):
        lead = _LEAD.search(text, max(group.start - 3, 0), group.start)
        has_plus = lead is not None and "+" in lead.group()
        if not has_plus and run.digits[group.offset] not in "780":
            continue
        for window in windows(run, first, _LENGTHS):
            kind = _kind(window.digits, has_plus=has_plus)
            if kind is not None:
                yield Span(lead.start() if lead else window.start, window.end, kind)


def _kind(digits: str, *, has_plus: bool) -> str | None:
    if _KAZAKH.fullmatch(digits):
        return "phone"
    is_foreign = _RUSSIAN.fullmatch(digits) or (_ABROAD_AFTER_PLUS if has_plus else _ABROAD).fullmatch(digits)
    return "foreign_phone" if is_foreign else None


def class_of_number(text: str) -> str:
    """Class a telephone number that stands alone.

    ``kz_fixed`` is every Kazakh number that is no mobile, service numbers (800, 808, 809) among them.
    A number without ``+`` or ``00`` counts as foreign only with the trunk digits 7 or 8 of the plan
    that Kazakhstan shares with Russia: any other 11 or 12 digits may be something else than a number.
    """
    stripped = text.strip()
    if not _SPELLING.fullmatch(stripped):
        return "invalid"
    digits = _NOT_DIGIT.sub("", stripped)
    is_international = stripped.startswith(("+", "(+", "00", "810"))
    digits = digits.removeprefix("00").removeprefix("810")
    if len(digits) == 11 and (digits[0] == "7" or (digits[0] == "8" and not is_international)):
        return _class_of_national(digits[1:])
    if len(digits) == 10 and not is_international:
        return _class_of_national(digits, is_shared=False)
    is_abroad = is_international and digits[:1] not in ("", "7", "0") and 8 <= len(digits) <= 15
    return "foreign" if is_abroad else "invalid"


def _class_of_national(digits: str, *, is_shared: bool = True) -> str:
    if _MOBILE.fullmatch(digits):
        return "kz_mobile"
    if _OTHER_KAZAKH.fullmatch(digits):
        return "kz_fixed"
    return "foreign" if is_shared and digits[0] in "3489" else "invalid"
