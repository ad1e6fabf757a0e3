"""Day pseudonyms of visitors and networks, under keys of (purpose, site, local day).

The visitor key of the reference: HMAC over the normalised address and the agent. Equal pairs on two days
have nothing in common, and once a day's key is destroyed nobody can make its pseudonyms again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.addresses import Address, parse_address
from iesiz.deidentify.keys import KeyRing, Pseudonymiser
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.memory import Memory
from iesiz.deidentify.pair_kernel import code_of_numbers
from iesiz.records import CodedText

Days = npt.NDArray[np.int32]
VISITOR, NETWORK = "visitor", "network"


@dataclass(slots=True)
class Visitors:
    """Makes the two pseudonyms of a site's records; what it has met is remembered for one file."""

    site: str
    keys: KeyRing
    _keyed: dict[tuple[str, int], Pseudonymiser] = field(default_factory=dict)
    _addresses: Memory[Address] = field(init=False)
    _visitors: Memory[bytes] = field(init=False)
    _networks: Memory[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing remembered."""
        self._addresses = Memory(lambda value: parse_address(cast(bytes, value).decode("utf-8", "backslashreplace")))
        self._visitors = Memory(lambda key: self._make(VISITOR, cast("tuple[int, bytes]", key)))
        self._networks = Memory(lambda key: self._make(NETWORK, cast("tuple[int, bytes]", key)))

    def columns(self, addresses: CodedText, agents: CodedText | None, days: Days) -> dict[str, pa.Array]:
        """``visitor`` and ``network`` as dictionary arrays, a row a record."""
        parsed = [self._addresses.of(value) for value in addresses.values]
        agents = agents or CodedText(np.zeros(len(days), np.int32), (b"",))
        number = (days.astype(np.int64) << 32) + addresses.codes
        network_codes, network_rows = code_of_numbers(number)
        networks = [
            self._networks.of((day, parsed[address].network))
            for day, address in zip(days[network_rows].tolist(), addresses.codes[network_rows].tolist(), strict=True)
        ]
        codes, rows = code_of_numbers(network_codes.astype(np.int64) * max(1, len(agents.values)) + agents.codes)
        visitors = [
            self._visitors.of((day, parsed[address].canonical + b"|" + agents.values[agent]))
            for day, address, agent in zip(
                days[rows].tolist(), addresses.codes[rows].tolist(), agents.codes[rows].tolist(), strict=True
            )
        ]
        return {VISITOR: _dictionary(codes, visitors), NETWORK: _dictionary(network_codes, networks)}

    def _make(self, purpose: str, key: tuple[int, bytes]) -> bytes:
        day, message = key
        keyed = self._keyed.get((purpose, day))
        if keyed is None:
            secret = self.keys.key(purpose, self.site, date_of(day).isoformat())
            keyed = self._keyed[purpose, day] = Pseudonymiser.under(secret)
        return keyed.of(message)


def _dictionary(codes: npt.NDArray[np.int32], values: list[bytes]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values, pa.binary()))
