"""Whatever bytes arrive, the parser counts every line once, and how a log is cut up decides nothing."""

from __future__ import annotations

import gzip
import re
import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.examination import Examiner
from iesiz.parse import FORMATS, LogFormat, parse_block
from iesiz.records import LONGEST_LINE, METHODS, PADDING
from iesiz.sources import Fingerprint, read_blocks
from tests.unit.log_lines import LINES
from tests.unit.small_world import block_of

LINE = b'192.0.2.1 - - [03/Nov/2026:09:00:00 +0500] "GET /a?b HTTP/1.1" 200 512'
PIECES = [
    b"192.0.2.1 ",
    b"2001:db8::1 ",
    b"mall.example:443 ",
    b"- - [",
    b"03/Nov/2026:09:00:00 +0500",
    b'] "',
    b"GET /a HTTP/1.1",
    b'" ',
    b"200 ",
    b"512",
    b' "-" "Mozilla/5.0"',
    b'"',
    b"\\",
    b"\\x22",
    b" ",
    b"#",
    b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n",
    b"2026-11-03 04:00:00 192.0.2.1 GET /a 200",
    b'{"remote_addr":"192.0.2.1","status":200,',
    b'"msec":1793678400.1,"request":"GET /\\u00e9"}',
    b"host:192.0.2.1\tstatus:200\t",
    b"\r",
    b"\n",
]
FORMS = st.sampled_from(list(FORMATS.values()))
PLAIN_FORMS = st.sampled_from([FORMATS[name] for name in LINES])  # whose texts are not decoded
PIECE = st.one_of(st.sampled_from(PIECES), st.binary(max_size=12))
ANY_CONTENT = st.one_of(st.binary(max_size=300), st.lists(PIECE, max_size=60).map(b"".join))


def log_line(address: int, second: int, path: int, agent: int) -> bytes:
    clock = f"09:{second // 60:02}:{second % 60:02}"
    request = f"GET /p{path}?x={second} HTTP/1.1"
    return (
        f'192.0.2.{address} - - [03/Nov/2026:{clock} +0500] "{request}" 200 {path} "-" "A/{agent}"'.encode()
    )


A_LINE = st.builds(log_line, st.integers(0, 3), st.integers(0, 3599), st.integers(0, 5), st.integers(0, 2))
ODD_LINE = st.sampled_from([b"", b"# comment", b"other form", LINE + b' "-" "cut', LINE])
LOGS = st.lists(st.one_of(A_LINE, A_LINE, ODD_LINE), max_size=30)
UNBOUND = settings(deadline=None, max_examples=150)  # the first call compiles


@UNBOUND
@given(ANY_CONTENT, FORMS, st.binary(min_size=PADDING, max_size=PADDING))
def test_any_bytes_are_lines_with_one_outcome_each(content: bytes, form: LogFormat, behind: bytes) -> None:
    chunk = parse_block(block_of(content, behind), form)
    counts = chunk.counts
    assert counts.lines == content.count(b"\n") + bool(content and not content.endswith(b"\n"))
    assert counts.recognised + sum(counts.ignored.values()) + sum(counts.rejected.values()) == counts.lines
    assert sum(counts.rejected.values()) == len(chunk.rejected_lines)
    assert len(chunk.line_number) == counts.recognised
    assert all(coded.codes.size == counts.recognised for coded in chunk.texts.values())


@UNBOUND
@given(ANY_CONTENT, PLAIN_FORMS)
def test_what_comes_out_stands_in_the_line_that_it_comes_from(content: bytes, form: LogFormat) -> None:
    chunk = parse_block(block_of(content), form)
    lines = content.split(b"\n")
    for coded in chunk.texts.values():
        for row, code in enumerate(coded.codes.tolist()):
            assert coded.values[code] in lines[chunk.line_number[row]]


def plainly(line: bytes) -> tuple[bytes, bytes, bytes, int] | None:
    """A combined line by a pattern: address, path, agent, bytes."""
    found = re.fullmatch(rb'(\S+) .*\] "GET ([^ ?]*)\S* HTTP/1.1" 200 (\d+) "-" "([^"]*)"', line)
    return (found[1], found[2], found[4], int(found[3])) if found else None


