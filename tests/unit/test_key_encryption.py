"""Keys encrypted at rest: nothing in clear, nobody without the secret, no crash in between that loses one."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iesiz import pipeline
from iesiz.deidentify import key_box, key_files
from iesiz.deidentify.keys import KeyRing
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.storage import prepare_store
from tests.nights import DAY, Network, log, network, site

PASSPHRASE = "correct horse battery staple"
BY_PHRASE = '[keys]\nencryption = "passphrase"\npassphrase_variable = "IESIZ_PHRASE"\n'
BY_FILE = '[keys]\nencryption = "key_file"\nkey_file = "../key-file"\n'
EPOCHS = [("visitor", "mall", "2025-03-03"), ("visitor", "mall", "2025-03-04"), ("lines", "mall", "web")]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stretching costs 0.3 s on purpose; once is enough."""
    monkeypatch.setattr(key_box, "N", 1 << 4)
    monkeypatch.setenv("IESIZ_PHRASE", PASSPHRASE)


def net_with(folder: Path, keys: str = BY_PHRASE) -> Network:
    path = folder / "key-file"
    if not path.exists():
        path.write_text(os.urandom(32).hex() + "\n", "utf-8")
        path.chmod(0o600)
    net = network(folder / "network", site("mall", "web"), keys)
    prepare_store(net.settings)
    return net


def keys_of(net: Network) -> list[bytes]:
    ring = KeyRing.of(net.settings)
    return [ring.key(*epoch) for epoch in EPOCHS]


def in_clear(net: Network, keys: list[bytes]) -> bool:
    """Whether a key lies anywhere in the store: as it is, or written in figures of either case."""
    content = b"".join(path.read_bytes() for path in net.store.rglob("*") if path.is_file())
    low = content.lower()
    return any(key in content or key.hex().encode() in low for key in keys)


@pytest.mark.parametrize("how", [BY_PHRASE, BY_FILE])
def test_no_key_lies_in_clear_and_all_are_read_back(tmp_path: Path, how: str) -> None:
    net = net_with(tmp_path, how)
    keys = keys_of(net)
    assert len(set(keys)) == len(keys)
    assert not in_clear(net, keys)
    assert keys_of(net) == keys
    assert [one.name for one in pipeline.list_keys(net.settings)] == sorted("/".join(one) for one in EPOCHS)
    secret = (tmp_path / "key-file").read_bytes().strip()
    content = b"".join(path.read_bytes() for path in net.store.rglob("*") if path.is_file())
    assert PASSPHRASE.encode() not in content
    assert secret not in content


def test_the_search_would_find_a_key_in_clear(tmp_path: Path) -> None:
    net = net_with(tmp_path, "")
    assert in_clear(net, keys_of(net))


