"""Every line has one outcome with its reason, and what it says comes out as it stands."""

from __future__ import annotations

import pytest

from iesiz.parse import FORMATS, only_hosts, parse_block
from iesiz.records import LONGEST_LINE, METHODS
from tests.unit.log_lines import COMBINED, COMMON, LINES, VHOST_COMBINED, one, parse, text
from tests.unit.small_world import block_of


@pytest.mark.parametrize("form", LINES)
def test_each_format_gives_its_fields(form: str) -> None:
    chunk = one(LINES[form] + b"\n", form)
    assert text(chunk, "address") == b"192.0.2.1"
    assert text(chunk, "path") == b"/a"
    assert (chunk.seconds[0], chunk.offsets[0]) == (1793678400, 18000)  # 2026-11-03T04:00:00Z
    assert (chunk.status[0], chunk.size[0], METHODS[chunk.method[0]]) == (200, 512, "GET")
    if "vhost" in form:
        assert text(chunk, "host") == b"mall.example"
    if "combined" in form:
        assert text(chunk, "referrer") == b"https://mall.example/"
        assert text(chunk, "agent") == b"Mozilla/5.0 (X11; Linux x86_64)"


def test_neither_identity_nor_user_comes_out() -> None:
    chunk = one(COMBINED.replace(b"- - [", b"ident.example Aigerim Mukhtar ["))
    assert set(chunk.texts) == {"address", "referrer", "agent", "path"}
    assert not any(b"Aigerim" in value for coded in chunk.texts.values() for value in coded.values)


@pytest.mark.parametrize(
    ("behind", "agent"),
    [
        (b' "203.0.113.9"', b"Mozilla/5.0 (X11; Linux x86_64)"),  # X-Forwarded-For
        (b' 0.003 "-" rt=1', b"Mozilla/5.0 (X11; Linux x86_64)"),  # times of nginx
        (b"", b"Mozilla/5.0 (X11; Linux x86_64)"),
    ],
)
def test_further_fields_behind_the_agent_are_passed_over(behind: bytes, agent: bytes) -> None:
    assert text(one(COMBINED + behind), "agent") == agent


def test_fields_behind_the_bytes_of_the_common_form_are_another_form() -> None:
    assert parse(COMBINED, "common").counts.rejected == {"bytes": 1}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("agent", b'say "hello"s'),  # quotes that nobody escaped
        ("agent", b'say \\"hello\\"'),  # escaped as Apache does
        ("agent", b'say \\"hello\\" to me'),  # so that quote and space do not end it
        ("agent", b"say \\x22hello\\x22"),  # as nginx does
        ("agent", b"ends in a backslash \\\\"),
        ("agent", b"ends in one that escapes nothing \\"),
        ("agent", b"\\" * 301),  # an attack of backslashes
        ("agent", b""),
        ("agent", b"\xff\xfe \xd0"),  # no UTF-8
        ("agent", "Мозилла".encode()),
        ("referrer", b'https://mall.example/?q="shoes"'),
        ("referrer", b'https://mall.example/?q=\\" \\"shoes'),  # what ends the field, escaped
        ("referrer", b"-"),
    ],
)
def test_a_quoted_field_ends_where_the_server_ended_it(name: str, written: bytes) -> None:
    plain = {"agent": b"Mozilla/5.0 (X11; Linux x86_64)", "referrer": b"https://mall.example/"}[name]
    assert text(one(COMBINED.replace(plain, written) + b"\n"), name) == written


@pytest.mark.parametrize(
    ("written", "size"), [(b"-", 0), (b"0", 0), (b"512", 512), (b"9" * 15, 999_999_999_999_999)]
)
def test_bytes_are_a_count_and_a_dash_is_none(written: bytes, size: int) -> None:
    assert one(COMBINED.replace(b" 512 ", b" " + written + b" ")).size[0] == size
    assert one(COMMON.replace(b" 512", b" " + written), "common").size[0] == size


