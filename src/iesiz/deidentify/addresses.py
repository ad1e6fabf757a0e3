"""Job: read a client address and say over which bytes a pseudonym of it may be keyed.

In: one distinct address as a log wrote it. Out: an `Address`, cut to what may be keyed.
Must not: keep an address beyond the value returned, resolve a name, or raise on any text.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

_VERSION_4 = b"\x04"
_VERSION_6 = b"\x06"
_HOST_NAME = b"\x01"
_UNKNOWN = b"\x02"
# Networks are counted to require at least three of them, so what has no network known shares one:
# a thousand host names then still count as a single network.
_NO_NETWORK = b"\x00"
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"
_NETWORK_LENGTHS = {_NO_NETWORK: 1, _VERSION_4: 4, _VERSION_6: 7}


@dataclass(frozen=True, slots=True)
class Address:
    r"""A client address, cut to what a pseudonym may be keyed over. Still identifying: memory only.

    Attributes:
        canonical: b"\x04" and the 4 bytes of IPv4; b"\x06" and the first 8 bytes of IPv6 (the /64);
            b"\x01", four bytes of length and the casefolded host name in UTF-8; b"\x02" when no address
            was given. None is the beginning of another.
        network: b"\x04" and the first 3 bytes of IPv4 (the /24); b"\x06" and the first 6 bytes of
            IPv6 (the /48); b"\x00" for every host name, unparseable text and unknown address.

    Raises:
        ValueError: the network is none of the three shapes above.
    """

    canonical: bytes
    network: bytes

    def __post_init__(self) -> None:
        if _NETWORK_LENGTHS.get(self.network[:1]) != len(self.network):
            raise ValueError("Address.network must be a version byte and a /24 or /48, or b'\\x00'")

    @property
    def is_version_4(self) -> bool:
        """Whether it is an address of IPv4."""
        return self.canonical.startswith(_VERSION_4)


def parse_address(text: str) -> Address:
    """Read a client address: IPv4, IPv6 or a host name, with or without quotes, brackets, port and zone.

    IPv4-in-IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. Octets with leading zeros are no IPv4, since
    readers disagree whether they are octal: such text counts as a host name. Raises nothing.
    """
    return _ipv4(text) or _dressed(text.strip(" \t\r\n\"'"))


def _dressed(text: str) -> Address:
    """Take off brackets, port and zone, then read what is left."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = _without_port(text)
    if text.casefold() in {"", "-", "unknown"}:
        return Address(_UNKNOWN, _NO_NETWORK)
    return _ipv4(text) or _ipv6(text) or _host_name(text)


def _without_port(text: str) -> str:
    host, _, port = text.partition(":")
    return host if port.isdigit() or not port else text


def _ipv4(text: str) -> Address | None:
    # The cheap look first: host names and IPv6 then never pay for a refused inet_pton.
    if text.count(".") != 3 or not text[:1].isdigit():
        return None
    try:
        packed = socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return None
    return _of_packed4(packed)


def _ipv6(text: str) -> Address | None:
    if ":" not in text:
        return None
    try:
        packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED_PREFIX):
        return _of_packed4(packed[12:])
    return Address(_VERSION_6 + packed[:8], _VERSION_6 + packed[:6])


def _of_packed4(packed: bytes) -> Address:
    return Address(_VERSION_4 + packed, _VERSION_4 + packed[:3])


def _host_name(text: str) -> Address:
    name = text.casefold().rstrip(".")
    # A log read with surrogateescape may hold lone surrogates; they only have to stay distinct.
    encoded = name.encode("utf-8", "surrogatepass")
    # With its length before it no name is the beginning of another, whatever an agent adds behind it.
    return Address(_HOST_NAME + len(encoded).to_bytes(4, "big") + encoded, _NO_NETWORK)
