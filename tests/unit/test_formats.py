"""Every known format gives its fields, and a server's own format string is a schema."""

from __future__ import annotations

import pytest

from iesiz.errors import SettingsError
from iesiz.parse import FORMATS, LogFormat, format_named, parse_block, with_columns
from iesiz.records import METHODS, Block, ParsedChunk
from tests.unit.log_lines import COMBINED, COMMON, one, parse, text
from tests.unit.small_world import block_of

MOMENT = 1793678400  # 2026-11-03T04:00:00Z
PRESETS = {
    "traefik": COMBINED + b' 12 "web@docker" "http://198.51.100.1:80" 3ms',
    "alb": b"http 2026-11-03T04:00:00.186641Z app/my-lb/50dc 192.0.2.1:2817 - 0.000 0.002 0.001 200 "
    b"200 34 512 "
    b'"GET http://mall.example:80/a?x=1 HTTP/1.1" '
    b'"Mozilla/5.0 (X11; Linux x86_64)" - - arn "Root=1" "-"',
    "haproxy": b"Nov  3 04:00:00 lb haproxy[9]: 192.0.2.1:33317 [03/Nov/2026:04:00:00.655] http-in "
    b'static/srv1 1/0/0/1/3 200 512 - - ---- 1/1/1/1/0 0/0 {} "GET /a HTTP/1.1"',
    "nginx_json": b'{"time_iso8601":"2026-11-03T09:00:00+05:00","remote_addr":"192.0.2.1",'
    b'"host":"mall.example","request":"GET /a HTTP/1.1","status":200,'
    b'"body_bytes_sent":512,"request_time":0.003,'
    b'"http_user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}',
    "caddy_json": b'{"level":"info","ts":1793678400.5,"msg":"handled request","request":{'
    b'"remote_ip":"198.51.100.1","client_ip":"192.0.2.1","method":"GET","host":"mall.example:443",'
    b'"uri":"/a?x","headers":'
    b'{"User-Agent":["Mozilla/5.0 (X11; Linux x86_64)"]}},"duration":0.003,"size":512,"status":200}',
    "traefik_json": b'{"ClientAddr":"192.0.2.1:80","ClientHost":"192.0.2.1","DownstreamContentSize":512,'
    b'"DownstreamStatus":200,"Duration":3000000,"RequestHost":"mall.example","RequestMethod":"GET",'
    b'"RequestPath":"/a?y","StartUTC":"2026-11-03T04:00:00.5Z","msg":"",'
    b'"request_User-Agent":"Mozilla/5.0 (X11; Linux x86_64)"}',
    "ltsv": b"time:[03/Nov/2026:09:00:00 +0500]\thost:192.0.2.1\treq:GET /a HTTP/1.1\tstatus:200\tsize:512\t"
    b"ua:Mozilla/5.0 (X11; Linux x86_64)\tvhost:mall.example\treqtime:0.003",
    "w3c": b"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status sc-bytes cs(User-Agent) "
    b"cs-host time-taken\n2026-11-03 04:00:00 192.0.2.1 GET /a x 200 512 "
    b"Mozilla/5.0+(X11;+Linux+x86_64) mall.example 3",
    "cloudfront": b"#Fields: date time sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    b"cs(User-Agent) cs-uri-query x-host-header time-taken\n"
    b"2026-11-03\t04:00:00\t512\t192.0.2.1\tGET\td1.cloudfront.net\t/a\t"
    b"200\tMozilla/5.0%2520(X11;%2520Linux%2520x86_64)\t-\tmall.example\t0.003",
}
STRINGS = {
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent': COMMON,
    "escape=json '$remote_addr [$msec] $host '\n '\"$request\" $status $bytes_sent $request_time'": (
        b'192.0.2.1 [1793678400.123] mall.example:443 "GET /a HTTP/1.1" 200 512 0.003'
    ),
    "$time_iso8601 | $remote_addr -- a long literal -- $request_method $uri$is_args$args $status": (
        b"2026-11-03T09:00:00+05:00 | 192.0.2.1 -- a long literal -- GET /a?b 200"
    ),
    '{"t": "$time_iso8601", "c": {"ip": "$remote_addr"}, "r": ["$request"], "s": $status, "b":$bytes_sent}': (
        b'{"t": "2026-11-03T09:00:00+05:00", "c": {"ip": "192.0.2.1"}, "r": ["GET \\u002fa HTTP/1.1"], '
        b'"s": 200, "b": 512}'
    ),
    '%h %l %u %t "%r" %>s %b': COMMON,
    'LogFormat "%a %l %u %t \\"%r\\" %!200,304{Referer}i %>s %O %D" mine': (
        b'192.0.2.1 - - [03/Nov/2026:09:00:00 +0500] "GET /a HTTP/1.1" - 200 512 3000'
    ),
    "%{%Y-%m-%d %H:%M:%S}t.%{msec_frac}t %{%z}t %{c}a %a %m %U%q %>s %B %{ms}T": (
        b"2026-11-03 09:00:00.123 +0500 198.51.100.1 192.0.2.1 GET /a?b 200 512 3"
    ),
    "%{usec}t %V %h %r|%s": b"1793678400123456 mall.example 192.0.2.1 GET /a HTTP/1.1|200",
}


