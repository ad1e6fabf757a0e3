"""Folding numbers of paths changes no route and no class; the paths are made like those of real sites."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iesiz.deidentify import ASSET_EXTENSIONS
from iesiz.deidentify.assets import WELL_KNOWN, join_asset, split_asset
from iesiz.deidentify.routes import OwnRoutes, Resource, resource_of, route_of
from iesiz.parse.fold_kernel import fold_paths, packed

FILES = packed(ASSET_EXTENSIONS)
OWN = OwnRoutes(("/shops/{shop}", "/{lang}/news/{year}/{month}/{article}", "/help/{page...}"))
WORDS = st.sampled_from(
    [
        "item",
        "news",
        "user",
        "api",
        "v",
        "shops",
        "kk",
        "js",
        "a",
        "chunk",
        "iin",
        "id",
        "x",
        "png",
        "json",
        "html",
        "fea7108e",
        "robots",
        "txt",
    ]
)
NUMBERS = st.integers(0, 10**13).map(str) | st.sampled_from(
    ["2026", "0", "00", "77001234567", "850101300127"]
)
JOINTS = st.sampled_from(["", "-", "_", ".", "%20", "+", "~", "@", "ә"])
SEGMENTS = st.lists(st.tuples(WORDS | NUMBERS, JOINTS), max_size=5).map(
    lambda parts: "".join(a + b for a, b in parts)
)
PATHS = st.lists(SEGMENTS, max_size=6).map(lambda segments: "/" + "/".join(segments)) | st.text(max_size=40)


def label(path: str) -> str:
    """What a path is kept as: an asset by its folder and extension, all else by its own route."""
    if resource_of(path) != Resource.ASSET:
        return route_of(path, OWN)
    folder, name = split_asset(path)
    return join_asset(route_of(folder, OWN), name)


def folded(path: str) -> str:
    data = bytearray(path.encode("utf-8", "surrogateescape"))
    buffer = np.frombuffer(data, np.uint8)
    fold_paths(buffer, np.array([0], np.int64), np.array([len(data)], np.int64), FILES)
    del buffer
    return data.decode("utf-8", "surrogateescape")


@settings(max_examples=400, deadline=None)  # the first call compiles
@given(PATHS)
@example("/item-158011")
@example("/shops/1234567890")
@example("/8/701/123/45/67")
def test_folding_changes_neither_route_nor_class(path: str) -> None:
    assert label(folded(path)) == label(path)
    assert resource_of(folded(path)) == resource_of(path)


def test_numbered_pages_become_one_path() -> None:
    assert {folded(f"/shops/item-{number}") for number in (158011, 200377, 999999)} == {"/shops/item-000000"}
    assert folded("/a/7/b") == "/a/0/b"
    assert folded("/v1/8-701-123-45-67") == "/v1/8-701-123-45-67"  # several numbers may be a phone


def test_names_of_assets_become_one_path() -> None:
    names = [f"/static/js/chunk.{mark}.js" for mark in ("fea7108e", "00aa11bb", "deadbee0")]
    assert {folded(name) for name in names} == {"/static/js/00000.00000000.js"}
    assert folded("/static/page.fea7108e.html") == "/static/page.fea7108e.html"  # a page, not an asset
    assert folded("/a/CHUNK.fea7108e.js") == "/a/CHUNK.fea7108e.js"


def test_well_known_files_keep_their_names() -> None:
    assert not any(character.isdigit() for name in WELL_KNOWN for character in name)
    assert all(folded(f"/{name}") == f"/{name}" for name in WELL_KNOWN)
