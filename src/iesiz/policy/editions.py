"""Editions of the policy: which one is in force on a day (clause 4), its purposes and contact."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.settings import Settings
from iesiz.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class EditionInForce:
    """An edition with the first day on which it is in force.

    Attributes:
        purposes: for each purpose that it permits, the clause and its meaning.
    """

    name: str
    in_force: dt.date
    title: str
    contact: str
    purposes: Mapping[Purpose, str]

    def permits(self, purpose: Purpose) -> bool:
        """Say whether the edition permits that purpose."""
        return purpose in self.purposes


def edition_text(name: str, in_force: dt.date) -> EditionInForce:
    """Return the edition of that name.

    Raises:
        SettingsError: no such text is known; the known names are listed.
    """
    texts = tomllib.loads(resources.files("iesiz.policy").joinpath("editions.toml").read_text("utf-8"))
    if name not in texts:
        raise SettingsError(f"Policy edition {name!r} is not known; known: {', '.join(sorted(texts))}.")
    text = texts[name]
    purposes = {
        Purpose(key): f"{value['clause']}: {value['meaning']}" for key, value in text["purposes"].items()
    }
    return EditionInForce(name, in_force, text["title"], text["contact"], purposes)


def edition_on(settings: Settings, day: dt.date) -> EditionInForce:
    """Return the edition in force on a local day: the newest that began on it or before.

    Raises:
        PrivacyRefusal: none was in force; nothing may be processed.
    """
    begun = [edition for edition in settings.policy.editions if edition.in_force <= day]
    if not begun:
        raise PrivacyRefusal(
            f"No edition of the privacy policy was in force on {day}: nothing of that day may be processed. "
            "Set policy.editions in iesiz.toml to the date from which the edition is in force."
        )
    newest = max(begun, key=lambda edition: (edition.in_force, edition.name))
    return edition_text(newest.name, newest.in_force)


def has_edition(settings: Settings, day: dt.date) -> bool:
    """Whether an edition was in force on a local day."""
    return any(edition.in_force <= day for edition in settings.policy.editions)
