"""The partitions that the catalog is made of: those that the public ledger names, where they lie.

In: the published zone, its ledger's releases. Out: ``Partition`` by table. It must not open one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iesiz.tables import TableSpec


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of a table.

    Attributes:
        period: its name.
        place: relative to the published zone.
        sha256: of its file, as it was published last.
    """

    period: str
    place: str
    sha256: str


def partitions_of(
    specs: Sequence[TableSpec], releases: Sequence[Mapping[str, object]]
) -> dict[str, list[Partition]]:
    """The partitions of each table, by period; of several revisions the newest.

    Args:
        specs: the tables.
        releases: of the ledger, oldest first.
    """
    digests: dict[str, dict[str, str]] = {spec.name: {} for spec in specs}
    for one in releases:
        if one["table"] in digests:
            digests[str(one["table"])][str(one["period"])] = str(one["sha256"])
    return {
        spec.name: [
            Partition(period, f"tables/{spec.name}/{spec.grain}={period}/part-0.parquet", digest)
            for period, digest in sorted(digests[spec.name].items())
        ]
        for spec in specs
    }


def only_there(published: Path, partitions: Mapping[str, Sequence[Partition]]) -> dict[str, list[Partition]]:
    """The partitions without those whose files are gone."""
    zone = str(published)
    return {
        # A year has thousands: no object of a path is made of each.
        name: [one for one in several if os.path.isfile(f"{zone}/{one.place}")]  # noqa: PTH113
        for name, several in partitions.items()
    }
