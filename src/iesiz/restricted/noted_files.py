"""What the ledger's entries tell of files, one after another: which were read, by which marks, what is gone.

In: entries in their order. Out: ``NotedFiles``. It must not open the restricted zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from iesiz.ledger import Entry
from iesiz.restricted.known import KnownFile, TakenFiles, known_file

FILE, COPY, DAY, DESTROYED = "file", "copy", "day", "destroyed"
PATH_OF_MARK = 3  # a mark begins with site, stream and path

Mark = list[str | int]


@dataclass(slots=True)
class NotedFiles:
    """Files as some entries of the ledger tell of them.

    Attributes:
        taken: files that were read; of those that were read anew see ``TakenFiles``.
        gone: ISO days whose records were deleted.
        marks: the last mark under which each site, stream and path was read.
    """

    taken: TakenFiles = field(default_factory=TakenFiles)
    gone: set[str] = field(default_factory=set)
    marks: dict[tuple[str | int, ...], Mark] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Go on with the next entry."""
        facts = entry.facts
        if entry.kind in (FILE, COPY):
            self.marks[tuple(facts["mark"][:PATH_OF_MARK])] = facts["mark"]
        if entry.kind == FILE:
            self.taken.take(known_file(facts), facts["replaces"])
        elif entry.kind == DAY:
            self.taken.settled.add(facts["day"])
            if facts.get("revision"):
                self.taken.revise(facts["day"], facts["revised_sites"])
        elif entry.kind == DESTROYED:
            self.gone.update(facts["days"])
            self.taken.settled |= self.gone

    def files(self) -> tuple[KnownFile, ...]:
        """The files, without lines of days that are gone."""
        return tuple(one.without_lines_of(self.gone) for one in self.taken.files.values())

    def is_last(self, mark: Mark) -> bool:
        """Whether the path of a mark was last read under this very mark."""
        return self.marks.get(tuple(mark[:PATH_OF_MARK])) == mark
