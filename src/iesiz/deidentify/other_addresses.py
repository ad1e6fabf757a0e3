"""Addresses that are no plain IPv4: IPv6, host names, whatever else stands in their place.

In: texts of one file. Out: a key for each client and network: the number of one that is IPv4 after all, else
one from `NAMED` on, and the canonical bytes of each. Identified, so in memory only and for one file only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.deidentify.addresses import Address, parse_address
from iesiz.deidentify.named import Named
from iesiz.deidentify.texts import Texts
from iesiz.records import CodedText

Int64 = npt.NDArray[np.int64]


class OtherAddresses:
    """Parsed once each; one thread at a time, says the caller."""

    def __init__(self, most: int) -> None:
        """Remember so many texts at most."""
        self.clients, self.networks = Named(), Named()
        self._texts = Texts(most)
        self._keys = np.zeros((2, 0), np.int64)

    def has_room_for(self, addresses: CodedText) -> bool:
        """Whether more may be remembered; else one begins anew."""
        return self._texts.has_room_for(addresses)

    def keys(self, addresses: CodedText, places: Int64) -> Int64:
        """The keys of client and network of some of the values, shape (2, places)."""
        own = CodedText(
            np.zeros(0, np.int32), addresses.data, addresses.starts[places], addresses.lengths[places]
        )
        numbers, new = self._texts.numbers(own)
        if len(new):
            read = (parse_address(text.decode("utf-8", "backslashreplace")) for text in own.at(new))
            made = np.array([self._learn(one) for one in read], np.int64)
            self._keys = np.concatenate([self._keys, made.T], axis=1)
        return self._keys[:, numbers]

    def _learn(self, address: Address) -> tuple[int, int]:
        if address.is_version_4:
            client = int.from_bytes(address.canonical[1:], "big")
            return client, client >> 8
        return self.clients.key(address.canonical), self.networks.key(address.network)
