"""The summaries of the last runs, kept in the restricted zone, a line each.

In: ``RunFacts``. Out: the same. It must not be written while nobody holds its own lock: a night and a watch
may be at work at the same time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iesiz.run_facts import NIGHT, RunFacts
from iesiz.settings import Settings
from iesiz.storage import MARK, outside, write_secret

KEPT = 400


def has_store(settings: Settings) -> bool:
    """Whether there is a store of ours in which something can be noted."""
    return (settings.store_path / MARK).is_file() and settings.restricted.is_dir()


@contextmanager
def noting(settings: Settings) -> Iterator[None]:
    """Hold what is noted of runs and alerts; waits for another that does, which is never for long.

    Raises:
        OutsideError: the storage failed.
    """
    path = settings.restricted / "runs.lock"
    with outside(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_runs(settings: Settings) -> tuple[RunFacts, ...]:
    """The last runs, oldest first; a line that is none is passed over, since nothing depends on it.

    Raises:
        OutsideError: they cannot be read.
    """
    path = _path(settings)
    with outside(path):
        lines = path.read_bytes().splitlines() if path.exists() else []
    return tuple(one for one in map(_run, lines) if one is not None)


def note_run(settings: Settings, facts: RunFacts) -> None:
    """Note a run, in the place of what was noted of the same one before.

    Raises:
        OutsideError: it could not be written.
    """
    others = [one for one in read_runs(settings) if one.run != facts.run]
    lines = [one.line.encode() + b"\n" for one in (*others, facts)[-KEPT:]]
    write_secret(_path(settings), b"".join(lines))


def last_success(runs: tuple[RunFacts, ...]) -> RunFacts | None:
    """The last night that ended well."""
    return next((one for one in reversed(runs) if one.kind == NIGHT and one.exit_code == 0), None)


def _path(settings: Settings) -> Path:
    return settings.restricted / "runs.jsonl"


def _run(line: bytes) -> RunFacts | None:
    try:
        return RunFacts.read(line)
    except ValueError:
        return None