def read(content: bytes, form: LogFormat) -> ParsedChunk:
    return parse_block(next(iter(with_columns([block_of(content)], form))), form)


def holds_the_facts(chunk: ParsedChunk, bytes_known: bool = True) -> None:
    assert chunk.rows == 1, chunk.counts
    assert (text(chunk, "address").split(b":")[0], text(chunk, "path")) == (b"192.0.2.1", b"/a")
    assert (chunk.seconds[0], chunk.status[0], METHODS[chunk.method[0]]) == (MOMENT, 200, "GET")
    assert chunk.size[0] == (512 if bytes_known else 0)
    assert chunk.duration is None or chunk.duration[0] == 3000
    if "host" in chunk.texts:
        assert text(chunk, "host") == b"mall.example"
    if "agent" in chunk.texts:
        assert text(chunk, "agent") == b"Mozilla/5.0 (X11; Linux x86_64)"


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_preset_gives_its_fields(name: str, end: bytes) -> None:
    holds_the_facts(read(PRESETS[name].replace(b"\n", end or b"\n") + end, FORMATS[name]))


def test_every_preset_has_an_example() -> None:
    assert set(PRESETS) | {"common", "combined", "vhost_common", "vhost_combined"} == set(FORMATS)


@pytest.mark.parametrize("string", STRINGS)
def test_a_format_string_is_a_schema(string: str) -> None:
    known = any(name in string for name in ("bytes", "%b", "%B", "%O"))
    holds_the_facts(read(STRINGS[string], format_named(string)), bytes_known=known)


@pytest.mark.parametrize(
    ("string", "lack"),
    [
        ('$remote_addr [$time_local] "$request"', "status"),
        ("$remote_user $status", "address, time, request"),
        ("%h %{%H:%M:%S}t %r %s", "whole time"),
        ("%h%l %t %r %s", "nothing between them"),
        ("%h %Z %t %r %s", "no directive"),
        ("%h %{%j}t %r %s", "none of the parts"),
        ('{"a": "$remote_addr", $status', "no.*JSON|JSON"),
    ],
)
def test_a_string_that_cannot_be_a_schema_is_refused_with_what_is_wrong(string: str, lack: str) -> None:
    with pytest.raises(SettingsError, match=lack):
        format_named(string)


def test_what_no_record_needs_is_passed_over() -> None:
    form = format_named("$remote_addr $http_cookie $arg_token $connection [$time_local] $status $request")
    chunk = read(b"192.0.2.1 sid=1 t 7 [03/Nov/2026:09:00:00 +0500] 200 GET /a HTTP/1.1", form)
    assert set(chunk.texts) == {"address", "path"}


@pytest.mark.parametrize("wrapped", [COMBINED, COMBINED.replace(b'"', b'""'), COMBINED.replace(b'"', b'\\"')])
def test_a_line_in_quotes_is_what_stands_in_them(wrapped: bytes) -> None:
    chunk, plain = one(b'"' + wrapped + b'"'), one(COMBINED)
    assert {name: text(chunk, name) for name in chunk.texts} == {
        name: text(plain, name) for name in plain.texts
    }


@pytest.mark.parametrize("cut", [len(COMBINED), len(COMBINED) - 5, 75, 60])
def test_two_lines_in_one_are_rejected_as_glued(cut: int) -> None:
    # Which half of the fields belongs to whom cannot be told, so neither is counted.
    assert parse(COMBINED[:cut] + COMBINED + b"\n").counts.rejected == {"glued": 1}


