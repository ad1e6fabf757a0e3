"""Exact counts in, publishable counts out: one linear system for everything that is published together.

The engine: `system` holds what is planned, `primary` finds the sensitive cells, `search` and `mover` choose
what else is withheld, `attacker` sees only what will be published, `judge` compares what the attacker gets
with the exact counts, and `protect` runs them in that order.
A night: `plan` says how its tables hang together, `binding` makes one system of them, `night` withholds,
`night_attack` attacks what will be published, and `night_judge` has the last word. Beside earlier releases
`earlier` says which of them are carried along, `spans` how periods hang together, `opened` what is left open;
`beside` tries what records released beside them tell.
An analyst's own table: `tables` builds the system, `tabular` and `render` protect and write it, `inspect`
attacks what somebody protected.
"""

from __future__ import annotations

from iesiz.disclosure.beside import Beside, TableSum
from iesiz.disclosure.earlier import Archive, Earlier, carried
from iesiz.disclosure.night import Night, protect_night
from iesiz.disclosure.night_judge import NightVerdict, audit_night
from iesiz.disclosure.night_rules import CHANGE, REVISED_COUNT, P, Rules, keys_of, marked
from iesiz.disclosure.night_rules import NETWORKS as LEAST_NETWORKS
from iesiz.disclosure.plan import Plan, StepRoute, least, magnitudes, plan_of
from iesiz.disclosure.told import ToldNumber, told_numbers

__all__ = [
    "CHANGE",
    "LEAST_NETWORKS",
    "REVISED_COUNT",
    "Archive",
    "Beside",
    "Earlier",
    "Night",
    "NightVerdict",
    "P",
    "Plan",
    "Rules",
    "StepRoute",
    "TableSum",
    "ToldNumber",
    "audit_night",
    "carried",
    "keys_of",
    "least",
    "magnitudes",
    "marked",
    "plan_of",
    "protect_night",
    "told_numbers",
]
