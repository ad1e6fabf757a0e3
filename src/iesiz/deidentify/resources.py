"""What a request is for: a page that somebody looks at, an asset of it, or an answer to a program.

Job: class a path. In: a path as logged. Out: ``Resource``. It must not look at status, method or agent,
nor keep anything of the path.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from importlib.resources import files

_QUERY = re.compile(r"[?#;]")


def _load() -> dict[str, frozenset[str]]:
    lists = tomllib.loads((files(__package__) / "resources.toml").read_text("utf-8"))
    return {name: frozenset(values) for name, values in lists.items()}


_LISTS = _load()
ASSET_EXTENSIONS, _DATA = _LISTS["asset_extensions"], _LISTS["data_extensions"]
_API_SEGMENTS, _ASSET_SEGMENTS = _LISTS["api_segments"], _LISTS["asset_segments"]


FILE_EXTENSIONS = ASSET_EXTENSIONS | _DATA


class Resource(StrEnum):
    """Classes of requested resources, after Wikimedia's pageview definition."""

    PAGE = "page"
    ASSET = "asset"
    API = "api"


def resource_of(path: str) -> Resource:
    """Class a path (query and matrix parameters do not matter) by its extension and its segments."""
    segments = _QUERY.split(path, maxsplit=1)[0].lower().split("/")
    _, dot, extension = segments[-1].rpartition(".")
    if dot and extension in ASSET_EXTENSIONS:
        return Resource.ASSET
    if not _API_SEGMENTS.isdisjoint(segments):
        return Resource.API
    is_asset = (dot and extension in _DATA) or not _ASSET_SEGMENTS.isdisjoint(segments)
    return Resource.ASSET if is_asset else Resource.PAGE
