"""The only stage that removes identifiers: addresses, agents, URLs, referrers, persons, free text.

In: parsed chunks and registration rows, identified, in memory. Out: Arrow tables of restricted records,
with keyed pseudonyms and classes only. It must not write an identifier anywhere, nor put one into a message.
"""

from __future__ import annotations

from iesiz.deidentify.context import Context, Fate
from iesiz.deidentify.keys import LINES, PERIOD, PERSON, RENEWED, KeyRing, Pseudonymiser
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.met_visitors import GRAINS, epoch_of, period_visitor
from iesiz.deidentify.proxies import Proxies, with_clients
from iesiz.deidentify.registrations import NO_ID, RowTreatment, TreatedRows
from iesiz.deidentify.requests import Treated, deidentify_chunk
from iesiz.deidentify.resources import ASSET_EXTENSIONS
from iesiz.deidentify.robots import robot_list_version
from iesiz.deidentify.routes import OwnRoutes
from iesiz.deidentify.text import find_identifiers
from iesiz.deidentify.visitors import VISITOR, VISITOR_KEYS, visitor_message
from iesiz.deidentify.zones import in_zone

__all__ = [
    "ASSET_EXTENSIONS",
    "GRAINS",
    "LINES",
    "NO_ID",
    "PERIOD",
    "PERSON",
    "RENEWED",
    "VISITOR",
    "VISITOR_KEYS",
    "Context",
    "Fate",
    "KeyRing",
    "OwnRoutes",
    "Proxies",
    "Pseudonymiser",
    "RowTreatment",
    "Treated",
    "TreatedRows",
    "date_of",
    "deidentify_chunk",
    "epoch_of",
    "find_identifiers",
    "in_zone",
    "period_visitor",
    "robot_list_version",
    "visitor_message",
    "with_clients",
]
