"""Whether what is published is what the ledgers say: chains, files, each ledger against the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from iesiz.ledger import Entry, Ledger
from iesiz.publish.places import RELEASE, superseded_path
from iesiz.publish.release import PUBLIC_FACTS
from iesiz.settings import Settings


def verify_store(settings: Settings) -> tuple[str, ...]:
    """What is wrong, a sentence each; nothing if all is well.

    A chain shows a line that was changed, lost or inserted in the middle; lines lost at its end show in the
    other ledger, which has a record of every release too.

    Raises:
        PrivacyRefusal: a chain is broken.
    """
    full = Ledger(settings.restricted / "ledger.jsonl").entries(RELEASE)
    public = Ledger(settings.published / "ledger.jsonl").entries(RELEASE)
    return (*_apart(full, public), *_files(settings, full), *_strays(settings, full))


def _apart(full: Sequence[Entry], public: Sequence[Entry]) -> list[str]:
    known = {tuple(entry.facts[name] for name in PUBLIC_FACTS) for entry in full}
    shown = {tuple(entry.facts[name] for name in PUBLIC_FACTS) for entry in public}
    return [
        f"the ledgers differ on {one[0]}, {one[1]}: a record stands in one of them only"
        for one in sorted(known ^ shown)
    ]


def _places(full: Sequence[Entry]) -> list[tuple[str, str]]:
    """Where each partition is to be, and its SHA-256; where a revision took its place it is set aside."""
    newest = {entry.facts["path"]: entry.facts["revision"] for entry in full}
    return [
        (one["path"] if newest[one["path"]] == one["revision"] else superseded, one["sha256"])
        for one in (entry.facts for entry in full)
        for superseded in (superseded_path(one["path"], one["revision"]),)
    ]


def _files(settings: Settings, full: Sequence[Entry]) -> list[str]:
    found = []
    for place, digest in _places(full):
        path = settings.published / place
        if not path.is_file():
            found.append(f"{place}: published, and not there")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(f"{place}: not the file that was published")
    return found


def _strays(settings: Settings, full: Sequence[Entry]) -> list[str]:
    known = {settings.published / place for place, _ in _places(full)}
    rooms = [settings.published / name for name in ("tables", "microdata", "superseded")]
    there = [path for room in rooms for path in room.rglob("*") if path.is_file()]
    return [
        f"{path.relative_to(settings.published)}: there, and never published"
        for path in sorted(set(there) - known)
    ]
