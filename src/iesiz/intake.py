"""What one log file leaves in the restricted zone, taken block after block and put in place at its end.

Opened by ``pipeline`` alone. In: treated blocks of a file. Out: its records, the marks of its lines, its
rejected lines and what its visitors are called, all staged, or none. It must not hold more than a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from iesiz.calendar import now
from iesiz.counts import FileCounts, LineCounts, merge_counts
from iesiz.deidentify import Treated, robot_list_version
from iesiz.restricted import (
    Content,
    LineCollector,
    MapWriter,
    PartWriter,
    Reading,
    Records,
    RejectWriter,
    line_collector,
    map_writer,
    part_writer,
    reject_writer,
    settle,
)
from iesiz.sources import Fingerprint
from iesiz.vocabulary import FileRef


@dataclass(slots=True)
class Intake:
    """The staged files of one log file.

    Attributes:
        counts: outcomes of the lines so far.
        late: recognised lines by local day (ISO) that was published before.
    """

    records: Records
    file: FileRef
    parts: PartWriter
    rejects: RejectWriter
    lines: LineCollector
    maps: MapWriter
    counts: LineCounts = field(default_factory=lambda: LineCounts(0, 0))
    late: dict[str, int] = field(default_factory=dict)

    def add(self, treated: Treated) -> None:
        """Take the next block."""
        self.rejects.add(self.counts.lines, treated.rejected)
        self.counts = self.counts.plus(treated.counts)
        self.late = merge_counts(self.late, treated.late)
        self.lines.add(treated.marks)
        self.maps.add(treated.met)
        for day, table in treated.days.items():
            self.parts.write(day, table)

    def settle(self, content: Fingerprint, mark: str) -> FileCounts:
        """Let the file count, or leave it: known content adds nothing.

        Args:
            content: what was read, to its last byte.
            mark: by what the format is known by which it was read.

        Raises:
            InputError: too many of its lines were rejected; nothing of it is kept.
        """
        reading = Reading(
            self.counts,
            self.late,
            robot_list_version(),
            self.lines,
            mark,
            now().date(),
            self.rejects,
            self.maps,
        )
        whole = Content(content.digest, content.size, content.prefixes)
        return settle(self.records, self.file, whole, reading, self.parts)


@contextmanager
def open_intake(records: Records, file: FileRef) -> Iterator[Intake]:
    """The staged files of a log file; they are gone when it ends, whatever happens."""
    with (
        part_writer(records, file) as parts,
        reject_writer(parts.staging) as rejects,
        line_collector(parts.staging) as lines,
        map_writer(parts.staging) as maps,
    ):
        yield Intake(records, file, parts, rejects, lines, maps)
