"""Finding delivered files by patterns relative to the settings file."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path


def matching(base: Path, patterns: Sequence[str]) -> list[Path]:
    """Regular files that match any of the patterns, each once, in the order of their paths."""
    found = {Path(name) for pattern in patterns for name in glob.glob(str(base / pattern), recursive=True)}  # noqa: PTH207 - a pattern may be absolute
    return sorted(path for path in found if path.is_file())
