"""Routes of assets: the folder and the kind of file; a file's own name says nothing that is asked for.

Names of assets are numbered, hashed or made up by whoever uploads them. Only the few that mean the same on
every site are kept.
"""

from __future__ import annotations

import re

from iesiz.deidentify.resources import FILE_EXTENSIONS

WELL_KNOWN = frozenset({"robots.txt", "favicon.ico", "sitemap.xml", "manifest.json", "apple-touch-icon.png"})
_END = re.compile(r"[?#;]")


def split_asset(path: str) -> tuple[str, str]:
    """The folder of a path and the name to keep of its file: well known, or a known extension only."""
    folder, _, name = _END.split(path, maxsplit=1)[0].rpartition("/")
    if name.lower() in WELL_KNOWN:
        return folder or "/", name.lower()
    extension = name.rpartition(".")[2].lower()
    return folder or "/", f"{{file}}.{extension}" if extension in FILE_EXTENSIONS else "{file}"


def join_asset(folder: str, name: str) -> str:
    """The route of an asset from the route of its folder."""
    return f"{folder.rstrip('/')}/{name}"
