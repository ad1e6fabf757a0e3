"""What takes long to make and is made of packages alone: kept on disk for the user's next processes.

In: a name that tells one version from another. Out: a folder of the user's own, or a text kept in one. It
must not hold anything of a store, and nothing fails where it cannot be written: a text is then made anew.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def own_folder(name: str) -> Path | None:
    """The user's own folder of that name (mode 0700); none where it cannot be made or is somebody else's."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "iesiz" / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid() else None


def kept_text(name: str, make: Callable[[], str]) -> str:
    """What ``make`` gives, which is asked once for all processes of the user."""
    folder = own_folder("texts")
    path = folder / name if folder else None
    if path and path.is_file():
        return path.read_text("utf-8")
    made = make()
    if path:
        with suppress(OSError):
            _keep(path, made)
    return made


def _keep(path: Path, text: str) -> None:
    """Put a text in its place at once, whole: another process may be doing the same."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as out:
        staged = Path(out.name)
        try:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
