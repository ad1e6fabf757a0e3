"""The hash of a text: of its bytes and length alone, and nobody who lacks the seed can prepare two alike."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iesiz.bytes_kernel import hash_bytes
from iesiz.records import PADDING

SEEDS = st.integers(1, 2**63 - 1).map(np.uint64)
HIGH, MULTIPLIER = 1 << 63, 0xFF51AFD7ED558CCD


def hashed(text: bytes, seed: np.uint64, before: bytes = b"", behind: bytes = bytes(PADDING)) -> int:
    buffer = np.frombuffer(before + text + behind, np.uint8)
    return int(hash_bytes(buffer, len(before), len(text), seed))


@settings(deadline=None)
@given(st.binary(max_size=200), SEEDS, st.binary(max_size=9), st.binary(min_size=PADDING, max_size=20))
def test_what_stands_around_a_text_does_not_matter(
    text: bytes, seed: np.uint64, before: bytes, behind: bytes
) -> None:
    assert hashed(text, seed, before, behind) == hashed(text, seed)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200), SEEDS, st.data())
def test_every_bit_and_the_length_matter(text: bytes, seed: np.uint64, data: st.DataObject) -> None:
    others = {hashed(text + b"\0", seed), hashed(text + b"\0\0", seed)}
    if text:
        changed = bytearray(text)
        changed[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        others |= {hashed(bytes(changed), seed), hashed(text[:-1], seed)}
    assert hashed(text, seed) not in others


@settings(deadline=None)
@example([b"", b"\1"], np.uint64(1))
@given(st.lists(st.binary(max_size=40), unique=True, max_size=200), SEEDS)
def test_different_texts_have_different_hashes(texts: list[bytes], seed: np.uint64) -> None:
    assert len({hashed(text, seed) for text in texts}) == len(texts)


@settings(deadline=None)
@example([1] * 8, np.uint64(1))
@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12), SEEDS)
def test_changes_that_a_bare_product_would_cancel_collide_for_no_seed(
    words: list[int], seed: np.uint64
) -> None:
    """A word's highest bit stays the highest under an odd factor, so the next word could undo it."""
    text = struct.pack(f"<{len(words)}Q", *words)
    for place in range(len(words) - 1):
        for undone in (HIGH, HIGH | 1 << 31, HIGH | 1 << 34, MULTIPLIER):
            other = list(words)
            other[place], other[place + 1] = other[place] ^ HIGH, other[place + 1] ^ undone
            assert hashed(struct.pack(f"<{len(other)}Q", *other), seed) != hashed(text, seed)
