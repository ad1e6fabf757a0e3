"""Keys that are held: which are needed, until when each may be kept, and their encryption.

Opened by ``pipeline`` and ``upkeep``. In: settings, days that go. Out: names and days, never a key. It must
not destroy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from iesiz.deidentify import LINES, PERIOD, PERSON, RENEWED, VISITOR_KEYS, KeyRing
from iesiz.due import closing_days
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.period_keys import last_day_of_key, needed_keys
from iesiz.periods import Grain, Period
from iesiz.restricted import Records, cohorts_path, last_day_kept, mirror_path, people_list
from iesiz.settings import Settings
from iesiz.vocabulary import KeyFacts

MIRROR_KEY = f"{PERSON}/registration/mirror"


def encrypt_keys(settings: Settings) -> int:
    """Encrypt the keys that lie in clear, as the settings say; their number.

    Raises:
        SettingsError: the settings do not say by what, or the secret is not the store's.
        OutsideError: the storage failed; it may be done again.
    """
    return KeyRing.of(settings).encrypt()


def list_keys(
    settings: Settings, gone: Collection[dt.date] = (), mirror_goes: bool = False
) -> tuple[KeyFacts, ...]:
    """What each key is for and the last day on which it may be kept, as it stands now; never a key.

    Args:
        settings: where the store is.
        gone: days whose records go; what was needed for them alone is over, and so are their keys.
        mirror_goes: whether the mirror of the registrations goes as well, and nothing else needs its key.

    Raises:
        PrivacyRefusal: a key is short, of another store, or others may read it.
    """
    needed, closed = _needed(settings, gone), closing_days(settings)
    if mirror_goes:
        needed -= {MIRROR_KEY}
    return tuple(
        replace(one, destroy_after=_end_of_renewed(one, needed))
        if one.purpose in RENEWED
        else _with_end(settings, one, closed.get(period_of(one)), gone)
        for one in KeyRing.of(settings).facts()
    )


def check_keys(settings: Settings) -> None:
    """Refuse a store whose keys are unsound or missing.

    Raises:
        PrivacyRefusal: a key is short, of another store, or others may read it; or records are held whose key
            is gone, though nothing says that it was destroyed.
    """
    ring = KeyRing.of(settings)
    ring.facts()
    for name in sorted(_needed(settings, ())):
        purpose, scope, epoch = name.split("/")
        if not ring.has(purpose, scope, epoch):
            raise PrivacyRefusal(
                f"{ring.path(purpose, scope, epoch)}: records are held whose key is gone, and nothing says "
                "that it was destroyed. Restore the whole restricted zone from one copy."
            )


def _needed(settings: Settings, gone: Collection[dt.date]) -> set[str]:
    """Names of the keys without which what is held could not be compared with what still arrives."""
    records, without = Records(settings), {day.isoformat() for day in gone}
    held = {day.isoformat() for day in records.held_days()} - without
    places = mirror_path(settings), people_list(settings), cohorts_path(settings)
    is_mirrored = any(path.exists() for path in places)
    found = {MIRROR_KEY} if is_mirrored else set[str]()
    for one in records.files():
        found |= {
            f"{kind}/{one.site}/{day}"
            for kind in VISITOR_KEYS
            for day in {*one.days, *one.late}
            if day in held
        }
        if any(day in held for day in one.line_days):
            found.add(f"{LINES}/{one.site}/{one.stream}")
    return found | needed_keys(settings, closing_days(settings))


def _end_of_renewed(one: KeyFacts, needed: Collection[str]) -> dt.date | None:
    return None if one.name in needed else dt.date.min


def _with_end(
    settings: Settings, one: KeyFacts, closed: dt.date | None, gone: Collection[dt.date]
) -> KeyFacts:
    keeping, period = settings.keeping, period_of(one)
    if one.purpose == PERIOD:
        return replace(one, destroy_after=last_day_of_key(keeping.at_most_days, one, period, closed))
    if period.grain is Grain.DAY and period.start in gone:
        return replace(one, destroy_after=dt.date.min)
    return replace(one, destroy_after=last_day_kept(keeping, one.created, closed, one.created))


def period_of(one: KeyFacts) -> Period:
    """The period of a key's epoch.

    Raises:
        PrivacyRefusal: it is for none, so that nobody knows when it is to go.
    """
    try:
        return Period.named(one.epoch.upper())
    except SettingsError:
        raise PrivacyRefusal(
            f"The key {one.name} is for no period; nothing tells when it is to go."
        ) from None
