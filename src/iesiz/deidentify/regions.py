"""The regions of Kazakhstan and its cities of republican significance, as people write them.

Job: from a stated region to a stable English key. In: a field of a registration. Out: one of twenty
keys, ``not_given`` or ``invalid``. It must not guess: a town that is no region of its own is ``invalid``.
"""

from __future__ import annotations

import csv
import re
import tomllib
from importlib.resources import files

from iesiz.deidentify.given import INVALID, NOT_GIVEN, plain_words

_KINDS = tomllib.loads((files(__package__) / "regions.toml").read_text("utf-8"))
_REGION_WORDS, _CITY_WORDS, _COUNTRY_WORDS = (
    frozenset(_KINDS[kind]) for kind in ("region", "city", "country")
)
_WORDS = re.compile(r"[^\W_]+'?")
_REGION_OF_THE_CITY = "almaty_region"


def _load() -> tuple[dict[str, str], dict[str, str]]:
    rows = list(csv.DictReader((files(__package__) / "regions.csv").read_text("utf-8").splitlines()))
    names = {_key(name): row["key"] for row in rows for name in row["names"].split(";")}
    codes = {_key(code): row["key"] for row in rows for code in (row["key"], row["iso"])}
    return names | codes, {row["key"]: row["iso"] for row in rows}


def _key(name: str) -> str:
    return " ".join(_WORDS.findall(plain_words(name)))


_NAMES, REGION_CODES = _load()
"""Keys of the regions with their codes of ISO 3166-2:KZ (2022)."""


def region(text: str | None) -> str:
    """Return the key of a region or city, such as ``abai`` or ``almaty_city``.

    Kazakh, Russian and Latin spellings, old names and ISO codes are known; case, punctuation and words
    such as oblast do not matter, except that Almaty is the city unless a word says region.
    """
    if text is None or not text.strip():
        return NOT_GIVEN
    words = _key(text).split()
    found = _NAMES.get(" ".join(words))
    if found:
        return found
    bare = [word for word in words if word not in _REGION_WORDS | _CITY_WORDS]
    found = _NAMES.get(" ".join(bare)) or _NAMES.get(" ".join(w for w in bare if w not in _COUNTRY_WORDS))
    if found == "almaty_city" and not _REGION_WORDS.isdisjoint(words):
        return _REGION_OF_THE_CITY
    return found or INVALID
