"""What readers get beside the Parquet: ``catalog.duckdb``, ``views.sql`` and the codebook.

In: the published zone, the tables' descriptions, what is known of the days. Out: files of the published zone,
each replaced at once. It must not open the restricted zone. ``reader`` asks what is built here.
"""

from __future__ import annotations

from iesiz.catalog.build import write_catalog
from iesiz.catalog.codebook import codebook_html, codebook_markdown
from iesiz.catalog.freshness import DayFacts

__all__ = ["DayFacts", "codebook_html", "codebook_markdown", "write_catalog"]
