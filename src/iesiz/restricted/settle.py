"""What becomes of a file once its content is known to the last byte: read, known before, grown or stopped.

Its lines that came before, in whatever file of the stream, are taken out of its parts before these count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from iesiz.counts import FileCounts, LineCounts
from iesiz.errors import InputError
from iesiz.restricted.forgotten import day_list, tombstones
from iesiz.restricted.known import KnownFile
from iesiz.restricted.lines import LineCollector
from iesiz.restricted.once import Sorted, sort_lines
from iesiz.restricted.parts import PartWriter
from iesiz.restricted.records import Records
from iesiz.restricted.rejects import RejectWriter
from iesiz.restricted.visitor_maps import MapWriter
from iesiz.vocabulary import FileRef

REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Content:
    """BLAKE3 and size of an uncompressed content, and of its prefixes that were files before."""

    digest: str
    size: int
    prefixes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a file.

    Attributes:
        counts: outcomes of its lines.
        late: recognised lines by local day that was published before.
        robots: what told robots apart, by name and version.
        lines: by what its recognised lines are known again.
        form: by what the format is known by which it was read.
        read_on: the day on which it was read.
        rejects: where its rejected lines stand, if that was kept.
        maps: what its visitors are called within longer periods, if that was kept.
    """

    counts: LineCounts
    late: Mapping[str, int]
    robots: str
    lines: LineCollector
    form: str = ""
    read_on: dt.date = dt.date.min
    rejects: RejectWriter | None = None
    maps: MapWriter | None = None


def settle(
    records: Records, file: FileRef, content: Content, reading: Reading, writer: PartWriter
) -> FileCounts:
    """Let the file count, or leave it: known content adds nothing.

    Raises:
        InputError: too many of its lines were rejected; nothing of it is kept.
    """
    earlier = records.of_stream(file)
    if any(
        (one.digest, one.form) == (content.digest, reading.form) for one in earlier if not one.is_replaced
    ):
        records.note_copy(file, content.digest, reading.form)
        return _counts(file, content, "known", LineCounts(0, 0))
    if reading.counts.rejected_share > records.settings.reading.max_rejected_share:
        _stop(records, file, content, reading)
    shorter = [one for one in earlier if content.prefixes.get(one.size) == one.digest and one.size]
    lines = sort_lines(records, earlier, shorter, reading.lines, reading.late, reading.form)
    late = _without_repeats(lines, reading.late, writer)
    _without_forgotten(records, file, writer)
    counts = reading.counts.ignoring(REPEATED, int(lines.repeated.sum()))
    days = {str(day): rows for day, rows in sorted(writer.rows.items()) if str(day) not in late}
    one = replace(_known(file, content, reading), days=days, late=late, line_days=lines.line_days())
    if one.line_days:
        reading.lines.place(records.lines(one), lines.own)
    if reading.rejects is not None:
        reading.rejects.place(records.rejects(one))
    if reading.maps is not None:
        _place_maps(records, one, reading.maps, writer.rows)
    writer.place(records, one)
    records.note_file(file, one, [each.digest for each in shorter], counts, reading.robots)
    return _counts(file, content, _verdict(content, counts, shorter), counts, days, late)


def _place_maps(records: Records, one: KnownFile, maps: MapWriter, days: Collection[dt.date]) -> None:
    """Maps beside the parts, without those who are forgotten; beside late ones while these are of use."""
    late = {day for day in days if day.isoformat() in one.late}
    held = [day for day in days if day not in late or records.is_revisable(day)]
    parts = {day: records.part(one, day, day in late) for day in held}
    lists = [day_list(records.settings, one.site, day) for day in held]
    maps.place(records.settings, parts, {gone for path in lists for gone in tombstones(path)})


def _known(file: FileRef, content: Content, reading: Reading) -> KnownFile:
    """What is known of a file before its lines are told apart."""
    return KnownFile(
        file.site,
        file.stream,
        content.digest,
        content.size,
        days={},
        late={},
        line_days=(),
        form=reading.form,
        name=file.path.name,
        rejected=dict(reading.counts.rejected),
        read_on=reading.read_on.isoformat(),
    )


def _stop(records: Records, file: FileRef, content: Content, reading: Reading) -> NoReturn:
    """Keep where the rejected lines of a file stand, and nothing else of it.

    Raises:
        InputError: always.
    """
    one = _known(file, content, reading)
    if reading.rejects is not None:
        reading.rejects.place(records.rejects(one))
    records.note_stopped(file, one, reading.counts)
    raise InputError(_stopped(file, reading.counts))


def _without_repeats(lines: Sorted, late: Mapping[str, int], writer: PartWriter) -> dict[str, int]:
    """Take repeats out of the parts; late lines by day without them."""
    new = dict(late)
    for day in lines.repeated_days():
        gone = lines.repeated_on(day)
        if day.isoformat() in late:
            new[day.isoformat()] -= int(gone.sum())
        if day in writer.rows:
            writer.drop(day, gone)
    return {day: rows for day, rows in sorted(new.items()) if rows}


def _without_forgotten(records: Records, file: FileRef, writer: PartWriter) -> None:
    """Leave out those who asked for it, after the repeats: these are told by the place of a row."""
    for day in tuple(writer.rows):
        gone = tombstones(day_list(records.settings, file.site, day))
        if gone:
            writer.forget(day, gone)


def _verdict(content: Content, counts: LineCounts, shorter: Sequence[KnownFile]) -> str:
    if not counts.lines:
        return "empty"
    if shorter:
        return "read again" if any(one.size == content.size for one in shorter) else "grown"
    return "known" if counts.ignored.get(REPEATED) and not counts.recognised else "read"


def _stopped(file: FileRef, counts: LineCounts) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts.rejected.items())
    return (
        f"{file.path}: {counts.rejected_share:.1%} of its lines were rejected ({reasons}), more than "
        "reading.max_rejected_share; nothing of it is kept. Correct the log's format, or raise the limit, "
        "and run again; `iesiz status --rejected` lists the lines."
    )


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
