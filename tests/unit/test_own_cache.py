"""What is kept for the user's next processes is made once, and is never missed where it cannot be kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iesiz import own_cache
from iesiz.own_cache import kept_text, own_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_text_is_made_once_for_each_name(cache: Path) -> None:
    made = iter(["one", "two", "three"])
    names = ("a", "a", "b", "a")
    assert [kept_text(name, lambda: next(made)) for name in names] == ["one", "one", "two", "one"]
    assert sorted(path.name for path in (cache / "iesiz" / "texts").iterdir()) == ["a", "b"]


def test_the_folder_is_the_users_own(cache: Path) -> None:
    folder = own_folder("code")
    assert folder == cache / "iesiz" / "code"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in it would be run, or shown to readers."""
    assert kept_text("a", lambda: "ours") == "ours"
    (cache / "iesiz" / "texts" / "a").write_text("theirs", "utf-8")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert own_folder("texts") is None
    assert kept_text("a", lambda: "ours") == "ours"


def test_where_nothing_can_be_kept_it_is_made_each_time(cache: Path) -> None:
    cache.write_text("no folder", "utf-8")
    made = iter(["one", "two"])
    assert [kept_text("a", lambda: next(made)) for _ in range(2)] == ["one", "two"]


def test_a_disk_that_is_full_leaves_nothing_and_fails_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(own_cache.os, "fsync", full)
    assert kept_text("a", lambda: "one") == "one"
    assert list((cache / "iesiz" / "texts").iterdir()) == []
