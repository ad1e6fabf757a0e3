"""The reader's side: one DuckDB file with the rows and their meaning, and a locked way to ask it.

In: the published zone. Out: ``catalog.duckdb``, answers to SQL. It must not open the restricted zone.
"""

from __future__ import annotations

from iesiz.catalog.build import write_catalog
from iesiz.catalog.query import Answer, open_catalog, query

__all__ = ["Answer", "open_catalog", "query", "write_catalog"]
