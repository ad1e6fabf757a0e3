"""Job: find the client's address in a header that proxies write, where a log's settings name the proxies.

In: a parsed chunk, with the address of the peer and the header as they were logged. Out: the chunk with the
client's address in the peer's place. Must not: believe a header that no trusted proxy sent, keep a header's
text beyond the file, or raise on any text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import numpy as np

from iesiz.records import ADDRESS, CodedText, ParsedChunk

UNKNOWN_CLIENT = "client_unknown"
SOCKET = "unix:"  # how nginx logs a proxy on the same machine
MOST_HOPS = 1 << 16


@dataclass(frozen=True)
class Proxies:
    """The proxies in front of a server, and the header in which they say whom a request came from.

    Attributes:
        header: the field of the log that holds the header.
        trusted: networks of the proxies, as `192.0.2.0/24`, and perhaps `unix:`.
        client: given peer and header as they were logged, the client's address; None where it is not told.

    Raises:
        ValueError: what is trusted is no network.
    """

    header: str
    trusted: tuple[str, ...]
    client: Callable[[bytes, bytes], bytes | None] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Read the networks, and remember what was met for the time of one file."""
        networks = [ip_network(one) for one in self.trusted if one != SOCKET]
        parts = [(one.version, int(one.network_address), int(one.netmask)) for one in networks]

        def hop(text: bytes) -> Hop:
            found = ip_of(text)
            if found is None:
                return Hop(b"", SOCKET in self.trusted and text.startswith(SOCKET.encode()))
            number, version = int(found), found.version
            return Hop(
                str(found).encode(), any(version == one and number & mask == low for one, low, mask in parts)
            )

        hop_of = lru_cache(MOST_HOPS)(hop)
        object.__setattr__(
            self, "client", lru_cache(MOST_HOPS)(lambda peer, header: _client(peer, header, hop_of))
        )


@dataclass(frozen=True, slots=True)
class Hop:
    """An address on the way, empty if the text is none, and whether it is a proxy's."""

    address: bytes
    is_trusted: bool


def _client(peer: bytes, header: bytes, hop_of: Callable[[bytes], Hop]) -> bytes | None:
    """The rightmost address that is no proxy's, the leftmost if all are; None if other text comes before."""
    if not hop_of(peer).is_trusted:
        return peer
    client = b""
    for text in reversed(header.split(b",")):
        if not text.strip():
            continue
        hop = hop_of(text)
        client = hop.address
        if not hop.address or not hop.is_trusted:
            break
    return client or None


def ip_of(text: bytes) -> IPv4Address | IPv6Address | None:
    """An address, with or without quotes, brackets, port and zone; IPv4-in-IPv6 is IPv4. Else None."""
    bare = text.decode("latin-1").strip(" \t\"'")
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        host, _, port = bare.partition(":")
        bare = host if port.isdigit() else bare
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def with_clients(chunk: ParsedChunk, proxies: Proxies) -> ParsedChunk:
    """Put each line's client in its peer's place; where the header does not tell, the peer stays, counted."""
    peers = chunk.texts[ADDRESS]
    header = chunk.texts.get(proxies.header) or CodedText.of(np.zeros(chunk.rows, np.int32), (b"",))
    pairs = (peers.codes.astype(np.int64) << 32) | header.codes
    distinct, first, place = np.unique(pairs, return_index=True, return_inverse=True)
    codes, values, unknown = (
        np.zeros(len(distinct), np.int32),
        dict[bytes, int](),
        np.zeros(len(distinct), bool),
    )
    for at in np.argsort(first).tolist():
        peer = peers.values[peers.codes[first[at]]]
        client = proxies.client(peer, header.values[header.codes[first[at]]])
        unknown[at] = client is None
        codes[at] = values.setdefault(peer if client is None else client, len(values))
    counts = chunk.counts.noting(UNKNOWN_CLIENT, int(unknown[place].sum()))
    clients = CodedText.of(codes[place], tuple(values))
    return replace(chunk, counts=counts, texts={**chunk.texts, ADDRESS: clients})
