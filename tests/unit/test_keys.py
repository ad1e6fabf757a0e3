"""Pseudonyms are HMAC-SHA256 under keys that are random, secret, one for each purpose, site and day."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.keys import KeyRing, Pseudonymiser
from iesiz.digest_columns import digest_column
from iesiz.errors import PrivacyRefusal, SettingsError

DAY = "2026-11-03"
# RFC 4231, sections 4.2 and 4.3.
INLINE = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.mark.parametrize(("key", "message", "digest"), INLINE)
def test_a_pseudonym_is_the_hmac_of_the_rfc_cut_to_16_bytes(key: bytes, message: bytes, digest: str) -> None:
    assert Pseudonymiser.under(key).of(message).hex() == digest[:32]


def test_all_vectors_of_the_rfc_hold_or_are_refused(corpora: Path) -> None:
    vectors = json.loads((corpora / "identifiers" / "rfc4231.json").read_text("utf-8"))
    assert len(vectors) >= 6
    for vector in vectors:
        key, message = bytes.fromhex(vector["key_hex"]), bytes.fromhex(vector["data_hex"])
        try:
            keyed = Pseudonymiser.under(key)
        except (ValueError, PrivacyRefusal):
            assert len(key) > 64  # no key of ours is longer than a block; such a one may be refused
            continue
        assert keyed.of(message).hex() == vector["sha256"][:32]


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(max_size=200), max_size=4))
def test_a_prepared_key_gives_what_the_standard_library_gives(key: bytes, messages: list[bytes]) -> None:
    keyed = Pseudonymiser.under(key)
    for message in messages:
        assert keyed.of(message) == hmac.new(key, message, hashlib.sha256).digest()[:16]


def test_digests_of_a_column_are_those_of_the_rfc(corpora: Path) -> None:
    vectors = json.loads((corpora / "identifiers" / "rfc4231.json").read_text("utf-8"))
    for vector in vectors:
        key, message = bytes.fromhex(vector["key_hex"]), bytes.fromhex(vector["data_hex"])
        if len(key) <= 64:
            assert digest_column(pa.array([message], pa.binary()), key).tobytes().hex() == vector["sha256"]


@given(
    st.binary(min_size=32, max_size=32),
    st.lists(st.binary(max_size=70) | st.binary(max_size=600), max_size=150),
    st.integers(0, 9),
)
def test_digests_of_a_column_are_those_of_the_standard_library(
    key: bytes, messages: list[bytes], start: int
) -> None:
    """Of short and long messages, of fewer and more than fit side by side, and of a part of a column."""
    column = pa.array(messages, pa.binary())[start:]
    expected = [hmac.new(key, message, hashlib.sha256).digest() for message in messages[start:]]
    assert [one.tobytes() for one in digest_column(column, key)] == expected


def test_a_key_is_made_once_and_readable_by_its_owner_only(ring: KeyRing) -> None:
    before = os.umask(0)  # the mode must not hang on the operator's mask
    try:
        key = ring.key("visitor", "mall", DAY)
    finally:
        os.umask(before)
    assert len(key) == 32
    assert ring.key("visitor", "mall", DAY) == key
    assert ring.path("visitor", "mall", DAY).stat().st_mode & 0o777 == 0o600


def test_days_sites_and_purposes_have_keys_of_their_own(ring: KeyRing) -> None:
    epochs = itertools.product(["visitor", "network"], ["mall", "club"], [DAY, "2026-11-04"])
    keys = [ring.key(*epoch) for epoch in epochs]
    assert len(set(keys)) == len(keys) == 8


def test_one_message_has_nothing_in_common_on_two_days(ring: KeyRing) -> None:
    one, two = (Pseudonymiser.under(ring.key("visitor", "mall", day)) for day in (DAY, "2026-11-04"))
    assert one.of(b"same") != two.of(b"same")


def test_keys_of_two_stores_are_independent(tmp_path: Path) -> None:
    one, two = (KeyRing(tmp_path / store).key("visitor", "mall", DAY) for store in "ab")
    assert one != two


@pytest.mark.parametrize(
    "content", [b"", b"short", bytes(range(31)), bytes(range(33)), bytes(32), b"ab" * 16]
)
def test_what_is_no_random_key_is_refused(ring: KeyRing, content: bytes) -> None:
    ring.key("visitor", "mall", DAY)
    ring.path("visitor", "mall", DAY).write_bytes(content)
    with pytest.raises(PrivacyRefusal, match="32 bytes") as caught:
        ring.key("visitor", "mall", DAY)
    assert caught.value.exit_code == 4
    assert content.hex() not in str(caught.value) or not content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_key_that_others_may_read_is_refused(ring: KeyRing, mode: int) -> None:
    ring.key("visitor", "mall", DAY)
    ring.path("visitor", "mall", DAY).chmod(mode)
    with pytest.raises(PrivacyRefusal, match="0600"):
        ring.key("visitor", "mall", DAY)


def test_a_destroyed_key_is_never_made_again(ring: KeyRing) -> None:
    ring.key("visitor", "mall", DAY)
    path = ring.path("visitor", "mall", DAY)
    path.rename(path.with_suffix(".destroyed"))
    with pytest.raises(PrivacyRefusal, match="destroyed"):
        ring.key("visitor", "mall", DAY)
    assert not path.exists()


@pytest.mark.parametrize("scope", ["", "../mall", "Mall", "a/b"])
def test_a_name_that_is_no_folder_of_ours_is_refused(ring: KeyRing, scope: str) -> None:
    with pytest.raises(SettingsError):
        ring.key("visitor", scope, DAY)


def test_threads_that_ask_at_once_get_one_key(ring: KeyRing) -> None:
    threads, epochs = 4, [f"2026-11-{day:02}-{again}" for day in range(1, 26) for again in range(4)]
    gate = threading.Barrier(threads)

    def ask(epoch: str) -> bytes:
        gate.wait()
        return ring.key("visitor", "mall", epoch)

    with ThreadPoolExecutor(threads) as pool:
        for epoch in epochs:
            given = set(pool.map(ask, [epoch] * threads))
            assert given == {ring.key("visitor", "mall", epoch)}
