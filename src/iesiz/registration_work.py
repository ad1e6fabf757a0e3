"""What mirroring the registration source is made of: whole or changes only, and what the night is told.

Opened by ``pipeline`` alone. In: settings. Out: counts; the mirror is replaced, or stays as it was. It must
not look into a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from iesiz.calendar import now
from iesiz.counts import RegistrationCounts, merge_counts
from iesiz.deidentify import NO_ID, PERSON, KeyRing, RowTreatment, date_of
from iesiz.parallel import ahead, in_order
from iesiz.policy import load_registry
from iesiz.publish import published_days
from iesiz.registration_settings import Registration
from iesiz.restricted import (
    MirrorBuilder,
    MirrorCounts,
    MirrorMarks,
    Records,
    mirror_builder,
    mirror_path,
    people_list,
    read_marks,
    tombstones,
    without,
)
from iesiz.settings import Settings
from iesiz.sources import RegistrationSource, Wanted, open_registrations

SECOND = 1_000_000
HOUR = 3600 * SECOND
BESIDE = 1  # threads that treat; it takes half the time of fetching, which has one of its own


@dataclass(slots=True)
class Mirroring:
    """One reading of the source into a new mirror.

    Attributes:
        newest: latest time of change that was seen, in microseconds since 1970, UTC.
        forgotten: pseudonyms of people who asked to be left out.
        rejected: rows that do not count, by reason.
    """

    source: RegistrationSource
    treatment: RowTreatment
    builder: MirrorBuilder
    newest: int | None
    forgotten: tuple[bytes, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)

    def read_all(self) -> None:
        """Take all rows of the source, and nothing that was taken before."""
        self.builder.forget()
        self.rejected = {}
        self._take(self.source.rows())

    def read_changes(self, since: int) -> None:
        """Take the rows that changed since a time, and the marks of all."""
        self._take(self.source.rows(since))
        versions = ahead(self.source.versions())
        for marks in in_order(self.treatment.marks, versions, BESIDE):
            self.builder.add_marks(without(marks, PERSON, self.forgotten))

    def _take(self, rows: Iterator[pa.Table]) -> None:
        for treated in in_order(self.treatment.treat, ahead(rows), BESIDE):
            self.builder.add(without(treated.table, PERSON, self.forgotten))
            self.rejected = merge_counts(self.rejected, treated.rejected)
            self.newest = max((one for one in (self.newest, treated.newest) if one is not None), default=None)

    def write(self, path: Path, *, changes_only: bool) -> MirrorCounts | None:
        """Replace the mirror; None if the rows that changed do not make it equal to the source."""
        marks = MirrorMarks(self.treatment.key_mark, meaning_of(self.treatment, self.source), self.newest)
        return self.builder.write(path, marks, changes_only=changes_only)


def mirror_source(settings: Settings, source: Registration) -> RegistrationCounts:
    """Make the mirror equal to the source.

    Rows that changed are asked for where the source states when each did; the ids and times of all rows tell
    which are gone, and whether that was enough (it is not when a change was committed late or a clock went
    back). Where it was not enough everything is read.

    Raises:
        InputError: the source cannot be read or lacks a mandatory column; the mirror stays as it was.
        OutsideError: the source failed; the mirror stays as it was.
        PrivacyRefusal: a treatment gives what is no class.
    """
    registry, began = load_registry("registration"), now()
    key = KeyRing.of(settings).key(PERSON, "registration", "mirror")
    treatment = RowTreatment(registry, key, source.zone, frozenset(source.sites))
    wanted, held = Wanted.of(source, registry), _held(settings, treatment)
    with (
        open_registrations(settings.base, source, wanted, settings.store_path) as opened,
        mirror_builder(settings, treatment.fields, continues=held is not None) as builder,
    ):
        newest, forgotten = held.watermark if held else None, tombstones(people_list(settings))
        work = Mirroring(opened, treatment, builder, newest, forgotten)
        counts, changes_only = _mirrored(work, mirror_path(settings), _since(held, work, source))
        rows = builder.rows + work.rejected.get(NO_ID, 0) + sum(wanted.rejected.values())
        offered = opened.offered
    Records(settings).note_mirror(began)
    return RegistrationCounts(
        rows,
        counts.kept,
        merge_counts(work.rejected, wanted.rejected),
        counts.removed,
        _late(settings, counts) if held else {},
        wanted.undeclared(offered),
        wanted.absent(offered),
        changes_only,
    )


def _held(settings: Settings, treatment: RowTreatment) -> MirrorMarks | None:
    """The marks of the mirror as it is; None without one, or if its people are under another key."""
    held = read_marks(settings)
    return held if held is not None and held.key == treatment.key_mark else None


def _mirrored(work: Mirroring, path: Path, since: int | None) -> tuple[MirrorCounts, bool]:
    """Changes only, if that is possible and enough; else all."""
    if since is not None:
        work.read_changes(since)
        counts = work.write(path, changes_only=True)
        if counts is not None:
            return counts, True
    work.read_all()
    counts = work.write(path, changes_only=False)
    if counts is None:
        raise TypeError("rows that were all read have nothing to agree with")
    return counts, False


def _since(held: MirrorMarks | None, work: Mirroring, source: Registration) -> int | None:
    """From when on rows are asked for; None if all are."""
    if held is None or held.watermark is None or not work.source.tells_changes:
        return None
    is_same = held.meaning == meaning_of(work.treatment, work.source)
    # A change that states a time to come must not hide those that follow it.
    seen = min(held.watermark, int(now().timestamp()) * SECOND)
    return seen - source.overlap_hours * HOUR if is_same else None


def meaning_of(treatment: RowTreatment, source: RegistrationSource) -> str:
    """A digest of all that decides what becomes of a row: treatments, and the columns that can be read."""
    columns = sorted((one.field, one.name, one.type) for one in source.offered if one.readable)
    return hashlib.sha256(f"{treatment.meaning} {columns}".encode()).hexdigest()


def _late(settings: Settings, counts: MirrorCounts) -> dict[str, int]:
    """People that came for days that were published before."""
    published = published_days(settings)
    came = {date_of(day): people for day, people in counts.came.items()}
    return {day.isoformat(): people for day, people in sorted(came.items()) if day in published}
