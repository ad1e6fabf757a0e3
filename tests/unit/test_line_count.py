"""Lines of a block are counted word by word; the count of Python's own is the judge."""

from __future__ import annotations

import numpy as np
import pytest

from iesiz.bytes_kernel import count_lines
from iesiz.records import PADDING
from iesiz.sources import Fingerprint


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 2039, 2040, 2041, 2048, 5000])
@pytest.mark.parametrize("pattern", [b"\n", b"\n0123456", b"\x8a\n\x0b\xff", b"a"])
def test_line_ends_are_counted_beyond_what_a_byte_holds(size: int, pattern: bytes) -> None:
    data = (pattern * (size // len(pattern) + 1))[:size]
    buffer = np.frombuffer(data + b"\n" * PADDING, np.uint8)
    assert count_lines(buffer, size) == data.count(b"\n") + bool(data and not data.endswith(b"\n"))


def test_a_content_is_known_by_its_blake3() -> None:
    """The vector of the empty input, from the specification's test vectors."""
    assert Fingerprint().digest == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
