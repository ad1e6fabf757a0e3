"""Exact counts in, publishable counts out: one linear system for everything that is published together.

`system` holds what is planned, `tables` builds it, `primary` finds the sensitive cells, `search` and
`mover` choose what else is withheld, `attacker` sees only what will be published, `judge` compares what
the attacker gets with the exact counts, and `protect` runs them in that order.
"""

from __future__ import annotations

from iesiz.disclosure.threshold import protect_table

__all__ = ["protect_table"]
