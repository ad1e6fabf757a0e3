"""The reader's side of the catalog: a locked, read-only session, typed frames, and words for empty answers.

In: ``catalog.duckdb``. Out: DuckDB results, pandas frames, Arrow tables. It must not open the restricted
zone, write, nor give its session the means to do so.
"""

from __future__ import annotations

from iesiz.reader.answer import Answer, ask
from iesiz.reader.session import Reader, open_store

__all__ = ["Answer", "Reader", "ask", "open_store"]
