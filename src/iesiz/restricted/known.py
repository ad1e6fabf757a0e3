"""What is known of the files that were read, from the ledger's entries in their order.

In: facts of files and of published days. Out: ``KnownFile``, each with the records that count through it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from iesiz.counts import merge_counts


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was read: its content's BLAKE3 and size, and its records by ISO day.

    Attributes:
        late: lines by ISO day that was published before; their records lie aside while its keys are there.
        line_days: ISO days of its lines, if it has lines by which repeats in other files are known.
        form: 16 hexadecimal digits that tell the format by which it was read from others.
        name: its name when it was delivered.
        rejected: rejected lines by reason.
        read_on: ISO day on which it was read.
        is_replaced: whether a longer file or a reading by another format has taken its place.
        revised: lines by ISO day that came late and that a revision took in.
    """

    site: str
    stream: str
    digest: str
    size: int
    days: Mapping[str, int]
    late: Mapping[str, int]
    line_days: Sequence[str]
    form: str = ""
    name: str = ""
    rejected: Mapping[str, int] = field(default_factory=dict)
    read_on: str = ""
    is_replaced: bool = False
    revised: Mapping[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> Mapping[str, int]:
        """Records that count, by ISO day: those that came in time and those that revisions took in."""
        return merge_counts(self.days, self.revised)

    @property
    def file_id(self) -> str:
        """First 16 hexadecimal digits of the digest."""
        return self.digest[:16]

    @property
    def part_id(self) -> str:
        """What its files in the restricted zone are called by: content and format."""
        return f"{self.file_id}-{self.form[:8]}" if self.form else self.file_id

    def without_lines_of(self, gone: Collection[str]) -> KnownFile:
        """Without the days whose records were deleted: no line is known again for their sake."""
        if not any(day in gone for day in self.line_days):
            return self
        return replace(self, line_days=tuple(day for day in self.line_days if day not in gone))


FOLDED = frozenset({"is_replaced", "revised"})  # what later entries of the ledger tell of a file
FACTS = tuple(one.name for one in fields(KnownFile) if one.name not in FOLDED)


def facts_of(one: KnownFile) -> dict[str, Any]:
    """What the ledger holds of a file."""
    facts = {**asdict(one), "line_days": list(one.line_days)}
    return {name: facts[name] for name in FACTS}


def known_file(facts: Mapping[str, Any]) -> KnownFile:
    """A file as the ledger has it."""
    return KnownFile(*(facts[key] for key in FACTS))


@dataclass(slots=True)
class TakenFiles:
    """What is known of files after some entries of the ledger.

    A grown file takes the days that it holds over from the shorter one. A reading by another format takes
    every open day over, since the earlier one may have told days wrongly; settled days stay: those that were
    published, and those whose records were deleted.
    """

    files: dict[tuple[str, str, str, str], KnownFile] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def take(self, one: KnownFile, replaces: Sequence[str]) -> None:
        """Take the next file, which continues or replaces those of these digests."""
        for place, other in self.files.items() if replaces else ():
            if (other.site, other.stream) == (one.site, one.stream) and other.digest in replaces:
                kept = {day: rows for day, rows in other.days.items() if self._stays(day, other, one)}
                self.files[place] = replace(other, days=kept, line_days=(), is_replaced=True)
        place = (one.site, one.stream, one.digest, one.form)
        before = self.files.pop(place, None)
        if before is not None:
            late, days = merge_counts(before.late, one.late), {**before.days, **one.days}
            one = replace(one, days=days, late=late, revised=before.revised)
        self.files[place] = one

    def revise(self, day: str, sites: Collection[str]) -> None:
        """Take the late lines of some sites in for a published day."""
        for place, one in self.files.items():
            if one.site in sites and one.late.get(day):
                late = {name: lines for name, lines in one.late.items() if name != day}
                revised = merge_counts(one.revised, {day: one.late[day]})
                self.files[place] = replace(one, late=late, revised=revised)

    def _stays(self, day: str, other: KnownFile, one: KnownFile) -> bool:
        return day in self.settled if other.form != one.form else day not in one.days
