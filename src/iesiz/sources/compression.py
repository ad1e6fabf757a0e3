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
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyarrow as pa
from isal import igzip, isal_zlib

from iesiz.errors import CutOffError, InputError

STANDARD_INPUT = Path("-")
LONGEST_MAGIC = 6
BUFFER_BYTES = 1 << 20
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


def _zstd(raw: BinaryIO) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")


OPENERS: dict[bytes, tuple[str, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}


class Content:
    """The uncompressed bytes of one file."""

    def __init__(self, path: Path, kind: str, stream: Any) -> None:
        self._path, self._kind, self._stream = path, kind, stream

    def read_into(self, room: memoryview) -> int:
        """Fill the room with the next bytes; their number, 0 at the end.

        Raises:
            CutOffError: the content is cut off or damaged.
            InputError: it cannot be read.
        """
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
                    yield Content(path, kind, stream)
                return
        yield Content(path, "", raw)


def _open_raw(path: Path) -> io.BufferedReader:
    if path == STANDARD_INPUT:
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), BUFFER_BYTES)
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file, or not a regular file. Check the path.")
        return io.BufferedReader(path.open("rb", buffering=0), BUFFER_BYTES)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({os.strerror(error.errno or 0)}). Check who may read it."
        ) from None