def test_a_line_cut_off_in_its_time_with_another_behind_it_is_rejected() -> None:
    assert parse(COMBINED[:25] + COMBINED).counts.rejected == {"time": 1}


W3C = [
    b"#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)",
    b"2026-11-03 04:00:00 192.0.2.1 GET /a 200 A",
    b"#Fields: cs(User-Agent) sc-status c-ip time date cs-method cs-uri-stem",
    b'"B ""quoted"" C" 404 192.0.2.2 04:00:01 2026-11-03 POST /b',
    b"too few",
    b"#Fields: x y",
    b"no request",
]


@pytest.mark.parametrize("lines_a_block", [1, 2, 3, 7])
def test_columns_may_change_in_mid_file_and_at_any_block(lines_a_block: int) -> None:
    groups = [W3C[at : at + lines_a_block] for at in range(0, len(W3C), lines_a_block)]
    blocks: list[Block] = [block_of(b"\n".join(group) + b"\n") for group in groups]
    chunks = [parse_block(block, FORMATS["w3c"]) for block in with_columns(blocks, FORMATS["w3c"])]
    found = [
        (
            text(chunk, "address", row),
            text(chunk, "path", row),
            int(chunk.status[row]),
            text(chunk, "agent", row),
        )
        for chunk in chunks
        for row in range(chunk.rows)
    ]
    assert found == [(b"192.0.2.1", b"/a", 200, b"A"), (b"192.0.2.2", b"/b", 404, b'B ""quoted"" C')]
    assert sum(chunk.counts.rejected.get("other_form", 0) for chunk in chunks) == 2
    assert sum(chunk.counts.ignored.get("comment", 0) for chunk in chunks) == 3


@pytest.mark.parametrize(
    ("written", "agent"),
    [
        (b'a\\"b\\\\c\\/', b'a"b\\c/'),
        (b"\\u041c\\u00e9", "Мé".encode()),
        (b"\\ud83d\\ude00", "😀".encode()),
        (b"\\ud83d x", "\ufffd x".encode()),
        (b"\\x22\\xD0\\x9C", '"М'.encode()),  # of nginx without escape=json: no JSON, but no riddle
        (b"\\u12", b"u12"),
        (b"\xff\xd0", b"\xff\xd0"),
    ],
)
def test_escapes_of_json_are_decoded(written: bytes, agent: bytes) -> None:
    line = PRESETS["caddy_json"].replace(b"Mozilla/5.0 (X11; Linux x86_64)", written)
    assert text(read(line, FORMATS["caddy_json"]), "agent") == agent


@pytest.mark.parametrize("name", ["nginx_json", "caddy_json", "traefik_json"])
def test_an_object_cut_off_or_glued_is_rejected(name: str) -> None:
    whole = PRESETS[name]
    for end in range(1, len(whole)):
        assert read(whole[:end], FORMATS[name]).rows == 0
        assert read(whole[:end] + whole, FORMATS[name]).rows == 0
    assert read(whole + whole, FORMATS[name]).counts.rejected == {"glued": 1}


NOT_READ = b'{"a":["}",{"b\\"]":[[]],"c":"\\\\"}],"d":null}'


@pytest.mark.parametrize("name", ["nginx_json", "caddy_json", "traefik_json"])
def test_what_nobody_reads_is_passed_over_but_must_be_whole(name: str) -> None:
    line = PRESETS[name]
    more = line.replace(b"{", b'{"resp_headers":' + NOT_READ + b",", 1)
    assert text(read(more, FORMATS[name]), "agent") == text(read(line, FORMATS[name]), "agent")
    for end in range(1, len(NOT_READ)):
        cut = line.replace(b"{", b'{"resp_headers":' + NOT_READ[:end] + b",", 1)
        assert read(cut, FORMATS[name]).rows == 0


def test_only_a_line_of_its_own_names_columns() -> None:
    head, line = PRESETS["w3c"].split(b"\n", 1)
    inside = line.replace(b" x ", b" " + head.replace(b" ", b"+") + b" ")
    found = read(b"\n".join([head, inside, b"#Date: now", line, b""]), FORMATS["w3c"])
    assert (found.rows, found.counts.ignored) == (2, {"comment": 2})


def test_an_event_that_is_no_request_is_ignored_and_counted() -> None:
    counts = read(b'{"level":"info","ts":1793678400.1,"msg":"started"}\n', FORMATS["caddy_json"]).counts
    assert counts.ignored == {"other_event": 1}
