"""A request line is read into method, path and campaign, or it is malformed; it never rejects its line."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from iesiz.records import METHODS, ParsedChunk
from tests.unit.log_lines import COMBINED, one, parse, text


def asking(request: bytes) -> ParsedChunk:
    return one(COMBINED.replace(b"GET /a HTTP/1.1", request))


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        (b"GET /a?b=c#d HTTP/1.1", "GET", b"/a"),  # the query goes
        (b"GET /a#d HTTP/1.1", "GET", b"/a"),
        (b"GET / HTTP/1.1", "GET", b"/"),
        (b"GET /old", "GET", b"/old"),  # HTTP/0.9 has no version
        (b'GET /a"b HTTP/1.1', "GET", b'/a"b'),
        (b'GET /a\\"b HTTP/1.1', "GET", b'/a\\"b'),
        (b"GET /a\\x22b HTTP/1.1", "GET", b"/a\\x22b"),
        (b'GET /a\\" 404 7 HTTP/1.1', "GET", b'/a\\" 404 7'),  # what would end the field, escaped
        (b"GET /a b HTTP/1.1", "GET", b"/a b"),  # a space that nobody encoded
        (
            b'GET /a" 200 5 HTTP/1.1',
            "GET",
            None,
        ),  # forges an end: whatever comes out, the line has one outcome
        (b"POST /a HTTP/2.0", "POST", b"/a"),
        (b"PROPFIND /a HTTP/1.1", "other", b"/a"),
        (b"VERSION-CONTROL /a HTTP/1.1", "other", b"/a"),
        (b"PRI * HTTP/2.0", "other", b"*"),
        (b"OPTIONS * HTTP/1.1", "OPTIONS", b"*"),
        (b"CONNECT mall.example:443 HTTP/1.1", "CONNECT", b"mall.example:443"),
        (b"GET https://mall.example/a HTTP/1.1", "GET", b"https://mall.example/a"),
        (b"", "malformed", b""),  # an empty request
        (b"-", "malformed", b""),  # none was read
        (b"GET", "malformed", b""),
        (b"GET ", "malformed", b""),
        (b"GET  ", "malformed", b""),
        (b"get /a HTTP/1.1", "malformed", b""),  # methods are in capitals (RFC 9110, section 9.1)
        (b"GET /a b", "malformed", b""),  # what stands behind is no version
        (b"GET /a HTTP/", "malformed", b""),
        (b"\\x16\\x03\\x01\\x02\\x00", "malformed", b""),  # TLS spoken to a plain port
        (b"\x16\x03\x01\x02\x00", "malformed", b""),
        (b"SSH-2.0-Go", "malformed", b""),
        (b"A" * 25 + b" /a HTTP/1.1", "malformed", b""),
    ],
)
def test_a_request_is_read_or_malformed_never_rejected(
    request_line: bytes, method: str, path: bytes | None
) -> None:
    if path is None:
        counts = parse(COMBINED.replace(b"GET /a HTTP/1.1", request_line)).counts
        assert counts.recognised + sum(counts.rejected.values()) == 1
        return
    chunk = asking(request_line)
    assert METHODS[chunk.method[0]] == method
    assert text(chunk, "path") == path


@pytest.mark.parametrize("method", METHODS[1:-1])
def test_common_methods_are_named(method: str) -> None:
    assert METHODS[asking(f"{method} / HTTP/1.1".encode()).method[0]] == method


def campaign_parameters() -> list[str]:
    lists = tomllib.loads(files("iesiz.deidentify").joinpath("referrers.toml").read_text("utf-8"))
    return list(lists["campaign_parameters"])


@pytest.mark.parametrize("name", campaign_parameters())
@pytest.mark.parametrize("query", ["?{}=x", "?a=b&{}=x", "?a&{}=x&c=d"])
def test_a_query_that_names_a_campaign_is_marked(name: str, query: str) -> None:
    assert asking(f"GET /a{query.format(name)} HTTP/1.1".encode()).campaign[0]


@pytest.mark.parametrize(
    "target",
    [b"/a", b"/utm_source=x", b"/a?x=utm_source", b"/a?xutm_source=x", b"/gclid=1?a=b", b"/a?", b"/a?&"],
)
def test_no_other_query_is_marked(target: bytes) -> None:
    assert not asking(b"GET " + target + b" HTTP/1.1").campaign[0]
    assert not asking(b"GET " + target).campaign[0]