@pytest.mark.parametrize(
    "address",
    [
        b"2001:db8::1",
        b"::ffff:192.0.2.1",
        b"client.shop.example",
        b"192.0.2.1:5123",
        b"[2001:db8::1]:80",
        b"-",
    ],
)
@pytest.mark.parametrize("form", LINES)
def test_an_address_comes_out_as_written(address: bytes, form: str) -> None:
    assert text(one(LINES[form].replace(b"192.0.2.1", address), form), "address") == address


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (b"03/Nov", b"33/Nov", "time"),
        (b"+0500", b"05:00", "time"),
        (b"03/Nov/2026:09:00:00 +0500", b"2026-11-03T09:00:00+05:00", "time"),
        (b" 200 ", b" 20 ", "status"),
        (b" 200 ", b" 2000 ", "status"),
        (b" 200 ", b" 2x0 ", "status"),
        (b" 200 ", b" - ", "status"),
        (b" 512", b" 5.2", "bytes"),
        (b" 512", b" 5e2", "bytes"),
        (b" 512", b" 1" + bytes([48]) * 18, "bytes"),  # more than any machine sends
        (b"192.0.2.1 ", b" ", "other_form"),  # no address
        (b"[03/", b"03/", "other_form"),
        (b'HTTP/1.1"', b"HTTP/1.1", "other_form"),  # the request has no end
        (COMMON[-50:], b"", "other_form"),  # cut off
    ],
)
def test_a_line_is_rejected_with_its_reason(form: str, right: bytes, wrong: bytes, reason: str) -> None:
    line = LINES[form].replace(right, wrong, 1)
    assert line != LINES[form]
    chunk = parse(LINES[form] + b"\n" + line + b"\n", form)
    assert dict(chunk.counts.rejected) == {reason: 1}
    assert chunk.rejected_lines == ((1, reason),)
    assert chunk.line_number.tolist() == [0]


def test_a_line_cut_off_inside_the_agent_is_rejected() -> None:
    assert parse(COMBINED[:-20]).counts.rejected == {"other_form": 1}


def test_outcomes_add_up() -> None:
    lines = [
        COMBINED,
        b"# log opened",
        b"",
        COMBINED.replace(b" 200 ", b" 2 "),
        b"x" * 10,
        COMBINED,
        b"\r",
        b" ",
    ]
    counts = parse(b"\n".join(lines) + b"\n").counts
    assert (counts.lines, counts.recognised) == (8, 2)
    assert counts.ignored == {"empty_line": 2, "comment": 1}
    assert counts.rejected == {"other_form": 2, "status": 1}


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", 0),
        (b"\n", 1),
        (b"\n\n", 2),
        (COMBINED, 1),
        (COMBINED + b"\n", 1),
        (COMBINED + b"\n" + COMBINED, 2),
    ],
)
def test_a_last_line_needs_no_line_end(content: bytes, lines: int) -> None:
    counts = parse(content).counts
    assert (counts.lines, counts.recognised) == (lines, content.count(COMBINED))


@pytest.mark.parametrize("form", LINES)
def test_a_carriage_return_is_part_of_the_line_end(form: str) -> None:
    unix, dos = one(LINES[form] + b"\n", form), one(LINES[form] + b"\r\n", form)
    assert unix.line_hash[0] == dos.line_hash[0]
    assert {name: text(dos, name) for name in dos.texts} == {name: text(unix, name) for name in unix.texts}
    assert one(LINES[form] + b"\r", form).size[0] == 512  # the last line of such a file


def test_a_line_longer_than_the_bound_is_rejected_and_one_of_it_is_read() -> None:
    room = LONGEST_LINE - len(COMBINED)
    longest = COMBINED.replace(b"/a", b"/a" + b"b" * room)
    assert parse(longest + b"\n" + longest.replace(b"/ab", b"/abb") + b"\n").counts.rejected == {
        "too_long": 1
    }
    assert one(longest + b"\r\n").size[0] == 512


def test_equal_lines_share_a_hash_and_others_do_not() -> None:
    chunk = parse(b"\n".join([COMBINED, COMBINED, COMBINED.replace(b"512", b"513")]))
    assert len(set(chunk.line_hash.tolist())) == 2


def test_lines_for_other_hosts_are_ignored_and_counted() -> None:
    own, other = VHOST_COMBINED, VHOST_COMBINED.replace(b"mall.example:443", b"other.example:443")
    chunk = parse(b"\n".join([own, other, own.replace(b"mall", b"MALL", 1)]), "vhost_combined")
    kept = only_hosts(chunk, frozenset({"mall.example"}))
    assert (kept.rows, kept.counts.ignored, kept.counts.recognised) == (2, {"other_host": 1}, 2)
    assert kept.line_number.tolist() == [0, 2]
    assert only_hosts(chunk, frozenset()).rows == 0


def test_a_format_without_hosts_keeps_every_line() -> None:
    assert only_hosts(parse(COMBINED), frozenset()).rows == 1


@pytest.mark.parametrize("behind", [b'" "-" "', b"\n" * 8, b" 200 5 \x00", b"\\\\\\\\\\\\\\\\"])
def test_what_stands_behind_the_last_line_in_memory_is_not_read(behind: bytes) -> None:
    for end in range(len(COMBINED)):
        content = COMBINED[:end]
        plain = parse_block(block_of(content), FORMATS["combined"])
        other = parse_block(block_of(content, behind), FORMATS["combined"])
        assert plain.counts == other.counts
        assert {name: coded.values for name, coded in plain.texts.items()} == {
            name: coded.values for name, coded in other.texts.items()
        }
