"""A network small enough to read: one site, one stream, and the lines and blocks that tests feed to it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iesiz.records import PADDING, Block
from iesiz.settings import Settings, load_settings

SETTINGS = """
[store]
path = "store"

[[policy.editions]]
name = "mega-coco-1"
in_force = 2026-01-01

[[sites]]
name = "mall"
hosts = ["mall.example"]
zone = "Asia/Almaty"

[[sites.logs]]
stream = "web"
paths = ["logs/*"]
format = "common"
"""


def settings_in(folder: Path, text: str = SETTINGS) -> Settings:
    """Write the settings file into a folder and load it."""
    path = folder / "iesiz.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def line_of(
    second: int = 0, address: str = "192.0.2.1", request: str = "GET / HTTP/1.1", day: str = "03/Nov/2026"
) -> bytes:
    """One line of the common format, so many seconds after 09:00:00 in Almaty."""
    clock = f"{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'{address} - - [{day}:{clock} +0500] "{request}" 200 5\n'.encode()


def block_of(content: bytes, behind: bytes = bytes(PADDING)) -> Block:
    """A whole content as one block, with what stands behind it in memory."""
    return Block(bytearray(content + behind), len(content), 1)


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: a write takes what fits, the next fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
