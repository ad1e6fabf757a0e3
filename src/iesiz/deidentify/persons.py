"""Stated fields of a registration, coarse enough to be about nobody in particular.

Job: one treatment a field, each ``str | None -> str``. In: a field as the user stated it (a distinct
value). Out: a class, ``not_given`` when empty, ``invalid`` when impossible. It must not raise on any text,
guess or repair a value, nor read anything from an IIN.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files

from iesiz.deidentify.given import INVALID, NOT_GIVEN, plain_words
from iesiz.deidentify.phones import class_of_number
from iesiz.deidentify.regions import region

__all__ = [
    "INVALID",
    "NOT_GIVEN",
    "band_of_age",
    "birth_band",
    "channel",
    "consent",
    "given",
    "language",
    "mail_provider",
    "phone_class",
    "region",
    "sex",
    "stated_date",
]

OLDEST = 120
"""Years; an older age is ``invalid``."""

ADULT = 18
LAST_BAND = 65
_BAND = 5
_ISO_DATE = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_LOCAL_DATE = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})", re.ASCII)
_MAIL = re.compile(r"[^\s@<>(),;:\"]{1,64}@((?:[\w-]{1,63}\.)+[^\W\d_][\w-]*)")


def _load() -> Mapping[str, Mapping[str, str]]:
    fields = tomllib.loads((files(__package__) / "persons.toml").read_text("utf-8"))
    return {
        name: {spelling: value for value, spellings in values.items() for spelling in [value, *spellings]}
        for name, values in fields.items()
    }


_SPELLINGS = _load()


def given(text: str | None) -> str:
    """Tell only whether there is a value: ``given`` or ``not_given``."""
    return NOT_GIVEN if text is None or not text.strip() else "given"


def birth_band(text: str | None, today: date) -> str:
    """Return the band of age on a day from a stated birth date.

    ``under_18``, ``18-24``, ``25-29``, ... in steps of five years to ``60-64``, ``65+``: wider at the ends,
    and one band for all who are under age. Dates as ``YYYY-MM-DD`` (a time may follow) or
    ``DD.MM.YYYY``; a date after ``today``, an impossible one or an age over 120 is ``invalid``.
    """
    if text is None or not text.strip():
        return NOT_GIVEN
    born = stated_date(text)
    if born is None or born > today:
        return INVALID
    return band_of_age(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))


def stated_date(stated: str) -> date | None:
    """Return the date that a text states as ``YYYY-MM-DD`` or ``DD.MM.YYYY``; None if it states none."""
    text = stated.strip()
    iso, local = _ISO_DATE.fullmatch(text), _LOCAL_DATE.fullmatch(text)
    if iso:
        year, month, day = iso.groups()
    elif local:
        day, month, year = local.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def band_of_age(age: int) -> str:
    """Return the band of an age in full years; one that nobody reaches is ``invalid``."""
    if not 0 <= age <= OLDEST:
        return INVALID
    if age < ADULT:
        return "under_18"
    if age >= LAST_BAND:
        return f"{LAST_BAND}+"
    first = max(age - age % _BAND, ADULT)
    return "18-24" if first < ADULT + 7 else f"{first}-{first + _BAND - 1}"


def sex(text: str | None) -> str:
    """Return ``female`` or ``male`` as stated in Kazakh, Russian or English."""
    return _listed("sex", text, unlisted=INVALID)


def language(text: str | None) -> str:
    """Return ``kk``, ``ru``, ``en`` or, for any other word or code of a language, ``other``."""
    stated = _listed("language", text, unlisted="other")
    has_letter = text is not None and any(character.isalpha() for character in text)
    return INVALID if stated == "other" and not has_letter else stated


def channel(text: str | None) -> str:
    """Return the channel of registration from the kept list (``web``, ``mobile_app``, ``kiosk``, ...)."""
    return _listed("channel", text, unlisted=INVALID)


def consent(text: str | None) -> str:
    """Return ``yes`` or ``no``."""
    return _listed("consent", text, unlisted=INVALID)


def phone_class(text: str | None) -> str:
    """Return ``kz_mobile``, ``kz_fixed``, ``foreign`` or ``invalid``; nothing else of a number is kept."""
    return NOT_GIVEN if text is None or not text.strip() else class_of_number(plain_words(text))


def mail_provider(text: str | None) -> str:
    """Return the provider's class of a mail address: ``gmail``, ``mail_ru``, ... or ``other``."""
    if text is None or not text.strip():
        return NOT_GIVEN
    match = _MAIL.fullmatch(plain_words(text))
    return _SPELLINGS["mail_provider"].get(match.group(1), "other") if match else INVALID


def _listed(field: str, text: str | None, *, unlisted: str) -> str:
    if text is None or not text.strip():
        return NOT_GIVEN
    return _SPELLINGS[field].get(plain_words(text), unlisted)
