"""A file's uncompressed content, by what its first bytes say and not by its name.

In: a path, or ``-`` for standard input. Out: a binary stream. gzip, bzip2, xz and zstd, each with one or
several members one after another; everything else is plain.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyarrow as pa
from isal import igzip, isal_zlib

from iesiz.errors import CutOffError, InputError
from iesiz.sources.xz import XzReader

STANDARD_INPUT = Path("-")
LONGEST_MAGIC = 6
BUFFER_BYTES = 1 << 20
# Real logs shrink to a tenth, the most even ones to a hundredth; gzip cannot go beyond 1,032 times.
MOST_TIMES = 250
SMALL_BYTES = 1 << 28  # what is smaller is read, however well it was packed
XZ_MEMORY = 1 << 28  # xz -9 asks for 65 MiB; a header may declare 4 GiB
# isal's stubs call its class of errors an instance.
DAMAGED: tuple[type[BaseException], ...] = (
    EOFError,
    isal_zlib.error,  # type: ignore[assignment]
    gzip.BadGzipFile,
    lzma.LZMAError,
    pa.ArrowInvalid,
)


def _gzip(raw: BinaryIO) -> IO[bytes]:
    return io.BufferedReader(igzip.GzipFile(fileobj=raw, mode="rb"), BUFFER_BYTES)  # type: ignore[no-untyped-call]


def _xz(raw: BinaryIO) -> IO[bytes]:
    return io.BufferedReader(XzReader(raw, XZ_MEMORY), BUFFER_BYTES)


def _zstd(raw: BinaryIO) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")


OPENERS: dict[bytes, tuple[str, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}


class Content:
    """The uncompressed bytes of one file of ``packed`` bytes."""

    def __init__(self, path: Path, kind: str, stream: Any, packed: int = 0) -> None:
        self._path, self._kind, self._stream = path, kind, stream
        self._left = max(MOST_TIMES * packed, SMALL_BYTES) if kind and packed else sys.maxsize

    def read_into(self, room: memoryview) -> int:
        """Fill the room with the next bytes; their number, 0 at the end.

        Raises:
            CutOffError: the content is cut off or damaged.
            InputError: it cannot be read, or grows beyond what a log can.
        """
        got = self._read_into(room)
        self._left -= got
        if self._left < 0:
            raise InputError(
                f"{self._path}: its {self._kind} content is more than {MOST_TIMES} times the size of the "
                "file. If it is a log nevertheless, have it delivered uncompressed."
            )
        return got

    def _read_into(self, room: memoryview) -> int:
        try:
            return self._stream.readinto(room) or 0
        except DAMAGED:
            raise self._damaged() from None
        except OSError as error:
            # What decompresses also says by an OSError, without a number, that it cannot.
            if self._kind and not error.errno:
                raise self._damaged() from None
            raise InputError(f"{self._path}: cannot be read ({os.strerror(error.errno or 0)}).") from None

    def _damaged(self) -> CutOffError:
        return CutOffError(
            self._path,
            f"{self._path}: its {self._kind} content is cut off or damaged. Have it delivered again.",
        )


@contextmanager
def open_content(path: Path) -> Iterator[Content]:
    """Open a file's uncompressed content.

    Raises:
        InputError: it does not exist, is no regular file or cannot be opened.
    """
    with _open_raw(path) as raw:
        start = raw.peek(LONGEST_MAGIC)[:LONGEST_MAGIC]
        for magic, (kind, opened) in OPENERS.items():
            if start.startswith(magic):
                with opened(raw) as stream:
                    yield Content(path, kind, stream, _size_of(raw))
                return
        yield Content(path, "", raw)


def _open_raw(path: Path) -> io.BufferedReader:
    if path == STANDARD_INPUT:
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), BUFFER_BYTES)
    try:
        # A pipe without a writer would otherwise hold the night; what was opened is looked at, not the path.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, or not a regular file. Check the path.") from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({os.strerror(error.errno or 0)}). Check who may read it."
        ) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{path}: no such file, or not a regular file. Check the path.")
    return io.BufferedReader(io.FileIO(handle, "rb"), BUFFER_BYTES)


def _size_of(raw: io.BufferedReader) -> int:
    """Bytes of a regular file; 0 of standard input, which is looked at and not kept."""
    found = os.fstat(raw.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
