"""Clients, networks and agents met in one file, by number; what their pseudonyms are made of.

Identified, so in memory only and for one file only. Addresses written in several ways are one client.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from iesiz.deidentify.address_kernel import OTHER
from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.met_visitors import period_message
from iesiz.deidentify.texts import Texts
from iesiz.records import CodedText

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
PLAIN = 4 << 32
"""Before an IPv4 address as a number: five bytes are ``Address.canonical``, the first four its network."""


@dataclass(slots=True)
class Clients:
    """Numbers from 0 for clients (address, IPv6 cut to /64), their networks and agents."""

    _addresses: Texts = field(default_factory=Texts)
    _agents: Texts = field(default_factory=Texts)
    _clients: dict[bytes, int] = field(default_factory=dict)
    _networks: dict[bytes, int] = field(default_factory=dict)
    _client_bytes: list[bytes] = field(default_factory=list)
    _network_bytes: list[bytes] = field(default_factory=list)
    _agent_bytes: list[bytes] = field(default_factory=list)
    _agent_digests: list[bytes] = field(default_factory=list)
    _of_address: Int32 = field(default_factory=lambda: np.zeros((2, 0), np.int32))

    def have_room_for(self, addresses: CodedText, agents: CodedText) -> bool:
        """Whether more may be numbered; else one begins anew."""
        return self._addresses.has_room_for(addresses) and self._agents.has_room_for(agents)

    def of_addresses(self, addresses: CodedText) -> tuple[Int32, Int32]:
        """The numbers of client and network of each distinct value."""
        known = self._addresses.known
        numbers = self._addresses.numbers(addresses)
        if self._addresses.known > known:
            plain = self._addresses.plain_addresses_since(known).tolist()
            texts = self._addresses.since(known)
            new = [self._learn(number, text) for number, text in zip(plain, texts, strict=True)]
            self._of_address = np.concatenate([self._of_address, np.array(new, np.int32).T], axis=1)
        return self._of_address[0, numbers], self._of_address[1, numbers]

    def of_agents(self, agents: CodedText) -> Int32:
        """The number of each distinct value."""
        known = self._agents.known
        numbers = self._agents.numbers(agents)
        new = self._agents.since(known)
        self._agent_bytes += new
        self._agent_digests += [hashlib.sha256(agent).digest() for agent in new]
        return numbers

    def visitors(self, clients: Int64, agents: Int64) -> list[bytes]:
        """What visitor pseudonyms are made of: the client in canonical form, and the agent."""
        texts = zip(clients.tolist(), agents.tolist(), strict=True)
        return [self._client_bytes[client] + b"|" + self._agent_bytes[agent] for client, agent in texts]

    def period_visitors(self, clients: Int64, agents: Int64) -> list[bytes]:
        """What their period pseudonyms are made of."""
        texts = zip(clients.tolist(), agents.tolist(), strict=True)
        return [
            period_message(self._client_bytes[client], self._agent_digests[agent]) for client, agent in texts
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
