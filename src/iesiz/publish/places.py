"""Where everything lies that was published, as the ledger tells it.

In: settings. Out: paths by table and period. It must not look into the published zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iesiz.ledger import Entry, Ledger
from iesiz.settings import Settings

RELEASE = "release"
Key = tuple[str, str]


@dataclass(slots=True)
class Released:
    """What a ledger notes of each release, by table and period's name.

    Attributes:
        newest: its last revision.
        earlier: those that revisions took the place of, oldest first.
        known: table, period and revision of every one.
    """

    newest: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    earlier: dict[Key, list[Mapping[str, Any]]] = field(default_factory=dict)
    known: set[tuple[str, str, int]] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        """Go on with the next entry."""
        if entry.kind != RELEASE:
            return
        one = entry.facts
        key = (one["table"], one["period"])
        if key in self.newest:
            self.earlier.setdefault(key, []).append(self.newest[key])
        self.newest[key] = one
        self.known.add((*key, one["revision"]))


@dataclass(frozen=True, slots=True)
class Places(Mapping[Key, Path]):
    """Paths by table and period's name, each made when it is asked for: few of a year's are."""

    published: Path
    noted: Mapping[Key, Mapping[str, Any]]

    def __getitem__(self, key: Key) -> Path:
        return self.published / str(self.noted[key]["path"])

    def __iter__(self) -> Iterator[Key]:
        return iter(self.noted)

    def __len__(self) -> int:
        return len(self.noted)


def published_paths(settings: Settings) -> Places:
    """Where each partition lies that was published, by table and period's name; of several the newest."""
    return Places(settings.published, dict(_released(settings).newest))


def superseded_paths(settings: Settings) -> dict[Key, tuple[Path, ...]]:
    """Where the earlier partitions lie that revisions took the place of, by table and period, in order."""
    published = settings.published
    return {
        key: tuple(published / superseded_path(one["path"], one["revision"]) for one in several)
        for key, several in _released(settings).earlier.items()
    }


def superseded_path(path: str, revision: int) -> str:
    """Where a partition goes when a later revision takes its place, relative to the published zone."""
    folder, _, name = path.rpartition("/")
    return f"superseded/{folder}/revision={revision}/{name}"


def published_verdicts(settings: Settings) -> dict[Key, str]:
    """What was said of each partition when it was published, by table and period's name."""
    return {key: one["verdict"] for key, one in _released(settings).newest.items()}


def _released(settings: Settings) -> Released:
    return Ledger(settings.restricted / "ledger.jsonl").folded(Released)
