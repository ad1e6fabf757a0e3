"""The store holds whole files or the old ones, is ours or refused, and is held by one run at a time."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iesiz import storage
from iesiz.errors import OutsideError, PrivacyRefusal, SettingsError
from iesiz.settings import Settings
from tests.unit.small_world import disk_full_at, settings_in

HOLD = """
import sys, pathlib
from iesiz.settings import load_settings
from iesiz.storage import store_lock
with store_lock(load_settings(pathlib.Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def no_space(*arguments: object, **named: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "named.parquet")


def files_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    storage.write_bytes(path, b"old")
    storage.write_whole(
        path, lambda staged: (staged.write_bytes(b"new"), path.read_bytes() == b"old" or 1 / 0)
    )
    assert path.read_bytes() == b"new"
    assert files_below(tmp_path) == {"file"}


@pytest.mark.parametrize("error", [OSError(errno.EIO, "x"), ValueError("x"), KeyboardInterrupt()])
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "file"
    storage.write_bytes(path, b"old")

    def fail(staged: Path) -> None:
        staged.write_bytes(b"half")
        raise error

    with pytest.raises(OutsideError if isinstance(error, OSError) else type(error)):
        storage.write_whole(path, fail)
    assert path.read_bytes() == b"old"
    assert files_below(tmp_path) == {"file"}


def test_a_full_disk_leaves_the_old_content_and_may_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    storage.write_bytes(path, b"old")
    with disk_full_at(1 << 16), pytest.raises(OutsideError, match="try again") as caught:
        storage.write_bytes(path, bytes(1 << 17))
    assert caught.value.exit_code == 5
    assert path.read_bytes() == b"old"
    assert files_below(tmp_path) == {"file"}


@pytest.mark.parametrize("step", ["flush_file", "flush_folder"])
def test_a_disk_that_fails_to_flush_is_said(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, step, no_space)
    with pytest.raises(OutsideError, match="No space left"):
        storage.write_bytes(tmp_path / "file", b"new")


def test_the_message_names_the_file_and_the_cause_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OutsideError) as caught:
        storage.write_bytes(tmp_path / "file", b"198.51.100.7")
    assert str(caught.value).startswith(f"{tmp_path / 'file'}: No space left on device.")
    assert caught.value.__suppress_context__
    assert "198.51.100.7" not in str(caught.value)


# How much of a line of 200 bytes still fits: nothing, half of it (so that the rest would fit into what
# taking the half back sets free), nearly all of it.
@pytest.mark.parametrize("fits", [0, 100, 190])
def test_a_line_that_does_not_fit_leaves_the_file_as_it_was(tmp_path: Path, fits: int) -> None:
    path, old = tmp_path / "ledger.jsonl", b"x" * (1 << 16) + b"\n"
    path.write_bytes(old)
    with disk_full_at(len(old) + fits), pytest.raises(OutsideError):
        storage.append_line(path, b"y" * 199)
    assert path.read_bytes() == old


def test_a_cut_off_line_is_removed_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"one\ntw")
    storage.append_line(path, b"two")
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_new_store_is_closed_to_others(settings: Settings) -> None:
    storage.prepare_store(settings)
    assert settings.restricted.stat().st_mode & 0o777 == 0o700
    storage.prepare_store(settings)  # the second time it is known as ours


def test_an_empty_folder_becomes_a_store(settings: Settings) -> None:
    settings.store_path.mkdir()
    storage.prepare_store(settings)
    assert settings.published.is_dir()


def test_a_foreign_folder_is_refused_and_left_alone(settings: Settings) -> None:
    settings.store_path.mkdir()
    (settings.store_path / "thesis.odt").write_bytes(b"")
    with pytest.raises(SettingsError, match="not a store of iesiz") as caught:
        storage.prepare_store(settings)
    assert caught.value.exit_code == 2
    assert files_below(settings.store_path) == {"thesis.odt"}


def test_a_file_in_the_place_of_the_store_is_refused(settings: Settings) -> None:
    settings.store_path.write_bytes(b"")
    with pytest.raises(SettingsError, match="not a store of iesiz"):
        storage.prepare_store(settings)


def test_a_store_of_another_layout_is_refused(settings: Settings) -> None:
    storage.prepare_store(settings)
    (settings.store_path / storage.MARK).write_text("iesiz store, layout 2\n")
    with pytest.raises(SettingsError, match="another layout"):
        storage.prepare_store(settings)


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o750, 0o704, 0o777])
def test_a_restricted_zone_open_to_others_is_refused(settings: Settings, mode: int) -> None:
    storage.prepare_store(settings)
    settings.restricted.chmod(mode)
    with pytest.raises(PrivacyRefusal, match="0700") as caught:
        storage.prepare_store(settings)
    assert caught.value.exit_code == 4


def test_a_store_whose_making_was_broken_off_is_made_by_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(storage, "flush_file", no_space)  # the first file that is written whole is the mark
        with pytest.raises(OutsideError):
            storage.prepare_store(settings)
    storage.prepare_store(settings)
    assert (settings.store_path / storage.MARK).is_file()


def test_a_second_run_is_told_of_the_first(settings: Settings) -> None:
    command = [sys.executable, "-c", HOLD, str(settings.base / "iesiz.toml")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(OutsideError, match="another run") as caught, storage.store_lock(settings):
            pass
        assert caught.value.exit_code == 5
        first.communicate(b"")
    with storage.store_lock(settings):  # free again
        pass


def test_the_lock_is_given_back_when_a_run_fails(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), storage.store_lock(settings):
        _ = 1 / 0
    with storage.store_lock(settings):
        pass


def test_a_tree_is_deleted_and_may_be_absent(tmp_path: Path) -> None:
    storage.write_bytes(tmp_path / "tree" / "deep" / "file", b"")
    storage.remove_tree(tmp_path / "tree")
    storage.remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
