"""Whatever text arrives, classes never raise and say only words of their lists."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.agents import Device, RobotReason, agent_browsers, agent_systems, classify_agent
from iesiz.deidentify.referrers import Kind, classify_referrer, referrer_sources

# Lone surrogates among them: a log read with surrogateescape holds such text.
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
WORDS = [
    "Mozilla/5.0 (",
    "Android",
    "; wv)",
    "iPhone",
    "bot",
    "https",
    "://",
    "google",
    "com",
    "utm_source=",
]
ADDRESSES = ["192.0.2.1", "2001:db8::", "::ffff:"]
PIECES = st.sampled_from([*WORDS, *ADDRESSES, *'@:[]%/?-.\\"\x00\ud800\u0130'])
HOSTILE = st.lists(st.one_of(PIECES, ANY_TEXT), max_size=12).map("".join)
OWN = frozenset({"mall.example"})


@given(HOSTILE)
def test_any_address_has_a_key_and_a_network(text: str) -> None:
    address = parse_address(text)
    lengths = {b"\x04": (5, 4), b"\x06": (9, 7), b"\x02": (1, 1)}
    version = address.canonical[:1]
    if version == b"\x01":
        assert address.network == b"\x00"
    else:
        assert (len(address.canonical), len(address.network)) == lengths[version]


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_dressing_does_not_change_ipv4(address: object, port: int) -> None:
    plain = parse_address(str(address))
    for dressed in (f"{address}:{port}", f"[{address}]:{port}", f"::ffff:{address}", f'"{address}"'):
        assert parse_address(dressed) == plain


@given(st.ip_addresses(v=6, network="2001:db8::/32"), st.integers(0, 65535))
def test_ipv6_is_keyed_by_its_first_half(address: object, port: int) -> None:
    packed = int(address).to_bytes(16, "big")  # type: ignore[call-overload]
    found = parse_address(f"[{address}%eth0]:{port}")
    assert (found.canonical, found.network) == (b"\x06" + packed[:8], b"\x06" + packed[:6])


@given(HOSTILE)
def test_any_agent_gives_listed_words(text: str) -> None:
    agent = classify_agent(text)
    assert agent.device in get_args(Device)
    assert agent.robot_reason in get_args(RobotReason)
    assert agent.system in agent_systems()
    assert agent.browser in agent_browsers()


@given(HOSTILE, st.none() | HOSTILE)
def test_any_referrer_gives_listed_words(referrer: str, query: str | None) -> None:
    found = classify_referrer(referrer, query, OWN)
    assert found.kind in get_args(Kind)
    assert found.source in referrer_sources()


@given(ANY_TEXT)
def test_what_stands_before_a_foreign_suffix_never_names_it(text: str) -> None:
    assert classify_referrer(f"https://{text}.invalid.example/", None, OWN).source == ""
