"""The privacy policy as data: editions in force, purposes, and the registry of fields.

In: ``editions.toml``, ``fields.toml`` and the dates that the operator sets. Out: frozen types that
say what may be read, kept and published, under which clause. It must not read a record.
"""

from __future__ import annotations

from iesiz.policy.editions import EditionInForce, edition_on, edition_text, has_edition
from iesiz.policy.registry import Field, Registry, load_registry

__all__ = [
    "EditionInForce",
    "Field",
    "Registry",
    "edition_on",
    "edition_text",
    "has_edition",
    "load_registry",
]
