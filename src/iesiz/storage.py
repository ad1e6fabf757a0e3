"""The one place through which the store is written: beside, flushed, checked, then renamed.

In: bytes and Arrow tables. Out: files that are whole or absent. It must not know what a file means.
A full disk or a failing one raises ``OutsideError``; what stood before stays.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from iesiz.errors import OutsideError, PrivacyRefusal, SettingsError, StoreBusy
from iesiz.settings import Settings

MARK = "iesiz-store"
MARK_TEXT = "iesiz store, layout 1\n"
STAGED = ".staged"
STORE_ID = "store-id"
TAIL = 1 << 16


@contextmanager
def outside(path: Path) -> Iterator[None]:
    """Turn an operating system's error into ``OutsideError``, with the file's name and the cause only."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise OutsideError(
            f"{path}: {reason}. Nothing that was stored before is changed; try again."
        ) from None


def prepare_store(settings: Settings) -> None:
    """Make the store's folders if the place is new or empty.

    Raises:
        SettingsError: the folder holds something that is no store of ours.
        PrivacyRefusal: the restricted zone is open to others.
    """
    store, mark = settings.store_path, settings.store_path / MARK
    if store.exists() and not mark.is_file() and (not store.is_dir() or _holds_more(store)):
        raise SettingsError(
            f"{store}: not a store of iesiz, and not empty. Name another folder as store.path."
        )
    if mark.is_file() and mark.read_bytes() != MARK_TEXT.encode():
        raise SettingsError(f"{store}: a store of another layout. Use the version of iesiz that made it.")
    with outside(store):
        if not mark.is_file():
            write_bytes(mark, MARK_TEXT.encode())
        settings.restricted.mkdir(mode=0o700, exist_ok=True)
        settings.published.mkdir(exist_ok=True)
    if settings.restricted.stat().st_mode & 0o077:
        raise PrivacyRefusal(
            f"{settings.restricted}: open to other users. Set its mode to 0700 and run again."
        )


def _holds_more(store: Path) -> bool:
    """Whether a folder holds more than a crash can leave while a store is made in it."""
    return any(path.name != MARK + STAGED for path in store.iterdir())


def store_id(restricted: Path) -> str:
    """What tells a store from every other: 32 random hexadecimal digits, drawn at first use."""
    path = restricted / STORE_ID
    with outside(path):
        if not path.exists():
            write_secret(path, secrets.token_hex(16).encode())
        return path.read_text("ascii")


@contextmanager
def store_lock(settings: Settings) -> Iterator[None]:
    """Hold the store for one run.

    Raises:
        StoreBusy: another run holds it.
    """
    prepare_store(settings)
    path = settings.restricted / "lock"
    with outside(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise StoreBusy(
            f"{settings.store_path}: another run is at work. Wait until it ends, then run again."
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Make renames within a folder durable."""
    _flush(folder)


def flush_file(path: Path) -> None:
    """Make a file's content durable."""
    _flush(path)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in its place at once.

    Raises:
        OutsideError: it could not be written; ``path`` is as it was.
    """
    staged = path.with_name(path.name + STAGED)
    with outside(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(staged)
            put_in_place(staged, path)
        finally:
            staged.unlink(missing_ok=True)


def put_in_place(staged: Path, path: Path) -> None:
    """Flush a finished file and rename it to its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flush_file(staged)
    staged.replace(path)
    flush_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a small file whole."""
    write_whole(path, lambda staged: staged.write_bytes(content))


def write_secret(path: Path, content: bytes) -> None:
    """Write a small file that only its owner may read, whole."""
    write_private(path, lambda staged: staged.write_bytes(content))


def write_private(path: Path, write: Callable[[Path], object]) -> None:
    """As ``write_whole``, for a file that only its owner may read (mode 0600) from its first byte on."""

    def fill(staged: Path) -> None:
        staged.unlink(missing_ok=True)
        os.close(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        write(staged)

    write_whole(path, fill)


def append_line(path: Path, line: bytes) -> None:
    """Append one line durably; a line that was cut off by a crash is removed first.

    Raises:
        OutsideError: it could not be written; the file is as it was.
    """
    with outside(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as out:
            size = whole_lines(path)
            out.truncate(size)
            try:
                _write_all(out.fileno(), line + b"\n")
                os.fsync(out.fileno())
            except OSError:
                out.truncate(size)
                raise
        flush_folder(path.parent)


def _write_all(handle: int, content: bytes) -> None:
    if os.write(handle, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def whole_lines(path: Path) -> int:
    """Bytes of a file up to its last line end."""
    with path.open("rb") as held:
        end = held.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - TAIL)
            held.seek(start)
            found = held.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0


def destroy_file(path: Path) -> None:
    """Overwrite a small file in its place, then delete it; what is gone already is left so.

    A disk that writes elsewhere may keep old blocks for a while: the disk itself should be encrypted.
    """
    with outside(path):
        if not path.exists():
            return
        with path.open("r+b", buffering=0) as out:
            out.write(bytes(path.stat().st_size))
            os.fsync(out.fileno())
        path.unlink()
        flush_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Delete a folder of the store with all that is in it, or a file."""
    with outside(folder):
        if folder.is_dir():
            shutil.rmtree(folder)
        folder.unlink(missing_ok=True)
