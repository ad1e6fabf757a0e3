"""Publishable counts to Parquet: staged, flushed, renamed, recorded; once.

In: ``Cells`` that disclosure control has passed. Out: files under ``published/tables`` and the release
records of both ledgers. It must not change a value, nor replace what was published before.
"""

from __future__ import annotations

from iesiz.publish.release import Release, publish_day, published_days, recover

__all__ = ["Release", "publish_day", "published_days", "recover"]
