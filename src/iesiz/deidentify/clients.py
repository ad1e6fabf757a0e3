"""Clients, networks and agents met in one file, by number; what their pseudonyms are made of.

Identified, so in memory only and for one file only. Addresses written in several ways are one client. One of
IPv4 is a whole number, so that nearly all are read, numbered and written without the interpreter. Agents are
not held: whoever meets a visitor has the agent at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.address_kernel import OTHER, read_plain
from iesiz.deidentify.numbering import Numbers
from iesiz.deidentify.other_addresses import OtherAddresses
from iesiz.deidentify.texts import Texts
from iesiz.records import CodedText

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
MOST_ADDRESSES = 1 << 20  # that are remembered; one of IPv4 takes some 30 bytes
MOST_OTHERS = 1 << 18  # of them that are not written as IPv4; one takes some 250 bytes
ADDRESS_4, NETWORK_4 = 4, 3  # octets of IPv4


@dataclass(slots=True)
class Clients:
    """Numbers from 0 for clients (address, IPv6 cut to /64), their networks and agents."""

    _agents: Texts = field(default_factory=Texts)
    _clients: Numbers = field(default_factory=Numbers)
    _networks: Numbers = field(default_factory=Numbers)
    _others: OtherAddresses = field(default_factory=lambda: OtherAddresses(MOST_OTHERS))

    def have_room_for(self, addresses: CodedText, agents: CodedText) -> bool:
        """Whether more may be numbered; else one begins anew."""
        known, more = self._clients.known, len(addresses.starts)
        is_room = not known or known + more <= MOST_ADDRESSES
        return is_room and self._others.has_room_for(addresses) and self._agents.has_room_for(agents)

    def of_addresses(self, addresses: CodedText) -> tuple[Int32, Int32]:
        """The numbers of client and network of each distinct value."""
        client = np.empty(len(addresses.starts), np.int64)
        read_plain(addresses.data, addresses.starts, addresses.lengths, client)
        network, other = client >> 8, np.flatnonzero(client == OTHER)
        if len(other):
            client[other], network[other] = self._others.keys(addresses, other)
        return self._clients.of(client)[0], self._networks.of(network)[0]

    def of_agents(self, agents: CodedText) -> Int32:
        """The number of each distinct value."""
        return self._agents.numbers(agents)[0]

    def visitors(self, clients: Int32, texts: CodedText) -> pa.BinaryArray:
        """What pseudonyms of visitors are made of: the client in canonical form, ``|``, and its text.

        Args:
            clients: numbers, one a visitor.
            texts: one a visitor: the agent, or the agent's digest.
        """
        return self._others.clients.messages(self._clients.keys[clients], ADDRESS_4, texts)

    def networks(self, networks: Int32) -> pa.BinaryArray:
        """What network pseudonyms are made of."""
        return self._others.networks.messages(self._networks.keys[networks], NETWORK_4)
