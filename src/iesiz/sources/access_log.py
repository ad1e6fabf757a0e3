"""Access logs as they arrive: a file's content in blocks of whole lines, each byte handed on once.

In: a file, plain or compressed. Out: ``Block`` after ``Block``, and at the end the BLAKE3 of
the uncompressed content. It must not look into a line, nor write anything.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from iesiz.records import LONGEST_LINE, PADDING, Block
from iesiz.settings import Settings
from iesiz.sources.compression import open_content
from iesiz.sources.files import delivered
from iesiz.vocabulary import FileRef

START = 1 << 16  # bytes in which a format is looked for


@dataclass(slots=True)
class Fingerprint:
    """BLAKE3 of a content while it passes by, and of its prefixes of the given sizes.

    Attributes:
        marks: sizes in bytes, ascending, at which the digest so far is kept in ``prefixes``.
    """

    marks: tuple[int, ...] = ()
    size: int = 0
    prefixes: dict[int, str] = field(default_factory=dict)
    _digest: blake3 = field(default_factory=blake3)

    def feed(self, data: memoryview) -> None:
        """Take the next bytes."""
        at = 0
        for mark in self.marks:
            if self.size < mark <= self.size + len(data) - at:
                self._digest.update(data[at : at + mark - self.size])
                at, self.size = at + mark - self.size, mark
                self.prefixes[mark] = self._digest.hexdigest()
        self._digest.update(data[at:])
        self.size += len(data) - at

    @property
    def digest(self) -> str:
        """Hexadecimal BLAKE3 of all that passed."""
        return self._digest.hexdigest()


def find_files(settings: Settings) -> tuple[FileRef, ...]:
    """List the files of all streams, by site, stream and name; a pattern without a file lists nothing.

    Raises:
        SettingsError: a pattern leads into the store.
    """
    found: list[FileRef] = []
    for site in settings.sites:
        for log in site.logs:
            here = delivered(settings.base, log.paths, settings.store_path)
            found.extend(FileRef(site.name, log.stream, one.path, one.refusal) for one in here)
    return tuple(found)


def read_blocks(path: Path, chunk_bytes: int, fingerprint: Fingerprint) -> Generator[Block, None, None]:
    """Read a file in blocks of about ``chunk_bytes``, cut at line ends.

    A line longer than ``LONGEST_LINE`` is cut to one byte more than that, so that the parser sees that it
    is too long while memory stays bounded.

    Raises:
        InputError: the file cannot be opened.
        CutOffError: its compressed content is cut off or damaged.
    """
    first_line, rest = 1, b""
    with open_content(path) as content:
        while True:
            data = bytearray(len(rest) + chunk_bytes + PADDING)
            data[: len(rest)] = rest
            got = content.read_into(memoryview(data)[len(rest) : -PADDING])
            size = len(rest) + got
            fingerprint.feed(memoryview(data)[len(rest) : size])
            cut = data.rfind(b"\n", 0, size) + 1 if got else size
            rest = bytes(memoryview(data)[cut:size][: LONGEST_LINE + 1])
            if cut:
                block = _without_long_lines(Block(data, cut, first_line))
                first_line += block.lines
                yield block
            if not got:
                return


def read_start(path: Path, size: int = START) -> Block:
    """Return the whole lines among the first bytes of a file's content."""
    with closing(read_blocks(path, size, Fingerprint())) as blocks:
        return next(blocks, Block(bytearray(PADDING), 0, 1))


def first_lines(block: Block, size: int = START) -> Block:
    """Return the whole lines among the first bytes of a block; all of it if its first line is longer."""
    cut = block.data.rfind(b"\n", 0, min(size, block.size)) + 1 or block.size
    return Block(block.data[: cut + PADDING], cut, block.first_line)


def _without_long_lines(block: Block) -> Block:
    if not _has_long_line(block):
        return block
    lines = bytes(block.data[: block.size]).split(b"\n")
    data = b"\n".join(line[: LONGEST_LINE + 1] for line in lines)
    return Block(bytearray(data + bytes(PADDING)), len(data), block.first_line)


def _has_long_line(block: Block) -> bool:
    at = 0
    while at + LONGEST_LINE < block.size:
        end = block.data.rfind(b"\n", at, at + LONGEST_LINE + 1)
        if end < 0:
            return True
        at = end + 1
    return False
