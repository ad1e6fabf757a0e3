"""What holds of the recogniser, of routes and of treatments for any text whatever."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz.deidentify import persons, routes
from iesiz.deidentify.checksums import is_iin
from iesiz.deidentify.decoding import decode
from iesiz.deidentify.routes import OwnRoutes, resource_of, route_of
from iesiz.deidentify.text import find_identifiers, redact

anything = st.text(st.characters(exclude_categories=()))
# Dense in what the recogniser reacts to.
pieces = st.sampled_from(
    [
        "@",
        "%",
        "%25",
        "%40",
        "\\x40",
        "&#64;",
        "%u0040",
        "::",
        ":",
        ".",
        "/",
        " ",
        "-",
        "+7",
        "8",
        "701",
        "2345678",
        "(",
        ")",
        "80041610025",
        "4",
        "ИИН",
        "{iin}",
        "{mail}",
        "iin",
        "mail.kz",
        "KZ86",
        "125KZT5004100100",
        "192.0.2.1",
        "1.",
        "a:",
        "4012888888881881",
        "fe80::1",
        "550e8400-e29b-41d4-a716-446655440000",
        "dGVzdA==",
        "aB3",
        "a",
        "http://",
        "\u200b",
        "\uff05",
        "２",
        "٣",
        "\ufdfa",
        "\ud800",
        "_",
        "'",
        '"',
        "[",
        "]",
        "deadbeef",
        "й",
        "\n",
    ]
)
dense = st.lists(pieces, max_size=25).map("".join)
texts = st.one_of(anything, dense)


def _luhn(body: str) -> str:
    return next(number for number in (body + str(digit) for digit in range(10)) if _is_luhn(number))


def _is_luhn(number: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban(body: str) -> str:
    numeric = "".join(str(int(sign, 36)) for sign in body + "KZ00")
    return f"KZ{98 - int(numeric) % 97:02d}{body}"


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


mails = st.from_regex(r"[a-z][a-z0-9._+-]{0,12}[a-z0-9]@[a-z]{2,8}\.(kz|ru|com)", fullmatch=True)
phones = st.builds(
    lambda trunk, code, rest, gap: f"{trunk}{gap}{code}{gap}{rest[:3]}{gap}{rest[3:5]}{gap}{rest[5:]}",
    st.sampled_from(["+7", "8", "7"]),
    st.sampled_from(["700", "701", "705", "707", "747", "771", "775", "777", "778", "727", "717"]),
    _digits(7),
    st.sampled_from(["", " ", "-", ".", "("]),
)
# The digit of the century is 1 or 2: nobody alive.
iins = st.builds(
    lambda head, century, tail, last: head + century + tail + last,
    _digits(6),
    st.sampled_from("12"),
    _digits(4),
    st.sampled_from("0123456789"),
).filter(is_iin)
cards = _digits(14).map(lambda digits: _luhn("4" + digits))
ibans = st.from_regex(r"[0-9]{3}[A-Z0-9]{13}", fullmatch=True).map(_iban)
ips = st.ip_addresses(v=4, network="198.51.100.0/24").map(str) | st.ip_addresses(
    v=6, network="2001:db8::/32"
).map(str)
uuids = st.uuids(version=4).map(str)
identifiers = st.one_of(mails, phones, iins, cards, ibans, ips, uuids)
encodings = st.sampled_from(
    [
        lambda text: text,
        lambda text: quote(text, safe=""),
        lambda text: quote(quote(text, safe=""), safe=""),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
        lambda text: "".join(f"%25{byte:02X}" for byte in text.encode()),
        lambda text: "".join(f"\\x{byte:02X}" for byte in text.encode()),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    ]
)
Encoding = Callable[[str], str]
words = st.text(st.sampled_from("abcdefghij клмноп"), max_size=12)


@settings(max_examples=500, deadline=None)
@given(texts)
def test_redaction_never_raises_and_is_idempotent(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
    assert find_identifiers(once) == ()


@settings(max_examples=500, deadline=None)
@given(texts)
def test_decoding_is_idempotent(text: str) -> None:
    once = decode(text)
    assert decode(once) == once
    once.encode("utf-8")  # nothing is left that cannot be written


@settings(deadline=None)
@given(texts)
def test_spans_are_disjoint_and_in_order(text: str) -> None:
    spans = find_identifiers(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    assert all(span.end <= len(decode(text)) for span in spans)


@settings(max_examples=500, deadline=None)
@given(words, identifiers, words, encodings)
def test_a_planted_identifier_never_survives(
    before: str, identifier: str, after: str, encode: Encoding
) -> None:
    planted = encode(identifier)
    redacted = redact(f"{before} {planted} {after}")
    assert identifier not in redacted
    assert planted not in redacted


@settings(max_examples=300, deadline=None)
@given(identifiers, encodings)
def test_a_planted_identifier_never_survives_in_a_route(identifier: str, encode: Encoding) -> None:
    planted = encode(identifier)
    route = route_of(f"/orders/{planted}/view", OwnRoutes())
    assert identifier.lower() not in route
    assert planted.lower() not in route


ALLOWED = set("abcdefghijklmnopqrstuvwxyz0123456789-_.~+!/{}*")


@settings(max_examples=500, deadline=None)
@given(texts.map("/".__add__) | texts)
def test_a_route_is_short_plain_and_stable(path: str) -> None:
    route = route_of(path, OwnRoutes())
    assert set(route) <= ALLOWED
    assert len(route) <= routes.MAX_LENGTH
    assert all(sum(map(str.isdigit, segment)) <= 2 for segment in route.split("/"))
    assert route == route_of(path, OwnRoutes())
    resource_of(path)


plain_segments = st.from_regex(
    r"[a-z]{1,9}([-_][a-z]{1,9}){0,2}([-_][0-9]{1,9})?(\.[a-z]{1,4})?|[0-9]{1,9}|users|u",
    fullmatch=True,
)


@settings(max_examples=500, deadline=None)
@given(st.lists(plain_segments, min_size=1, max_size=10))
def test_the_short_way_and_the_long_way_agree(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    # An empty segment in front keeps a path from the short way and changes nothing else.
    assert route_of(path, OwnRoutes()) == route_of("/" + path, OwnRoutes())


@settings(deadline=None)
@given(texts)
def test_treatments_never_raise_and_never_echo(text: str) -> None:
    today = date(2026, 11, 22)
    values = {
        persons.birth_band(text, today),
        persons.sex(text),
        persons.region(text),
        persons.language(text),
    }
    values |= {persons.channel(text), persons.consent(text), persons.phone_class(text)}
    values |= {persons.mail_provider(text), persons.given(text)}
    assert all(value.isascii() and len(value) <= 20 for value in values)
