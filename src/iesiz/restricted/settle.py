"""What becomes of a file once its content is known to the last byte: read, known before, grown or stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iesiz.errors import InputError
from iesiz.restricted.parts import PartWriter
from iesiz.restricted.records import KnownFile, Records
from iesiz.vocabulary import FileCounts, FileRef, LineCounts


@dataclass(frozen=True, slots=True)
class Content:
    """SHA-256 and size of an uncompressed content, and of its prefixes that were files before."""

    digest: str
    size: int
    prefixes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a file: outcomes of its lines, and recognised lines of days published before."""

    counts: LineCounts
    late: Mapping[str, int]


def settle(
    records: Records, file: FileRef, content: Content, reading: Reading, writer: PartWriter
) -> FileCounts:
    """Let the file count, or leave it: known content adds nothing.

    Raises:
        InputError: too many of its lines were rejected; nothing of it is kept.
    """
    earlier = records.of_stream(file)
    if any(one.digest == content.digest for one in earlier):
        records.note_copy(file, content.digest)
        return _counts(file, content, "known", LineCounts(0, 0))
    if reading.counts.rejected_share > records.settings.reading.max_rejected_share:
        records.note_stopped(file, reading.counts)
        raise InputError(_stopped(file, reading.counts))
    shorter = [one for one in earlier if content.prefixes.get(one.size) == one.digest and one.size]
    late = _new_late(reading.late, shorter)
    days = {day.isoformat(): rows for day, rows in sorted(writer.rows.items())}
    writer.place(records, file, content.digest[:16])
    one = KnownFile(file.site, file.stream, content.digest, content.size, days, late)
    records.note_file(file, one, [each.digest for each in shorter], reading.counts)
    verdict = "empty" if not reading.counts.lines else "grown" if shorter else "read"
    return _counts(file, content, verdict, reading.counts, days, late)


def _stopped(file: FileRef, counts: LineCounts) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts.rejected.items())
    return (
        f"{file.path}: {counts.rejected_share:.1%} of its lines were rejected ({reasons}), more than "
        "reading.max_rejected_share; nothing of it is kept. Correct the log's format, or raise the limit, "
        "and run again."
    )


def _new_late(late: Mapping[str, int], shorter: list[KnownFile]) -> dict[str, int]:
    """Late lines of a grown file without those that the shorter file brought, in time or late."""
    held: dict[str, int] = {}
    for one in shorter:
        for day in {*one.days, *one.late}:
            held[day] = held.get(day, 0) + one.days.get(day, 0) + one.late.get(day, 0)
    new = {day: rows - held.get(day, 0) for day, rows in sorted(late.items())}
    return {day: rows for day, rows in new.items() if rows > 0}


def _counts(
    file: FileRef,
    content: Content,
    verdict: str,
    counts: LineCounts,
    days: Mapping[str, int] | None = None,
    late: Mapping[str, int] | None = None,
) -> FileCounts:
    name, file_id = file.path.name, content.digest[:16]
    return FileCounts(file.site, file.stream, name, file_id, verdict, counts, days or {}, late or {})