@pytest.mark.parametrize("other", [PASSPHRASE + " ", "a passphrase of somebody else"])
def test_another_passphrase_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    net = net_with(tmp_path)
    keys = keys_of(net)
    monkeypatch.setenv("IESIZ_PHRASE", other)
    with pytest.raises(SettingsError, match="is not the one with which") as caught:
        keys_of(net)
    assert other not in str(caught.value)
    with pytest.raises(SettingsError):
        KeyRing.of(net.settings).key("visitor", "mall", "2025-03-09")  # no new key under another secret
    monkeypatch.setenv("IESIZ_PHRASE", PASSPHRASE)
    assert keys_of(net) == keys


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.chmod(0o640), "others may read"),
        (lambda path: path.write_text("ab" * 15, "utf-8"), "too short"),
        (lambda path: path.write_text("ab" * 99, "utf-8"), "too even"),
        (lambda path: path.write_text("", "utf-8"), "is empty"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
def test_a_key_file_that_is_not_kept_well_is_refused(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    net = net_with(tmp_path, BY_FILE)
    spoil(tmp_path / "key-file")
    with pytest.raises(SettingsError, match=words):
        keys_of(net)
    assert list(net.store.rglob("*.key")) == []


@pytest.mark.parametrize("place", ["store/key-file", "store/restricted/../published/key-file", "link"])
def test_a_key_file_in_the_store_is_refused(tmp_path: Path, place: str) -> None:
    net = net_with(tmp_path, f'[keys]\nencryption = "key_file"\nkey_file = "{place}"\n')
    (net.base / "link").symlink_to("store/key-file")
    shutil.copy2(tmp_path / "key-file", net.store / "key-file")
    shutil.copy2(tmp_path / "key-file", net.store / "published" / "key-file")
    with pytest.raises(SettingsError, match="lies in the store"):
        keys_of(net)


@pytest.mark.parametrize(
    "keys",
    [
        '[keys]\nencryption = "passphrase"\n',
        '[keys]\nencryption = "none"\nkey_file = "a"\n',
        '[keys]\nkey_file = "a"\n',  # named, and not used
        '[keys]\nencryption = "rot13"\n',
        '[keys]\nencryption = "key_file"\nkey_file = "a"\npassphrase_variable = "B"\n',
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(SettingsError):
        net_with(tmp_path, keys)


def test_a_sealed_key_is_bound_to_its_record_and_place(tmp_path: Path) -> None:
    net = net_with(tmp_path)
    keys_of(net)
    ring = KeyRing.of(net.settings)
    one, two = (ring.path(*epoch) for epoch in EPOCHS[:2])
    held = json.loads(one.read_bytes()), json.loads(two.read_bytes())
    two.write_text(json.dumps({**held[1], "sealed": held[0]["sealed"]}), "utf-8")
    with pytest.raises(PrivacyRefusal, match="not a random key"):
        ring.key(*EPOCHS[1])
    two.write_text(json.dumps({**held[1], "created": "2020-01-01"}), "utf-8")  # to keep it for longer
    with pytest.raises(PrivacyRefusal, match="not a random key"):
        ring.key(*EPOCHS[1])


def test_settings_that_forget_the_encryption_are_refused(tmp_path: Path) -> None:
    keys_of(net_with(tmp_path))
    with pytest.raises(SettingsError, match="an encrypted key"):
        keys_of(net_with(tmp_path, ""))


def test_a_damaged_header_is_refused(tmp_path: Path) -> None:
    net = net_with(tmp_path)
    keys_of(net)
    (net.store / "restricted" / key_box.HEADER).write_bytes(b'{"scrypt": [1]}')
    with pytest.raises(PrivacyRefusal, match="Restore"):
        keys_of(net)


def test_keys_in_clear_are_refused_until_they_are_encrypted(tmp_path: Path) -> None:
    keys = keys_of(net_with(tmp_path, ""))
    net = net_with(tmp_path)
    with pytest.raises(PrivacyRefusal, match="iesiz keys --encrypt"):
        keys_of(net)
    assert pipeline.encrypt_keys(net.settings) == len(keys)
    assert keys_of(net) == keys
    assert not in_clear(net, keys)
    assert pipeline.encrypt_keys(net.settings) == 0


class Killed(BaseException):
    """The process ends here."""


STEPS = ("flush_folder", "write_secret", "destroy_file", "drop_clear")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", [0, 1])
def test_a_crash_while_keys_are_encrypted_loses_none_and_leaves_none_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, call: int
) -> None:
    keys, count = keys_of(net_with(tmp_path, "")), [0]
    net, original = net_with(tmp_path), getattr(key_files, step)

    def dies(*given: object) -> object:
        count[0] += 1
        if count[0] - 1 != call:
            return original(*given)
        if after:
            original(*given)
        raise Killed

    monkeypatch.setattr(key_files, step, dies)
    if step == "drop_clear":
        monkeypatch.setattr("iesiz.deidentify.keys.drop_clear", dies)
    with pytest.raises(Killed):
        pipeline.encrypt_keys(net.settings)
    monkeypatch.undo()
    monkeypatch.setenv("IESIZ_PHRASE", PASSPHRASE)
    with pytest.raises(PrivacyRefusal, match="iesiz keys --encrypt"):
        pipeline.list_keys(net.settings)
    pipeline.encrypt_keys(net.settings)
    assert keys_of(net) == keys
    assert not in_clear(net, keys)
    assert not list(net.store.rglob("*.clear"))


def test_a_destroyed_key_is_gone_and_stays_away(tmp_path: Path) -> None:
    net = net_with(tmp_path)
    keys_of(net)
    ring = KeyRing.of(net.settings)
    ring.destroy("/".join(EPOCHS[0]), dt.date(2025, 3, 10))
    assert not ring.path(*EPOCHS[0]).exists()
    with pytest.raises(PrivacyRefusal, match="was destroyed"):
        ring.key(*EPOCHS[0])


def test_a_store_goes_on_under_encryption_and_publishes_the_same(tmp_path: Path) -> None:
    (tmp_path / "clear").mkdir()
    (tmp_path / "sealed").mkdir()
    plain, sealed = net_with(tmp_path / "clear", ""), net_with(tmp_path / "sealed", BY_FILE)
    for net in (plain, sealed):
        net.write("logs/mall/web/one.log", log(DAY))
        assert net.night(DAY).exit_code == 0
    assert sealed.partitions() == plain.partitions()
    assert not in_clear(sealed, [KeyRing.of(sealed.settings).key("visitor", "mall", str(DAY))])


def test_the_command_encrypts_a_store_that_was_not(tmp_path: Path) -> None:
    keys = keys_of(net_with(tmp_path, ""))
    net = net_with(tmp_path, BY_FILE)
    refused = net.asked("keys")
    assert refused.returncode in (2, 4), refused.stderr
    done = net.asked("keys", "--encrypt", "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["encryption"] == "key_file"
    assert not in_clear(net, keys)
    assert not any(key.hex() in done.stdout.decode() for key in keys)


def test_the_setting_is_named_by_its_near_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean 'encryption'"):
        net_with(tmp_path, '[keys]\nencription = "none"\n')
