"""The only stage that removes identifiers: addresses, agents, URLs, referrers, persons, free text.

In: parsed chunks and registration rows, identified, in memory. Out: Arrow tables of restricted records,
with keyed pseudonyms and classes only. It must not write an identifier anywhere, nor put one into a message.
"""

from __future__ import annotations

from iesiz.deidentify.context import Context, Fate
from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.proxies import Proxies, with_clients
from iesiz.deidentify.registrations import Mirror, deidentify_rows
from iesiz.deidentify.requests import Treated, deidentify_chunk
from iesiz.deidentify.robots import robot_list_version
from iesiz.deidentify.routes import OwnRoutes
from iesiz.deidentify.zones import in_zone

__all__ = [
    "Context",
    "Fate",
    "KeyRing",
    "Mirror",
    "OwnRoutes",
    "Proxies",
    "Treated",
    "deidentify_chunk",
    "deidentify_rows",
    "in_zone",
    "robot_list_version",
    "with_clients",
]
