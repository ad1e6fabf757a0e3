"""A night's records of the mirror by part: in memory while they are few, in files beyond.

In: NumPy records, batch by batch. Out: those of one part, in any order (each has its row's number). It must
not outlive the night: whoever made the folder deletes it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from iesiz.restricted.mirror_records import Stored
from iesiz.storage import outside

PARTS, SHIFT = 16, np.uint64(60)
IN_MEMORY = 1 << 25
"""Bytes that are held before they go to files: 600,000 rows."""


@dataclass(slots=True)
class StagedRecords:
    """Records by kind and by part, which is the first figure of the pseudonym."""

    folder: Path
    _held: defaultdict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))
    _bytes: int = 0

    def add(self, kind: str, records: Stored) -> None:
        """Take records.

        Raises:
            OutsideError: they could not be written.
        """
        # Numbers of one byte are put in order by counting; `take` costs a third of an index in brackets.
        part = (records["high"] >> SHIFT).astype(np.uint8)
        records = records.take(np.argsort(part, kind="stable"))
        ends = np.cumsum(np.bincount(part, minlength=PARTS))
        for number, one in enumerate(np.split(records, ends[:-1])):
            if len(one):
                self._held[f"{kind}-{number}"].append(one)
        self._bytes += records.nbytes
        if self._bytes > IN_MEMORY:
            self._to_files()

    def of(self, kind: str, part: int, record: np.dtype[Any]) -> Stored:
        """The records of a part.

        Raises:
            OutsideError: they could not be read.
        """
        name = f"{kind}-{part}"
        path = self.folder / name
        with outside(path):
            stored = [np.fromfile(path, record)] if path.exists() else []
        found = [*stored, *self._held.get(name, ())]
        return np.concatenate(found) if found else np.zeros(0, record)

    def forget(self) -> None:
        """Drop all."""
        self._held.clear()
        self._bytes = 0
        with outside(self.folder):
            for path in self.folder.iterdir():
                path.unlink()

    def _to_files(self) -> None:
        with outside(self.folder):
            for name, pieces in self._held.items():
                with (self.folder / name).open("ab") as out:
                    for one in pieces:
                        out.write(one.view(np.uint8).data)
        self._held.clear()
        self._bytes = 0
