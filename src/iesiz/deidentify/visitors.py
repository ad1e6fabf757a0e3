"""Day pseudonyms of visitors and networks, under keys of (purpose, site, local day).

The visitor key of the reference: HMAC over the normalised address and the agent. Equal pairs on two days
have nothing in common, and once a day's key is destroyed nobody can make its pseudonyms again. What its
visitors are called within their week and month is made beside them (``met_visitors``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.clients import Clients
from iesiz.deidentify.keys import PSEUDONYM_BYTES, KeyRing
from iesiz.deidentify.local_time import date_of
from iesiz.deidentify.met_visitors import MetVisitors
from iesiz.deidentify.numbering import MOST_KEYS, Numbering
from iesiz.deidentify.pair_kernel import DAY_BITS, network_keys, visitor_keys
from iesiz.digest_columns import digest_column
from iesiz.distinct import distinct_numbers
from iesiz.errors import InputError
from iesiz.records import CodedText

Days = npt.NDArray[np.int32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Pseudonyms = npt.NDArray[np.uint8]
VISITOR, NETWORK = "visitor", "network"
VISITOR_KEYS = (VISITOR, NETWORK)
MOST_DAYS = 1 << DAY_BITS


def visitor_message(address: str, agent: str) -> bytes:
    """What the visitor pseudonym of an address and an agent, as the log writes them, is made of."""
    return parse_address(address).canonical + b"|" + agent.encode()


@dataclass(slots=True)
class Visitors:
    """Makes the two pseudonyms of a site's records.

    What it has met is remembered for one file and in memory only, so that each (client, agent, day) is
    keyed once; when too much was met it forgets, so that memory stays bounded.
    """

    site: str
    keys: KeyRing
    met: MetVisitors
    _secrets: dict[tuple[str, int], bytes] = field(default_factory=dict)
    _clients: Clients = field(default_factory=Clients)
    _days: dict[int, int] = field(default_factory=dict)
    _visitors: Numbering = field(default_factory=Numbering)
    _networks: Numbering = field(default_factory=Numbering)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def columns(self, addresses: CodedText, agents: CodedText | None, days: Days) -> dict[str, pa.Array]:
        """``visitor`` and ``network`` as dictionary arrays, a row a record."""
        agents = agents or CodedText.of(np.zeros(len(days), np.int32), (b"",))
        with self._lock:
            self._forget_if_full(addresses, agents)
            clients, networks = self._clients.of_addresses(addresses)
            browsers = self._clients.of_agents(agents)
            day, keys = self._day_ids(days), np.empty((2, len(days)), np.int64)
            visitor_keys(clients, addresses.codes, browsers, agents.codes, day, keys[0])
            network_keys(networks, addresses.codes, day, keys[1])
            return {
                VISITOR: self._visitors.column(
                    keys[0],
                    lambda rows: self._meet(
                        clients[addresses.codes[rows]], agents, agents.codes[rows], days[rows]
                    ),
                ),
                NETWORK: self._networks.column(
                    keys[1],
                    lambda rows: self._make(
                        NETWORK, self._clients.networks(networks[addresses.codes[rows]]), days[rows]
                    ).tobytes(),
                ),
            }

    def take_met(self) -> dict[dt.date, pa.Table]:
        """Visitors met since this was last asked, by day, with what they are called in longer periods."""
        with self._lock:
            return self.met.take()

    def _meet(self, clients: Int32, agents: CodedText, codes: Int32, days: Days) -> bytes:
        """Day pseudonyms of new visitors; what they are called in longer periods is left in ``met``."""
        made = self._make(VISITOR, self._clients.visitors(clients, agents.one_a_row(codes)), days)
        distinct, place = distinct_numbers(codes)
        digests = [hashlib.sha256(agent).digest() for agent in agents.at(distinct)]
        short = CodedText.of(place.astype(np.int32), digests)
        self.met.add(days, made, self._clients.visitors(clients, short.one_a_row(short.codes)))
        return made.tobytes()

    def _make(self, purpose: str, messages: pa.BinaryArray, days: Days) -> Pseudonyms:
        made = np.empty((len(days), PSEUDONYM_BYTES), np.uint8)
        distinct, place = distinct_numbers(days)
        for number, day in enumerate(distinct.tolist()):
            rows = np.flatnonzero(place == number)
            own = messages if len(distinct) == 1 else messages.take(pa.array(rows))
            made[rows] = digest_column(own, self._secret(purpose, day))[:, :PSEUDONYM_BYTES]
        return made

    def _secret(self, purpose: str, day: int) -> bytes:
        if (purpose, day) not in self._secrets:
            epoch = date_of(day).isoformat()
            self._secrets[purpose, day] = self.keys.key(purpose, self.site, epoch)
        return self._secrets[purpose, day]

    def _day_ids(self, days: Days) -> Int64:
        distinct, place = distinct_numbers(days)
        return np.array([self._day_id(day) for day in distinct.tolist()], np.int64)[place]

    def _day_id(self, day: int) -> int:
        if len(self._days) == MOST_DAYS and day not in self._days:
            raise InputError(f"more than {MOST_DAYS} local days in one log: its times cannot be right.")
        return self._days.setdefault(day, len(self._days))

    def _forget_if_full(self, addresses: CodedText, agents: CodedText) -> None:
        """Numbers of clients are parts of the keys: with the clients the keys go, but not the other way."""
        is_over = not self._clients.have_room_for(addresses, agents)
        if is_over:
            self._clients, self._days = Clients(), {}
        if is_over or self._visitors.known > MOST_KEYS:
            self._visitors = Numbering()
        if is_over or self._networks.known > MOST_KEYS:
            self._networks = Numbering()
