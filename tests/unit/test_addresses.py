"""Addresses are cut to what may be keyed, however a server dressed them."""

from __future__ import annotations

import pytest

from iesiz.deidentify.addresses import Address, parse_address

IPV4 = Address(b"\x04\xc0\x00\x02\x11", b"\x04\xc0\x00\x02")


def named(name: bytes) -> Address:
    """A host name, with its length before it, of no known network."""
    return Address(b"\x01" + bytes([0, 0, 0, len(name)]) + name, b"\x00")


IPV6 = Address(b"\x06\x20\x01\x0d\xb8\x00\x01\x00\x02", b"\x06\x20\x01\x0d\xb8\x00\x01")
UNKNOWN = Address(b"\x02", b"\x00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.17", IPV4),  # plain
        ("192.0.2.17:443", IPV4),  # with a port, as load balancers write it
        ('"192.0.2.17"', IPV4),  # a quoted header value
        ("[192.0.2.17]:443", IPV4),  # brackets where none are needed
        (" 192.0.2.17 ", IPV4),  # cut out of a list
        ("::ffff:192.0.2.17", IPV4),  # a server listening on both families
        ("[::ffff:c000:211]:80", IPV4),  # the same, in hexadecimal
        ("2001:db8:1:2:3:4:5:6", IPV6),  # cut to the /64, network to the /48
        ("2001:DB8:1:2::", IPV6),  # capitals and compression
        ("[2001:db8:1:2::9]:443", IPV6),  # with a port
        ("2001:db8:1:2::9%eth0", IPV6),  # with a zone
        ("-", UNKNOWN),  # the log's own mark
        ("", UNKNOWN),  # JSON's own mark
        ("unknown", UNKNOWN),  # a proxy that will not tell
        ("Shop.Example.", named(b"shop.example")),  # a name, in any case, with the root's dot
        ("shop.example:8080", named(b"shop.example")),  # a name with a port
        ("192.0.02.17", named(b"192.0.02.17")),  # readers disagree whether 02 is octal
        ("192.0.2.256", named(b"192.0.2.256")),  # no octet
        ("192.0.2", named(b"192.0.2")),  # too short, though some readers fill it
        ("192.0.2.17.", named(b"192.0.2.17")),  # a name that looks like an address
    ],
)
def test_reads_the_address(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


def test_names_and_unparseable_text_share_one_network() -> None:
    # Networks are counted to require three of them: what has none must never add up to three.
    texts = ["one.example", "two.example", "%%%", "\ud800", "192.0.2.17\x00", "1:2:3:zz", "-", "\uff11.2.3.4"]
    assert {parse_address(text).network for text in texts} == {b"\x00"}


def test_neighbours_share_the_network_and_not_the_key() -> None:
    first, second = parse_address("192.0.2.1"), parse_address("192.0.2.2")
    assert first.network == second.network
    assert first.canonical != second.canonical


@pytest.mark.parametrize("network", [b"", b"\x04\xc0", b"\x06\x20\x01\x0d\xb8", b"\x00\x00", b"\x09abc"])
def test_refuses_another_shape_of_network(network: bytes) -> None:
    with pytest.raises(ValueError, match="version byte"):
        Address(b"\x02", network)
