"""Day pseudonyms of visitors and networks, under keys of (purpose, site, local day).

The visitor key of the reference: HMAC over the normalised address and the agent. Equal pairs on two days
have nothing in common, and once a day's key is destroyed nobody can make its pseudonyms again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.addresses import Address, parse_address
from iesiz.deidentify.keys import KeyRing, Pseudonymiser
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.numbering import MOST_KEYS, Numbering
from iesiz.errors import InputError
from iesiz.records import CodedText

Days = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
VISITOR, NETWORK = "visitor", "network"
NO_AGENT = (b"",)
ADDRESS_BITS, AGENT_BITS, DAY_BITS = 22, 22, 12
MOST_IDS = 1 << 20
MOST_DAYS = 1 << DAY_BITS


@dataclass(slots=True)
class Visitors:
    """Makes the two pseudonyms of a site's records.

    What it has met is remembered for one file and in memory only, so that each (address, agent, day) is
    keyed once; when too much was met it forgets, so that memory stays bounded.
    """

    site: str
    keys: KeyRing
    _keyed: dict[tuple[str, int], Pseudonymiser] = field(default_factory=dict)
    _addresses: dict[bytes, int] = field(default_factory=dict)
    _agents: dict[bytes, int] = field(default_factory=dict)
    _days: dict[int, int] = field(default_factory=dict)
    _visitors: Numbering = field(default_factory=Numbering)
    _networks: Numbering = field(default_factory=Numbering)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def columns(self, addresses: CodedText, agents: CodedText | None, days: Days) -> dict[str, pa.Array]:
        """``visitor`` and ``network`` as dictionary arrays, a row a record."""
        agents = agents or CodedText(np.zeros(len(days), np.int32), NO_AGENT)
        with self._lock:
            self._forget_if_full(addresses, agents)
            address_ids = _ids(self._addresses, addresses.values)[addresses.codes]
            agent_ids = _ids(self._agents, agents.values)[agents.codes]
            place = (address_ids << DAY_BITS) + self._day_ids(days)
            facts = _Rows(addresses, agents, days)
            return {
                VISITOR: self._visitors.column(
                    (agent_ids << ADDRESS_BITS + DAY_BITS) + place,
                    lambda rows: self._make(VISITOR, rows, facts),
                ),
                NETWORK: self._networks.column(place, lambda rows: self._make(NETWORK, rows, facts)),
            }

    def _make(self, purpose: str, rows: list[int], facts: _Rows) -> list[bytes]:
        messages = facts.visitors(rows) if purpose == VISITOR else facts.networks(rows)
        days = facts.days[rows].tolist()
        return [
            self._keyed_for(purpose, day).of(message) for day, message in zip(days, messages, strict=True)
        ]

    def _keyed_for(self, purpose: str, day: int) -> Pseudonymiser:
        keyed = self._keyed.get((purpose, day))
        if keyed is None:
            secret = self.keys.key(purpose, self.site, date_of(day).isoformat())
            keyed = self._keyed[purpose, day] = Pseudonymiser.under(secret)
        return keyed

    def _day_ids(self, days: Days) -> Int64:
        distinct, place = np.unique(days, return_inverse=True)
        ids = [self._days.setdefault(day, len(self._days)) for day in distinct.tolist()]
        if len(self._days) > MOST_DAYS:
            raise InputError(f"more than {MOST_DAYS} local days in one log: its times cannot be right.")
        return np.array(ids, np.int64)[place]

    def _forget_if_full(self, addresses: CodedText, agents: CodedText) -> None:
        most = max(len(self._addresses) + len(addresses.values), len(self._agents) + len(agents.values))
        if most > MOST_IDS or max(self._visitors.known, self._networks.known) > MOST_KEYS:
            self._addresses, self._agents, self._days = {}, {}, {}
            self._visitors, self._networks = Numbering(), Numbering()


@dataclass(slots=True)
class _Rows:
    """What the values of a row are made from."""

    addresses: CodedText
    agents: CodedText
    days: Days
    _parsed: dict[int, Address] = field(default_factory=dict)

    def _address(self, row: int) -> Address:
        code = int(self.addresses.codes[row])
        found = self._parsed.get(code)
        if found is None:
            text = self.addresses.values[code].decode("utf-8", "backslashreplace")
            found = self._parsed[code] = parse_address(text)
        return found

    def visitors(self, rows: list[int]) -> list[bytes]:
        codes = self.agents.codes[rows].tolist()
        return [
            self._address(row).canonical + b"|" + self.agents.values[code]
            for row, code in zip(rows, codes, strict=True)
        ]

    def networks(self, rows: list[int]) -> list[bytes]:
        return [self._address(row).network for row in rows]


def _ids(known: dict[bytes, int], values: tuple[bytes, ...]) -> Int64:
    return np.array([known.setdefault(value, len(known)) for value in values], np.int64)
