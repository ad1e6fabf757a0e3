"""Which files were read and which parts of the restricted zone count, as the full ledger tells it.

A part counts only when the ledger names its file, so that a crash leaves nothing that is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from iesiz.ledger import Ledger
from iesiz.settings import Settings
from iesiz.storage import outside
from iesiz.vocabulary import FileRef, LineCounts

FILE, COPY, STOPPED, MIRROR = "file", "copy", "stopped", "mirror"
FACTS = ("site", "stream", "digest", "size", "days", "late", "line_days")


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was read: its content's SHA-256 and size, and its records by ISO day.

    Attributes:
        line_days: ISO days of its lines, if it has lines by which repeats in other files are known.
    """

    site: str
    stream: str
    digest: str
    size: int
    days: Mapping[str, int]
    late: Mapping[str, int]
    line_days: Sequence[str]

    @property
    def file_id(self) -> str:
        """First 16 hexadecimal digits of the digest."""
        return self.digest[:16]


@dataclass(frozen=True, slots=True)
class Records:
    """What the restricted zone holds, as the ledger tells it."""

    settings: Settings

    @property
    def ledger(self) -> Ledger:
        """The full ledger."""
        return Ledger(self.settings.restricted / "ledger.jsonl")

    @property
    def folder(self) -> Path:
        """Where request records lie."""
        return self.settings.restricted / "requests"

    def files(self) -> tuple[KnownFile, ...]:
        """Files that were read. A grown file takes the days that it holds over from the shorter one."""
        known: dict[tuple[str, str, str], KnownFile] = {}
        for entry in self.ledger.entries(FILE):
            facts = entry.facts
            one = KnownFile(*(facts[key] for key in FACTS))
            for digest in facts["replaces"]:
                shorter = known[one.site, one.stream, digest]
                days = {day: rows for day, rows in shorter.days.items() if day not in one.days}
                known[one.site, one.stream, digest] = replace(shorter, days=days, line_days=())
            known[one.site, one.stream, one.digest] = one
        return tuple(known.values())

    def of_stream(self, file: FileRef) -> tuple[KnownFile, ...]:
        """Files of the same stream that were read before."""
        return tuple(one for one in self.files() if (one.site, one.stream) == (file.site, file.stream))

    def is_unchanged(self, file: FileRef) -> bool:
        """Whether this very file (path, size, time of change) was read to its end before."""
        mark = _mark_of(file)
        return any(
            entry.facts["mark"] == mark for kind in (FILE, COPY) for entry in self.ledger.entries(kind)
        )

    def note_copy(self, file: FileRef, digest: str) -> None:
        """Note that a file holds what was read before."""
        self.ledger.append(
            COPY, {"site": file.site, "stream": file.stream, "digest": digest, "mark": _mark_of(file)}
        )

    def note_stopped(self, file: FileRef, counts: LineCounts) -> None:
        """Note, once for the same file, that it was stopped for its rejected lines."""
        facts = {"site": file.site, "stream": file.stream, "mark": _mark_of(file), "counts": asdict(counts)}
        if all(entry.facts != facts for entry in self.ledger.entries(STOPPED)):
            self.ledger.append(STOPPED, facts)

    def note_mirror(self, moment: dt.datetime) -> None:
        """Note that the registration source was read whole."""
        self.ledger.append(MIRROR, {"read_at": moment.isoformat()})

    def mirror_read_at(self) -> dt.datetime | None:
        """When the registration source was last read whole."""
        noted = self.ledger.entries(MIRROR)
        return dt.datetime.fromisoformat(noted[-1].facts["read_at"]) if noted else None

    def note_file(
        self, file: FileRef, one: KnownFile, replaces: list[str], counts: LineCounts, robots: str
    ) -> None:
        """Note that a file was read, and what told its robots apart; from then on its parts count."""
        facts = {**asdict(one), "replaces": replaces, "mark": _mark_of(file), "counts": asdict(counts)}
        self.ledger.append(FILE, {**facts, "robots": robots})

    def part(self, site: str, stream: str, day: dt.date, file_id: str) -> Path:
        """Where the records of one file for one day lie."""
        return self.folder / f"site={site}" / f"day={day}" / f"{stream}-{file_id}.parquet"

    def lines(self, one: KnownFile) -> Path:
        """Where that lies by which the lines of a file are known again."""
        return self.settings.restricted / "lines" / f"site={one.site}" / f"{one.stream}-{one.file_id}.npz"

    def parts(self, day: dt.date) -> dict[str, list[Path]]:
        """The parts of a day that count, by site, in a fixed order."""
        found: dict[str, list[Path]] = {}
        for one in sorted(self.files(), key=lambda file: (file.site, file.stream, file.digest)):
            if one.days.get(day.isoformat()):
                found.setdefault(one.site, []).append(self.part(one.site, one.stream, day, one.file_id))
        return found

    def inputs(self, day: dt.date) -> tuple[str, ...]:
        """SHA-256 of each file that has records of a day."""
        return tuple(sorted({one.digest for one in self.files() if one.days.get(day.isoformat())}))

    def robot_lists(self, day: dt.date) -> tuple[str, ...]:
        """What told robots apart in the files that have records of a day, by name and version."""
        noted = (
            entry.facts for entry in self.ledger.entries(FILE) if entry.facts["days"].get(day.isoformat())
        )
        return tuple(sorted({facts.get("robots", "not noted") for facts in noted}))

    def open_days(self, published: frozenset[dt.date]) -> tuple[dt.date, ...]:
        """Days with records that are not published yet, oldest first."""
        days = {dt.date.fromisoformat(day) for one in self.files() for day, rows in one.days.items() if rows}
        return tuple(sorted(days - published))

    def sweep(self) -> int:
        """Delete parts and lines that do not count; the number of files deleted."""
        files, lines = self.files(), self.settings.restricted / "lines"
        counted = {
            self.part(one.site, one.stream, dt.date.fromisoformat(day), one.file_id)
            for one in files
            for day in one.days
        } | {self.lines(one) for one in files if one.line_days}
        found = (*self.folder.rglob("*"), *lines.rglob("*"))
        stray = [path for path in found if path.is_file() and path not in counted]
        with outside(self.folder):
            for path in stray:
                path.unlink()
        return len(stray)


def _mark_of(file: FileRef) -> list[str | int]:
    with outside(file.path):
        facts = file.path.stat()
    return [file.site, file.stream, str(file.path), facts.st_size, facts.st_mtime_ns]
