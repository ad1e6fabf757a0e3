"""What this process has checked of each ledger: a night asks dozens of times, and each line is checked once.

In: a ledger's file. Out: ``Checked``, entries whose chain is sound. It must not answer from memory once the
file is another one: it looks at the file's stamp (place, size, times) each time it is asked, and compares
the whole content unless the stamp shows that nothing was written since.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from iesiz.ledger_chain import Entry, following
from iesiz.storage import outside

MILLISECOND = 10**6  # in ns
SETTLED = 100 * MILLISECOND  # file systems tell times that are a few milliseconds apart
SETTLED_IF_COARSE = 2100 * MILLISECOND  # some keep whole seconds, or even ones


class Fold(Protocol):
    """What is known after some entries of a ledger; it begins with none."""

    def take(self, entry: Entry) -> None:
        """Go on with the next entry."""


F = TypeVar("F", bound=Fold)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Tells a file from the one that lay there before; nobody can set ``noted`` back, as he can ``written``.

    Attributes:
        written: when its content changed, in ns.
        noted: when the file system last noted a change of any kind, in ns.
    """

    device: int
    inode: int
    size: int
    written: int
    noted: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """The stamp of a file.

        Raises:
            FileNotFoundError: there is none.
        """
        found = path.stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def is_settled(self, moment: int) -> bool:
        """Whether what is written after a moment (ns) shows; just after a change it may have its stamp."""
        apart = SETTLED if self.noted % MILLISECOND else SETTLED_IF_COARSE
        return moment - self.noted > apart


@dataclass(slots=True)
class Checked:
    """The beginning of a ledger whose chain was checked in this process, as it stood then."""

    content: bytes = b""
    stamp: Stamp | None = None
    entries: list[Entry] = field(default_factory=list)
    by_kind: dict[str, list[Entry]] = field(default_factory=dict)
    folds: dict[type[Any], tuple[Any, int]] = field(default_factory=dict)

    def take(self, found: Sequence[Entry], content: bytes) -> None:
        """Go on with what was added and checked since."""
        self.content = content
        self.entries += found
        for entry in found:
            self.by_kind.setdefault(entry.kind, []).append(entry)

    def folded(self, make: type[F]) -> F:
        """What a fold knows after all entries; each entry is taken once."""
        fold, taken = self.folds.pop(make, (make(), 0))  # One that fails half way is not kept.
        for entry in self.entries[taken:]:
            fold.take(entry)
        self.folds[make] = (fold, len(self.entries))
        return fold  # type: ignore[no-any-return]


_CHECKED: dict[Path, Checked] = {}
_LOCK = threading.Lock()


def checked(path: Path) -> Checked:
    """The entries of a ledger as it lies there now; an absent file is an empty ledger.

    Raises:
        PrivacyRefusal: the chain is broken; the message names the line.
        OutsideError: the file cannot be read.
    """
    with _LOCK, outside(path):
        moment = time.time_ns()
        try:
            stamp = Stamp.of(path)
        except FileNotFoundError:
            return Checked()
        known = _CHECKED.get(path, Checked())
        if known.stamp == stamp:
            return known
        content = path.read_bytes()
        known = _going_on(known, content[: content.rfind(b"\n") + 1], path)
        known.stamp = stamp if stamp.is_settled(moment) else None
        _CHECKED[path] = known
        return known


def _going_on(known: Checked, content: bytes, path: Path) -> Checked:
    """What is known of a ledger and what follows in it; of another ledger nothing is known."""
    if not content.startswith(known.content):
        known = Checked()
    lines = content[len(known.content) :].splitlines()
    if lines:
        known.take(following(known.entries[-1] if known.entries else None, lines, path), content)
    return known
