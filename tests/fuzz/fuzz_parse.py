"""Throw damaged lines of every format at the parser for some minutes: nothing may raise, and counts add up.

    python tests/fuzz/fuzz_parse.py SECONDS [SEED]

prints the seed at the start and the number of blocks at the end; with the same seed it does the same.
"""

from __future__ import annotations

import random
import secrets
import sys
import time

from iesiz.parse import FORMATS, LogFormat, format_named, packed, parse_block, with_columns
from iesiz.records import PADDING, Block
from tests.unit.log_lines import LINES
from tests.unit.test_formats import PRESETS, STRINGS

EXAMPLES = [*LINES.values(), *PRESETS.values(), *STRINGS.values()]
FORMS = [*FORMATS.values(), *map(format_named, STRINGS)]
SPLINTERS = [b'"', b"\\", b"\\u", b"\\ud83d", b"{", b"}", b"[", b"]", b":", b",", b"\t", b" ", b"\n", b"\r\n"]
SPLINTERS += [
    b"#Fields: ",
    b"-",
    b"9" * 20,
    b"1e99",
    b"\x00",
    b"\xff",
    b"%25",
    b'""',
    b"03/Nov/2026:09:00:00",
]


def damaged(chance: random.Random, content: bytes) -> bytes:
    """The content with some bytes changed, cut, doubled or put in."""
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        at, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        made = chance.choice((chance.choice(SPLINTERS), content[at:end] * 2, b"", chance.randbytes(3)))
        content = content[:at] + made + content[end if chance.random() < 0.5 else at :]
    return content


def check(content: bytes, form: LogFormat, behind: bytes) -> None:
    """Parse one content and raise if a count is wrong."""
    block = Block(bytearray(content + behind), len(content), 1)
    chunk = parse_block(next(iter(with_columns([block], form))), form, packed(("js", "png")))
    lines = content.count(b"\n") + bool(content and not content.endswith(b"\n"))
    counts = chunk.counts
    told = counts.recognised + sum(counts.ignored.values()) + sum(counts.rejected.values())
    whole = counts.lines == lines == told and sum(counts.rejected.values()) == len(chunk.rejected_lines)
    if not whole or chunk.rows != counts.recognised or bytes(block.data[len(content) :]) != behind:
        raise SystemExit(f"{form.name}: the counts of {content!r} are wrong")
    for coded in chunk.texts.values():
        if len(coded.codes) != chunk.rows or any(code >= len(coded.values) for code in coded.codes):
            raise SystemExit(f"{form.name}: the texts of {content!r} are wrong")


def main() -> None:
    """Run for so many seconds."""
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbits(32)
    print(f"seed {seed}", flush=True)
    chance, end, blocks = random.Random(seed), time.monotonic() + float(sys.argv[1]), 0
    while time.monotonic() < end:
        lines = [damaged(chance, chance.choice(EXAMPLES)) for _ in range(chance.randrange(1, 5))]
        behind = chance.randbytes(PADDING)
        for form in FORMS:
            check(b"\n".join(lines), form, behind)
        blocks += len(FORMS)
    print(f"{blocks} blocks, every line counted once")


if __name__ == "__main__":
    main()
