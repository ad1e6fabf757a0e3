"""Compiled making of what pseudonyms are made of: canonical addresses or networks, and a text behind them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.bytes_kernel import Bytes
from iesiz.compiled import compiled_apart

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
NAMED = 1 << 40
"""From this number on a key stands for bytes that are listed; below it is of IPv4, as a number."""
VERSION_4, BETWEEN = 4, 124  # before IPv4, and between a client and its text: ``|``


@compiled_apart
def write_addresses(
    keys: Int64, octets: int, named: Bytes, named_starts: Int64, starts: Int64, data: UInt8, ends: Int64
) -> None:
    """Write the canonical bytes of each key.

    Args:
        keys: of addresses of IPv4 or networks of it, or from ``NAMED`` on.
        octets: of IPv4, 4 of an address and 3 of a network.
        named, named_starts: the bytes of those from ``NAMED`` on, and where each begins, with the last's end.
        starts: where each is to begin.
        data: receives them.
        ends: receives where each ends.
    """
    for row in range(keys.size):
        key, at = keys[row], starts[row]
        if key < NAMED:
            data[at] = VERSION_4
            for octet in range(octets):
                data[at + 1 + octet] = (key >> (8 * (octets - 1 - octet))) & 255
            ends[row] = at + 1 + octets
        else:
            begin, end = named_starts[key - NAMED], named_starts[key - NAMED + 1]
            for place in range(end - begin):
                data[at + place] = named[begin + place]
            ends[row] = at + end - begin


@compiled_apart
def write_texts(texts: Bytes, text_starts: Int64, lengths: Int64, starts: Int64, data: UInt8) -> None:
    """Write ``|`` and a text at each place."""
    for row in range(starts.size):
        at = starts[row]
        data[at] = BETWEEN
        for place in range(lengths[row]):
            data[at + 1 + place] = texts[text_starts[row] + place]
