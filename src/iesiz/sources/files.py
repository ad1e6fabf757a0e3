"""Finding delivered files by patterns relative to the settings file.

In: patterns, and the folder of the store. Out: what is there, with the reason why a thing may not be read: a
pipe, a device, a link that leads out of its folder. It must not open anything, nor take the store for a
delivery.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iesiz.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Delivered:
    """What lies where a file is expected.

    Attributes:
        refusal: why it may not be read; empty for an ordinary file.
    """

    path: Path
    refusal: str = ""


def delivered(base: Path, patterns: Sequence[str], store: Path) -> tuple[Delivered, ...]:
    """What matches any of the patterns, each once, in the order of the paths; folders are passed over.

    Raises:
        SettingsError: a pattern leads into the store.
    """
    found = {one.path: one for pattern in patterns for one in _matching(base / pattern, store)}
    return tuple(found[path] for path in sorted(found))


def _matching(pattern: Path, store: Path) -> Iterator[Delivered]:
    root, inside = _root_of(pattern), Path(os.path.abspath(store))  # noqa: PTH100 - links are not followed
    for name in glob.iglob(str(pattern), recursive=True):  # noqa: PTH207 - a pattern may be absolute
        path = Path(name)
        if path.is_dir():
            continue
        if Path(os.path.abspath(path)).is_relative_to(inside):  # noqa: PTH100 - as above
            raise SettingsError(f"{pattern}: leads into the store. Keep deliveries and the store apart.")
        yield Delivered(path, _refusal(path, root, store))


def _refusal(path: Path, root: Path | None, store: Path) -> str:
    """Why a path may not be read; whoever writes into the folder may not choose what is read beyond it."""
    target = path.resolve()
    if not target.exists():
        return f"{path}: a link that leads nowhere. Have the file itself delivered."
    if not target.is_file():
        return f"{path}: not a regular file. Take it away, or narrow `paths`."
    if target.is_relative_to(store.resolve()) or (root and not target.is_relative_to(root.resolve())):
        return f"{path}: a link that leads out of its folder. Have the file itself delivered."
    return ""


def _root_of(pattern: Path) -> Path | None:
    """The folder before the first wildcard; None for a file that the settings name, wherever it leads."""
    fixed: list[str] = []
    for part in pattern.parts:
        if glob.has_magic(part):
            return Path(*fixed)
        fixed.append(part)
    return None
