"""Exact counts in, publishable counts out: one linear system for everything that is published together.

The engine: `system` holds what is planned, `primary` finds the sensitive cells, `search` and `mover` choose
what else is withheld, `attacker` sees only what will be published, `judge` compares what the attacker gets
with the exact counts, and `protect` runs them in that order.
A night: `plan` says how its tables hang together, `binding` makes one system of them, `night` withholds,
`night_attack` attacks what will be published, and `night_judge` has the last word.
An analyst's own table: `tables` builds the system, `tabular` and `render` protect and write it, `inspect`
attacks what somebody protected.
"""

from __future__ import annotations

from iesiz.disclosure.threshold import protect_table

__all__ = ["protect_table"]
