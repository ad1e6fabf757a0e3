"""What a file holds decides how it is read, not what it is called; what is cut off is said."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from iesiz.errors import InputError
from iesiz.sources import Fingerprint, read_blocks
from tests.unit.log_lines import COMBINED

CONTENT = (COMBINED + b"\n") * 5000


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


def read(path: Path) -> bytes:
    return b"".join(bytes(block.data[: block.size]) for block in read_blocks(path, 1 << 16, Fingerprint()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["access.log", "access.log.gz", "access.log.zst"])
def test_the_content_is_what_was_compressed(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(KINDS[kind](CONTENT))
    assert read(path) == CONTENT


@pytest.mark.parametrize("kind", KINDS)
def test_several_members_are_one_content(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(KINDS[kind](CONTENT[:1000]) + KINDS[kind](CONTENT[1000:]))
    assert read(path) == CONTENT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.5, 0.99])
def test_what_is_cut_off_is_refused(tmp_path: Path, kind: str, part: float) -> None:
    path, whole = tmp_path / "access.log", KINDS[kind](os.urandom(50_000))
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(InputError, match=f"its {kind} content is cut off or damaged"):
        read(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_is_refused(tmp_path: Path, kind: str) -> None:
    path, whole = tmp_path / "access.log", bytearray(KINDS[kind](CONTENT))
    whole[len(whole) // 2 :] = bytes(len(whole) - len(whole) // 2)
    path.write_bytes(whole)
    with pytest.raises(InputError, match=f"its {kind} content is cut off or damaged"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\x1f", b"BZ", b"\xfd7zX"])
def test_a_content_shorter_than_a_mark_is_plain(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(content)
    assert read(path) == content


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd"])
def test_standard_input_is_read(kind: str) -> None:
    content = KINDS.get(kind, bytes)(CONTENT)
    program = "import sys; from iesiz.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "read", "-", "--json"], input=content, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["recognised"] == 5000
