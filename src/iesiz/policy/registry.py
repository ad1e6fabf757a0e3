"""The field registry: for each field of a source its clause, category, treatment. Deny by default.

In: ``fields.toml``. Out: ``Registry``. A field without an entry has no treatment and is not read;
an entry with an unknown category, treatment or clause refuses to load.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from iesiz.errors import PrivacyRefusal

CATEGORIES = frozenset({"direct_identifier", "quasi_identifier", "sensitive", "neutral"})
CLAUSES = frozenset({"1.A.A", "1.A.B", "1.A.C"})
DROP = "drop"
TREATMENTS = {
    "access_log": frozenset(
        {
            "pseudonym",
            "local_time",
            "route",
            "number",
            "referrer_class",
            "agent_class",
            "language_class",
            "own_host",
            "client",
            DROP,
        }
    ),
    "registration": frozenset(
        {"record_pseudonym", "local_day", "version", "site", "birth_band", "sex", "region", "mail_provider"}
        | {"phone_class", "language", "channel", "consent", "given", DROP}
    ),
}
TYPES = {
    "access_log": frozenset({""}),
    "registration": frozenset({"text", "time", "date", "flag"}),
}
KEEPS_AN_IDENTIFIER = frozenset({"number"})


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field of a source.

    Attributes:
        type: what a registration states in it; fields of a log have the types of its format.

    Raises:
        PrivacyRefusal: clause, category, type or treatment is unknown, or a direct identifier would be
            kept as it is.
    """

    source: str
    name: str
    clause: str
    category: str
    mandatory: bool
    treatment: str
    meaning: str
    type: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that permits nothing known."""
        place = f"Field {self.source}.{self.name}"
        if self.clause not in CLAUSES:
            raise PrivacyRefusal(f"{place}: its clause is none of {sorted(CLAUSES)}.")
        if self.category not in CATEGORIES:
            raise PrivacyRefusal(f"{place}: its category is none of {sorted(CATEGORIES)}.")
        if self.treatment not in TREATMENTS[self.source]:
            raise PrivacyRefusal(f"{place}: its treatment is none of {sorted(TREATMENTS[self.source])}.")
        if self.type not in TYPES[self.source]:
            raise PrivacyRefusal(f"{place}: its type is none of {sorted(TYPES[self.source])}.")
        if self.category == "direct_identifier" and self.treatment in KEEPS_AN_IDENTIFIER:
            raise PrivacyRefusal(f"{place}: a direct identifier cannot be kept as it is.")

    @property
    def is_read(self) -> bool:
        """Whether the field is read past the parser."""
        return self.treatment != DROP


@dataclass(frozen=True, slots=True)
class Registry:
    """The declared fields of one source, by name."""

    source: str
    fields: Mapping[str, Field]

    def of(self, name: str) -> Field | None:
        """Return the declaration of a field, or None: then it is not read."""
        return self.fields.get(name)

    @property
    def read(self) -> tuple[str, ...]:
        """Names of the fields that are read, in the order of the registry."""
        return tuple(name for name, field in self.fields.items() if field.is_read)

    @property
    def mandatory(self) -> tuple[str, ...]:
        """Names of the fields that the source must have."""
        return tuple(name for name, field in self.fields.items() if field.mandatory)


def load_registry(source: str, text: str | None = None) -> Registry:
    """Read the registry of a source.

    Args:
        source: ``access_log`` or ``registration``.
        text: TOML to read instead of the one that comes with the package.

    Raises:
        PrivacyRefusal: the source is unknown, or an entry is incomplete or wrong.
    """
    if text is None:
        text = resources.files("iesiz.policy").joinpath("fields.toml").read_text("utf-8")
    declared = tomllib.loads(text).get(source)
    if source not in TREATMENTS or not declared:
        raise PrivacyRefusal(f"Source {source!r} is not in the field registry: nothing of it may be read.")
    return Registry(source, {name: _field(source, name, entry) for name, entry in declared.items()})


def _field(source: str, name: str, entry: Mapping[str, Any]) -> Field:
    wanted = {"clause", "category", "mandatory", "treatment", "meaning"}
    if source == "registration":
        wanted.add("type")
    if set(entry) != wanted:
        raise PrivacyRefusal(f"Field {source}.{name}: a declaration has exactly {sorted(wanted)}.")
    return Field(source=source, name=name, **entry)
