"""Which files were read and which parts of the restricted zone count, as the full ledger tells it.

A part counts only when the ledger names its file, so that a crash leaves nothing that is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from iesiz.counts import LineCounts
from iesiz.ledger import Ledger
from iesiz.periods import Grain, Period
from iesiz.restricted.keeping import last_day_kept
from iesiz.restricted.known import KnownFile, facts_of, known_file
from iesiz.restricted.noted_files import COPY, DAY, DESTROYED, FILE, Mark, NotedFiles
from iesiz.restricted.visitor_maps import MAPS, drop_empty, map_of
from iesiz.settings import Settings
from iesiz.storage import outside
from iesiz.vocabulary import FileRef

STOPPED, MIRROR, FORGOTTEN = "stopped", "mirror", "forgotten"


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
        """Files that were read; of those that were read anew see ``known``."""
        return self.ledger.folded(NotedFiles).files()

    def gone_days(self) -> frozenset[dt.date]:
        """Days whose records were deleted at the end of their time; what arrives of them is late."""
        noted = self.ledger.entries(DESTROYED)
        return frozenset(dt.date.fromisoformat(day) for entry in noted for day in entry.facts["days"])

    def held_days(self) -> dict[dt.date, dt.date]:
        """Days of which records or hashes of lines are held, and when the first of them came."""
        first: dict[str, str] = {}
        for entry in self.ledger.entries(FILE):
            one = known_file(entry.facts)
            for day in {*one.days, *one.line_days}:
                first[day] = min(first.get(day, one.read_on), one.read_on)
        found = {dt.date.fromisoformat(day): dt.date.fromisoformat(came) for day, came in first.items()}
        return {day: found[day] for day in sorted(found.keys() - self.gone_days())}

    def note_destroyed(self, facts: Mapping[str, object]) -> None:
        """Note, once, what was destroyed; ``after`` tells one time from another."""
        if all(entry.facts["after"] != facts["after"] for entry in self.ledger.entries(DESTROYED)):
            self.ledger.append(DESTROYED, facts)

    def stopped(self) -> tuple[KnownFile, ...]:
        """Files that were stopped for their rejected lines and not read since, without any record."""
        read = {(one.site, one.stream, one.digest) for one in self.files()}
        found = [known_file(entry.facts) for entry in self.ledger.entries(STOPPED)]
        last = {(one.site, one.stream, one.digest): one for one in found}
        return tuple(one for key, one in last.items() if key not in read)

    def of_stream(self, file: FileRef) -> tuple[KnownFile, ...]:
        """Files of the same stream that were read before."""
        return tuple(one for one in self.files() if (one.site, one.stream) == (file.site, file.stream))

    def is_unchanged(self, file: FileRef, form: str) -> bool:
        """Whether this very file (path, size, time of change) was read to its end, last by this format."""
        return self.ledger.folded(NotedFiles).is_last(_mark_of(file, form))

    def note_copy(self, file: FileRef, digest: str, form: str) -> None:
        """Note that a file holds what was read before."""
        mark = _mark_of(file, form)
        self.ledger.append(COPY, {"site": file.site, "stream": file.stream, "digest": digest, "mark": mark})

    def note_stopped(self, file: FileRef, one: KnownFile, counts: LineCounts) -> None:
        """Note, once for the same file, that it was stopped for its rejected lines."""
        facts = {**facts_of(one), "mark": _mark_of(file, one.form), "counts": asdict(counts)}
        if all({**entry.facts, "read_on": one.read_on} != facts for entry in self.ledger.entries(STOPPED)):
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
        mark = _mark_of(file, one.form)
        facts = {**facts_of(one), "replaces": replaces, "mark": mark, "counts": asdict(counts)}
        self.ledger.append(FILE, {**facts, "robots": robots})

    def part(self, one: KnownFile, day: dt.date, is_late: bool = False) -> Path:
        """Where the records of one file for one day lie, or those of its lines that came late."""
        name = f"{one.stream}-{one.part_id}{'-late' * is_late}.parquet"
        return self.folder / f"site={one.site}" / f"day={day}" / name

    def lines(self, one: KnownFile) -> Path:
        """Where that lies by which the lines of a file are known again."""
        return self.settings.restricted / "lines" / f"site={one.site}" / f"{one.stream}-{one.part_id}.lines"

    def rejects(self, one: KnownFile) -> Path:
        """Where the numbers of a file's rejected lines lie."""
        return (
            self.settings.restricted / "rejected" / f"site={one.site}" / f"{one.stream}-{one.part_id}.parquet"
        )

    def note_forgotten(self, facts: Mapping[str, object]) -> None:
        """Note, once, that somebody's records went: when and with what effect, never whose."""
        if all(entry.facts["after"] != facts["after"] for entry in self.ledger.entries(FORGOTTEN)):
            self.ledger.append(FORGOTTEN, facts)

    def parts(self, day: dt.date, late_of: Collection[str] = ()) -> dict[str, list[Path]]:
        """The parts of a day that count, by site, in a fixed order; of some sites also those laid aside."""
        found: dict[str, list[Path]] = {}
        if day in self.gone_days():
            return found
        for one in sorted(self.files(), key=lambda file: (file.site, file.stream, file.digest)):
            if one.days.get(str(day)):
                found.setdefault(one.site, []).append(self.part(one, day))
            late = self.part(one, day, is_late=True)
            # All of them may have been forgotten since.
            is_in = one.revised.get(str(day)) or (one.site in late_of and one.late.get(str(day)))
            if is_in and late.exists():
                found.setdefault(one.site, []).append(late)
        return found

    def late_parts(self, day: dt.date) -> dict[str, list[Path]]:
        """The parts of a published day that lie aside and were not taken in, by site."""
        counted = {path for paths in self.parts(day).values() for path in paths}
        held = self.parts(day, [site.name for site in self.settings.sites])
        found = {site: [path for path in paths if path not in counted] for site, paths in held.items()}
        return {site: paths for site, paths in found.items() if paths}

    def inputs(self, days: Collection[dt.date], late_of: Collection[str] = ()) -> tuple[str, ...]:
        """BLAKE3 of each file that has records of some days; of some sites also those that have late ones."""
        names, files = {str(day) for day in days}, self.files()
        late = {one.digest for one in files if one.site in late_of and _has(one.late, names)}
        return tuple(sorted({one.digest for one in files if _has(one.counted, names)} | late))

    def robot_lists(self, day: dt.date) -> tuple[str, ...]:
        """What told robots apart in the files that have records of a day, by name and version."""
        name = str(day)
        files = (entry.facts for entry in self.ledger.entries(FILE))
        noted = (facts for facts in files if facts["days"].get(name) or facts["late"].get(name))
        return tuple(sorted({facts.get("robots", "not noted") for facts in noted}))

    def open_days(self, published: frozenset[dt.date]) -> tuple[dt.date, ...]:
        """Days with records that are not published yet, oldest first."""
        days = {dt.date.fromisoformat(day) for one in self.files() for day, rows in one.days.items() if rows}
        return tuple(sorted(days - published - self.gone_days()))

    def sweep(self, today: dt.date) -> int:
        """Delete parts, maps, lines, rejected lines' numbers and scratch that don't count; how many files."""
        files, lines = self.files(), self.settings.restricted / "lines"
        counted = self._parts_and_maps(files) | {self.lines(one) for one in files if one.line_days}
        closed = {entry.facts["day"]: entry.facts["closed"] for entry in self.ledger.entries(DAY)}
        read = (*files, *self.stopped())
        counted |= {self.rejects(one) for one in read if self._keeps_rejects(one, closed, today)}
        rejected = self.settings.restricted / "rejected"
        rooms = (self.folder, lines, rejected, self.settings.scratch, self.settings.restricted / MAPS)
        found = tuple(path for one in rooms for path in one.rglob("*"))
        stray = [path for path in found if path.is_file() and path not in counted]
        with outside(self.folder):
            for path in stray:
                path.unlink()
            drop_empty(self.settings)
        return len(stray)

    def _parts_and_maps(self, files: Sequence[KnownFile]) -> set[Path]:
        """Parts of days whose records are kept; maps of open days, and of late lines that can be taken in."""
        gone, published = self.gone_days(), {entry.facts["day"] for entry in self.ledger.entries(DAY)}
        own = [(one, day, False) for one in files for day in one.days]
        late = [(one, day, True) for one in files for day in (*one.late, *one.revised)]
        counted = set[Path]()
        for one, iso_day, is_late in own + late:
            day = dt.date.fromisoformat(iso_day)
            if day in gone:
                continue
            part = self.part(one, day, is_late)
            counted.add(part)
            if (iso_day in one.late and self.is_revisable(day)) if is_late else iso_day not in published:
                counted.add(map_of(self.settings, part))
        return counted

    def is_revisable(self, day: dt.date) -> bool:
        """Whether its week and its month are still to be closed: afterwards no late line is taken in."""
        return all(
            entry.facts[grain.value] != Period.of(grain, day).name
            for grain in (Grain.WEEK, Grain.MONTH)
            for entry in self.ledger.entries(grain.value)
        )

    def _keeps_rejects(self, one: KnownFile, closed: Mapping[str, str], today: dt.date) -> bool:
        """As long as records of one of its days may be kept; of a file without any, from when it was read."""
        if not one.rejected or one.is_replaced:
            return False
        days = {day: closed.get(day) for day in one.days} or {one.read_on or dt.date.min.isoformat(): None}
        ends = (
            last_day_kept(
                self.settings.keeping, dt.date.fromisoformat(day), dt.date.fromisoformat(at) if at else None
            )
            for day, at in days.items()
        )
        return today <= max(ends)


def _has(rows: Mapping[str, int], days: Collection[str]) -> bool:
    return any(rows.get(day) for day in days)


def _mark_of(file: FileRef, form: str) -> Mark:
    with outside(file.path):
        found = file.path.stat()
    return [file.site, file.stream, str(file.path), found.st_size, found.st_mtime_ns, form]
