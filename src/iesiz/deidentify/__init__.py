"""The only stage that removes identifiers: addresses, agents, URLs, referrers, persons, free text.

In: parsed chunks and registration rows, identified, in memory. Out: Arrow tables of restricted records,
with keyed pseudonyms and classes only. It must not write an identifier anywhere, nor put one into a message.
"""

from __future__ import annotations

from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.local_time import LocalTime, date_of, local_time
from iesiz.deidentify.registrations import Mirror, deidentify_rows
from iesiz.deidentify.requests import Context, deidentify_chunk
from iesiz.deidentify.routes import OwnRoutes

__all__ = [
    "Context",
    "KeyRing",
    "LocalTime",
    "Mirror",
    "OwnRoutes",
    "date_of",
    "deidentify_chunk",
    "deidentify_rows",
    "local_time",
]
