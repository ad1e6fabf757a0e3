"""One partition of a published table as Parquet: fixed order, fixed types, names of its origin.

Strings are plain, not dictionary-coded, so that no label that was left out can remain in a page. The
metadata hold neither a time nor a code version: the same meaning gives the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import NOISE_PROTECTION, PROTECTION

NOISE = "iesiz.noise"


def metadata_of(cells: Cells, edition: str, period: str, revision: int) -> dict[str, str]:
    """The key-value metadata of a partition."""
    spec = cells.spec
    lost = json.dumps(dict(cells.lost_to_bounds), sort_keys=True)
    protected = {"iesiz.protection": PROTECTION, "iesiz.lost_to_bounds": lost}
    noisy = {"iesiz.protection": NOISE_PROTECTION, NOISE: json.dumps(dict(cells.noise), sort_keys=True)}
    return {
        "iesiz.table": spec.name,
        "iesiz.schema_version": str(spec.schema_version),
        "iesiz.policy_edition": edition,
        "iesiz.purpose": spec.purpose.value,
        "iesiz.release": f"{spec.name}/{spec.grain}={period}/revision={revision}",
        **(noisy if cells.noise else protected),
    }


def write_partition(cells: Cells, metadata: dict[str, str], path: Path) -> None:
    """Write a partition, rows in the order of the dimensions."""
    table = cells.table.sort_by([(name, "ascending") for name in cells.spec.dimensions])
    plain = table.replace_schema_metadata(None)
    with pq.ParquetWriter(
        path, plain.schema, compression="zstd", use_dictionary=False, store_schema=False, version="2.6"
    ) as writer:
        writer.write_table(plain)
        writer.add_key_value_metadata(metadata)


def read_partition(spec: TableSpec, path: Path) -> Cells:
    """Read a partition back, as it lies there."""
    file = pq.ParquetFile(path)
    noise = (file.metadata.metadata or {}).get(NOISE.encode())
    return Cells(spec, file.read(), noise=json.loads(noise) if noise else {})
