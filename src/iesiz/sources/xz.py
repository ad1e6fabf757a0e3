"""xz with a bound on the memory that a file may ask for, which the standard library's file object lacks.

In: a binary stream, one or several xz streams one after another. Out: their content. It must not hold more of
it than it was asked for.
"""

from __future__ import annotations

import io
import lzma
from collections.abc import Callable
from typing import BinaryIO

PIECE = 1 << 16


class XzReader(io.RawIOBase):
    """The content of ``raw``; ``memory`` bytes at most for what its header declares."""

    def __init__(self, raw: BinaryIO, memory: int) -> None:
        super().__init__()
        self._read, self._memory = raw.read, memory
        self._one = self._begin()
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        """Fill the room with the next bytes; their number, 0 at the end.

        Raises:
            EOFError: the content is cut off.
            lzma.LZMAError: it is damaged, or asks for too much memory.
        """
        while True:
            if self._one.eof and not self._next():
                return 0
            given = self._given(self._read) if self._one.needs_input else b""
            if self._one.needs_input and not given:
                raise EOFError
            made = self._one.decompress(given, len(room))
            if made:
                room[: len(made)] = made
                return len(made)

    def _next(self) -> bool:
        """Go on with the next stream, past the zeros that may pad this one; whether there is any."""
        self._rest = self._one.unused_data
        while not (rest := self._rest.lstrip(b"\0")):
            self._rest = self._read(PIECE)
            if not self._rest:
                return False
        self._rest, self._one = rest, self._begin()
        return True

    def _given(self, read: Callable[[int], bytes]) -> bytes:
        rest, self._rest = self._rest, b""
        return rest or read(PIECE)

    def _begin(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=self._memory)
