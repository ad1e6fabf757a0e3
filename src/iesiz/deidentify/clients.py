"""Clients, networks and agents met in one file, by number; what their pseudonyms are made of.

Identified, so in memory only and for one file only. Addresses written in several ways are one client. Agents
are not held: whoever meets a visitor has the agent at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from iesiz.deidentify.address_kernel import OTHER, read_plain
from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.met_visitors import period_message
from iesiz.deidentify.texts import Texts, with_room
from iesiz.records import CodedText

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
MOST_ADDRESSES = 1 << 18  # that are remembered; each takes some 150 bytes
PLAIN = 4 << 32
"""Before an IPv4 address as a number: five bytes are ``Address.canonical``, the first four its network."""


@dataclass(slots=True)
class Clients:
    """Numbers from 0 for clients (address, IPv6 cut to /64), their networks and agents."""

    _addresses: Texts = field(default_factory=lambda: Texts(MOST_ADDRESSES))
    _agents: Texts = field(default_factory=Texts)
    _clients: dict[bytes, int] = field(default_factory=dict)
    _networks: dict[bytes, int] = field(default_factory=dict)
    _client_bytes: list[bytes] = field(default_factory=list)
    _network_bytes: list[bytes] = field(default_factory=list)
    _of_address: Int32 = field(default_factory=lambda: np.zeros((2, 0), np.int32))

    def have_room_for(self, addresses: CodedText, agents: CodedText) -> bool:
        """Whether more may be numbered; else one begins anew."""
        return self._addresses.has_room_for(addresses) and self._agents.has_room_for(agents)

    def of_addresses(self, addresses: CodedText) -> tuple[Int32, Int32]:
        """The numbers of client and network of each distinct value."""
        numbers, new = self._addresses.numbers(addresses)
        if len(new):
            plain = np.empty(len(new), np.int64)
            read_plain(addresses.data, addresses.starts[new], addresses.lengths[new], plain)
            learnt = map(self._learn, plain.tolist(), addresses.at(new))
            known = self._addresses.known
            self._of_address = with_room(self._of_address, known)
            self._of_address[:, known - len(new) : known] = np.array(list(learnt), np.int32).T
        return self._of_address[0, numbers], self._of_address[1, numbers]

    def of_agents(self, agents: CodedText) -> Int32:
        """The number of each distinct value."""
        return self._agents.numbers(agents)[0]

    def visitors(self, clients: Int64, agents: Sequence[bytes]) -> list[bytes]:
        """What visitor pseudonyms are made of: the client in canonical form, and the agent."""
        known = self._client_bytes
        return [known[client] + b"|" + agent for client, agent in zip(clients.tolist(), agents, strict=True)]

    def period_visitors(self, clients: Int64, digests: Sequence[bytes]) -> list[bytes]:
        """What their period pseudonyms are made of: the client, and the agent's digest."""
        known = self._client_bytes
        return [
            period_message(known[client], digest)
            for client, digest in zip(clients.tolist(), digests, strict=True)
        ]

    def networks(self, networks: Int64) -> list[bytes]:
        """What network pseudonyms are made of."""
        return [self._network_bytes[network] for network in networks.tolist()]

    def _learn(self, plain: int, text: bytes) -> tuple[int, int]:
        if plain == OTHER:
            address = parse_address(text.decode("utf-8", "backslashreplace"))
            whole, network = address.canonical, address.network
        else:
            whole = (PLAIN | plain).to_bytes(5, "big")
            network = whole[:4]
        return (
            _number(whole, self._clients, self._client_bytes),
            _number(network, self._networks, self._network_bytes),
        )


def _number(value: bytes, known: dict[bytes, int], values: list[bytes]) -> int:
    number = known.setdefault(value, len(known))
    if number == len(values):
        values.append(value)
    return number
