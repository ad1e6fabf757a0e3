"""One release of microdata as Parquet: rows in an order drawn by chance, and nothing else that tells of them.

Strings are plain and without statistics, so that neither a dictionary nor a footer holds a label that no row
shows; the metadata name the release. Two writings of the same rows differ: order is drawn, not derived.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.datasets import Dataset
from iesiz.periods import Period
from iesiz.publish.release import Release, staged_path
from iesiz.settings import Settings
from iesiz.storage import outside
from iesiz.vocabulary import AUDITED


def stage_records(
    settings: Settings,
    dataset: Dataset,
    period: Period,
    records: pa.Table,
    edition: str,
    left_out: int,
    inputs: Sequence[str],
) -> Release:
    """Write records into the restricted zone, shuffled, for the auditor to read back.

    Args:
        settings: where the store is.
        dataset: what they are.
        period: the quarter or month.
        records: the release, in any order.
        edition: the edition of the policy in force.
        left_out: records that are suppressed; stands in the restricted ledger only.
        inputs: BLAKE3 of the files that went in.

    Raises:
        OutsideError: the storage failed; nothing is visible.
    """
    path = staged_path(settings, dataset.label)
    with outside(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_shuffled(path, records, metadata_of(dataset, edition, period))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Release(
        table=dataset.label,
        period=period.name,
        revision=0,
        edition=edition,
        path=f"{dataset.label}/{period.grain}={period}/part-0.parquet",
        sha256=digest,
        cells=len(records) + left_out,
        suppressed=left_out,
        verdict=AUDITED,
        inputs=tuple(inputs),
    )


def _write_shuffled(path: Path, records: pa.Table, metadata: dict[str, str]) -> None:
    """Rows in a drawn order, without dictionaries, statistics or a stored schema: these tell of others."""
    shuffled = records.take(pa.array(_drawn_order(len(records)))).replace_schema_metadata(None)
    with pq.ParquetWriter(
        path,
        shuffled.schema,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        version="2.6",
    ) as writer:
        writer.write_table(shuffled)
        writer.add_key_value_metadata(metadata)


def read_staged_records(settings: Settings, dataset: Dataset) -> pa.Table:
    """What was staged, as a reader will see it."""
    path = staged_path(settings, dataset.label)
    with outside(path):
        return pq.ParquetFile(path).read()


def metadata_of(dataset: Dataset, edition: str, period: Period) -> dict[str, str]:
    """The key-value metadata of a release."""
    return {
        "iesiz.table": dataset.label,
        "iesiz.schema_version": str(dataset.schema_version),
        "iesiz.policy_edition": edition,
        "iesiz.purpose": dataset.purpose.value,
        "iesiz.release": f"{dataset.label}/{period.grain}={period}/revision=0",
    }


def _drawn_order(rows: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A permutation drawn from the system's source of chance."""
    drawn = np.frombuffer(os.urandom(8 * rows), np.uint64)
    return np.argsort(drawn, kind="stable")
