"""Publishable counts to Parquet: staged, flushed, renamed, recorded; once.

In: ``Cells`` that disclosure control has passed. Out: files under ``published/tables`` and the release
records of both ledgers. It must not change a value, nor replace what was published before.
"""

from __future__ import annotations

from iesiz.publish.microdata import read_staged_records, stage_records
from iesiz.publish.parquet import read_partition
from iesiz.publish.places import published_paths, published_verdicts, superseded_paths
from iesiz.publish.release import (
    Release,
    closed_microdata,
    commit_period,
    commit_records,
    discard_staged,
    newest_revision,
    published_days,
    published_periods,
    read_published,
    read_staged,
    recover,
    stage_period,
)
from iesiz.publish.verify import verify_store

__all__ = [
    "Release",
    "closed_microdata",
    "commit_period",
    "commit_records",
    "discard_staged",
    "newest_revision",
    "published_days",
    "published_paths",
    "published_periods",
    "published_verdicts",
    "read_partition",
    "read_published",
    "read_staged",
    "read_staged_records",
    "recover",
    "stage_period",
    "stage_records",
    "superseded_paths",
    "verify_store",
]
