"""Period pseudonyms of visitors: what a day's visitor is called within its ISO week and within its month.

Made while a log is read, since an address never reaches the disk, under keys of (site, week) and (site,
month). In: visitors whose day pseudonym was made now. Out: an Arrow table a local day, a row a visitor, with
its three pseudonyms. It must not make one for a period that has closed, nor keep what it was made of.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.keys import PERIOD, PSEUDONYM_BYTES, KeyRing
from iesiz.deidentify.local_time import date_of
from iesiz.digest_columns import digest_column
from iesiz.distinct import distinct_numbers
from iesiz.periods import Grain, Period

GRAINS = (Grain.WEEK, Grain.MONTH)
PSEUDONYM = pa.binary(PSEUDONYM_BYTES)
SCHEMA = pa.schema([("visitor", PSEUDONYM), *((str(grain), PSEUDONYM) for grain in GRAINS)])


def epoch_of(period: Period) -> str:
    """As the keys of a period are called: ``2026-w47``, ``2026-11``."""
    return period.name.lower()


def period_message(canonical: bytes, agent_digest: bytes) -> bytes:
    """What a period pseudonym is made of: short enough for one block behind the key, whatever the agent."""
    return canonical + b"|" + agent_digest


def period_visitor(address: str, agent: str) -> bytes:
    """The same of an address and an agent, as the log writes them."""
    return period_message(parse_address(address).canonical, hashlib.sha256(agent.encode()).digest())


@dataclass(slots=True)
class MetVisitors:
    """Visitors of one file whose pseudonyms were made since somebody last asked; the caller has the lock.

    Attributes:
        is_open: whether a period can still take visitors in.
    """

    site: str
    keys: KeyRing
    is_open: Callable[[Period], bool]
    _secrets: dict[Period, bytes | None] = field(default_factory=dict)
    _met: dict[dt.date, list[pa.Table]] = field(default_factory=dict)

    def add(
        self, days: npt.NDArray[np.int32], pseudonyms: npt.NDArray[np.uint8], messages: pa.BinaryArray
    ) -> None:
        """Take visitors in; those of days whose periods are all closed are called nothing.

        Args:
            days: local day of each visitor, shape (visitors,).
            pseudonyms: their day pseudonyms, shape (visitors, 16).
            messages: what their period pseudonyms are made of.
        """
        distinct, place = distinct_numbers(days)
        for number, day in enumerate(date_of(one) for one in distinct.tolist()):
            if not any(self._secret(Period.of(grain, day)) for grain in GRAINS):
                continue
            rows = np.flatnonzero(place == number)
            own = messages.take(pa.array(rows))
            columns = [_column(pseudonyms[rows].tobytes()), *(self._called(own, day, one) for one in GRAINS)]
            self._met.setdefault(day, []).append(pa.table(columns, schema=SCHEMA))

    def take(self) -> dict[dt.date, pa.Table]:
        """Those that were met, by day; they are not kept."""
        met, self._met = self._met, {}
        return {day: pa.concat_tables(tables) for day, tables in met.items()}

    def _called(self, messages: pa.Array, day: dt.date, grain: Grain) -> pa.Array:
        secret = self._secret(Period.of(grain, day))
        if secret is None:
            return pa.nulls(len(messages), PSEUDONYM)
        return _column(digest_column(messages, secret)[:, :PSEUDONYM_BYTES].tobytes())

    def _secret(self, period: Period) -> bytes | None:
        if period not in self._secrets:
            is_open = self.is_open(period)
            self._secrets[period] = self.keys.key(PERIOD, self.site, epoch_of(period)) if is_open else None
        return self._secrets[period]


def _column(pseudonyms: bytes) -> pa.Array:
    return pa.Array.from_buffers(
        PSEUDONYM, len(pseudonyms) // PSEUDONYM_BYTES, [None, pa.py_buffer(pseudonyms)]
    )