@UNBOUND
@given(LOGS)
def test_recognised_lines_say_what_a_pattern_finds_in_them(log: list[bytes]) -> None:
    chunk = parse_block(block_of(b"\n".join(log) + b"\n"), FORMATS["combined"])
    columns = [chunk.texts[name] for name in ("address", "path", "agent")]
    found = [
        (*(coded.values[coded.codes[row]] for coded in columns), int(chunk.size[row]))
        for row in range(chunk.rows)
    ]
    assert found == [said for said in map(plainly, log) if said]
    assert all(METHODS[method] == "GET" for method in chunk.method)


@UNBOUND
@given(LOGS, st.lists(st.integers(0, 30), max_size=4), st.sampled_from([b"\n", b"\r\n"]))
def test_a_log_cut_at_any_line_ends_gives_the_same_totals(
    log: list[bytes], cuts: list[int], end: bytes
) -> None:
    whole, parts = Examiner("combined"), Examiner("combined")
    whole.add(parse_block(block_of(b"".join(line + end for line in log)), FORMATS["combined"]))
    places = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    for begin, stop in pairwise(places):
        part = b"".join(line + end for line in log[begin:stop])
        parts.add(parse_block(block_of(part), FORMATS["combined"]))
    assert parts.finish() == whole.finish()


@settings(deadline=None, max_examples=40)
@given(LOGS, st.integers(1, 200), st.booleans(), st.booleans())
def test_the_size_of_the_blocks_of_a_file_decides_nothing(
    log: list[bytes], chunk_bytes: int, compressed: bool, ended: bool
) -> None:
    content = b"\n".join(log) + b"\n" * ended
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_bytes(gzip.compress(content) if compressed else content)
        whole, parts, fingerprint = Examiner("combined"), Examiner("combined"), Fingerprint()
        whole.add(parse_block(block_of(content), FORMATS["combined"]))
        for block in read_blocks(path, chunk_bytes, fingerprint):
            parts.add(parse_block(block, FORMATS["combined"]))
    assert parts.finish() == whole.finish()
    assert fingerprint.size == len(content)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 3 * LONGEST_LINE), st.sampled_from([100, LONGEST_LINE, 1 << 20]))
def test_a_line_of_any_length_is_one_line_whatever_the_blocks(length: int, chunk_bytes: int) -> None:
    line = log_line(1, 0, 1, 1)
    content = b"\n".join([line, b"x" * length, line]) + b"\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        path.write_bytes(content)
        counts = [
            parse_block(block, FORMATS["combined"]).counts
            for block in read_blocks(path, chunk_bytes, Fingerprint())
        ]
    assert sum(one.lines for one in counts) == 3
    assert sum(one.recognised for one in counts) == 2
    assert sum(one.rejected.get("too_long", 0) for one in counts) == (length > LONGEST_LINE)


# Few letters, and lengths around the words of eight bytes that the coding compares.
TEXTS = st.lists(st.text("ab", max_size=18).map(str.encode), max_size=120)


@UNBOUND
@given(TEXTS)
def test_compiled_coding_is_that_of_a_dictionary(texts: list[bytes]) -> None:
    log = b"".join(LINE + b' "-" "' + text + b'"\n' for text in texts)
    coded = parse_block(block_of(log), FORMATS["combined"]).texts["agent"]
    known: dict[bytes, int] = {}
    assert coded.codes.tolist() == [known.setdefault(text, len(known)) for text in texts]
    assert coded.values == tuple(known)


def test_coding_many_texts_is_that_of_a_dictionary() -> None:
    texts = [b"%d" % (number * number % 7919) for number in range(40_000)]
    log = b"".join(LINE + b' "-" "' + text + b'"\n' for text in texts)
    coded = parse_block(block_of(log), FORMATS["combined"]).texts["agent"]
    assert coded.values == tuple(dict.fromkeys(texts))
    assert [coded.values[code] for code in coded.codes.tolist()] == texts
