"""The mark of the catalog that was built last, kept where no reader can write.

In: settings. Out: the mark, or none. It must not know what a mark is made of.
"""

from __future__ import annotations

from pathlib import Path

from iesiz.settings import Settings
from iesiz.storage import outside, write_secret


def read_mark(settings: Settings) -> str:
    """The mark; empty if none was kept.

    Raises:
        OutsideError: the storage failed.
    """
    path = _path(settings)
    with outside(path):
        return path.read_text("utf-8") if path.exists() else ""


def keep_mark(settings: Settings, mark: str) -> None:
    """Keep the mark of a catalog that is in its place.

    Raises:
        OutsideError: the storage failed; the next catalog is made of Parquet alone.
    """
    write_secret(_path(settings), mark.encode())


def _path(settings: Settings) -> Path:
    return settings.restricted / "catalog-mark"
