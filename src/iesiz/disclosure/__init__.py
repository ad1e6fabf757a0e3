"""Exact counts to publishable counts: a cell about too few is withheld, whole.

In: ``Cells`` with exact counts, complete over their dimensions. Out: ``Cells`` in which a withheld cell
has nulls and ``status = 'suppressed'``. It must not read records, nor write.
"""

from __future__ import annotations

from iesiz.disclosure.primary import protect_table

__all__ = ["protect_table"]
