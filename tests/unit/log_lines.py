"""One line of each format, and how tests parse lines and look at what came out."""

from __future__ import annotations

from iesiz.parse import format_named, parse_block
from iesiz.records import ParsedChunk
from tests.unit.small_world import block_of

COMMON = b'192.0.2.1 - - [03/Nov/2026:09:00:00 +0500] "GET /a HTTP/1.1" 200 512'
COMBINED = COMMON + b' "https://mall.example/" "Mozilla/5.0 (X11; Linux x86_64)"'
VHOST_COMMON, VHOST_COMBINED = b"mall.example:443 " + COMMON, b"mall.example:443 " + COMBINED
LINES = {
    "common": COMMON,
    "combined": COMBINED,
    "vhost_common": VHOST_COMMON,
    "vhost_combined": VHOST_COMBINED,
}


def parse(content: bytes, form: str = "combined") -> ParsedChunk:
    return parse_block(block_of(content), format_named(form))


def text(chunk: ParsedChunk, name: str, row: int = 0) -> bytes:
    return chunk.texts[name].values[chunk.texts[name].codes[row]]


def one(content: bytes, form: str = "combined") -> ParsedChunk:
    """Parse what must be one recognised line."""
    chunk = parse(content, form)
    assert (chunk.counts.lines, chunk.counts.recognised) == (1, 1), chunk.counts
    return chunk
