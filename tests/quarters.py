"""A network of which a quarter's registrations and a month's visits can be closed in a second or two."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.nights import Network, log, network, site

LAST = dt.date(2025, 3, 31)
FIELDS = (
    "registration_id",
    "registered_at",
    "site",
    "birth_date",
    "sex",
    "region",
    "channel",
    "interests",
    "marketing_consent",
)
REGISTRATION = '[registration]\nsites = ["mall"]\npaths = ["registrations.csv"]\n'
COLUMNS = ("site", "age", "sex", "region", "channel", "interests", "marketing_consent")

Person = dict[str, str]


def people(count: int, start: dt.date = dt.date(2025, 1, 1), days: int = 90, seed: int = 7) -> list[Person]:
    """People of a quarter, most of them in a large city, a few of rare regions and channels."""
    chance = random.Random(seed)
    return [
        {
            "registration_id": f"{start:%Y%m}-{number}",
            "registered_at": f"{start + dt.timedelta(days=chance.randrange(days))}T12:00:00+05:00",
            "site": "mall",
            "birth_date": f"{chance.randint(1955, 2005)}-06-15",
            "sex": chance.choice(("female", "male")),
            "region": chance.choices(("almaty", "astana", "abai", "ulytau"), (60, 30, 9, 1))[0],
            "channel": chance.choices(("web", "app", "kiosk"), (70, 29, 1))[0],
            "interests": chance.choice(("music", "")),
            "marketing_consent": chance.choice(("yes", "no")),
        }
        for number in range(count)
    ]


def quarter(base: Path, persons: Sequence[Person], more: str = "") -> Network:
    """A network with these people and one day of visits, the last of the quarter.

    Its two visitors close the day, and are too few for a release of visits to be sought for long.
    """
    made = network(base, site("mall", "web"), REGISTRATION + more)
    deliver(made, persons)
    made.write("logs/mall/web/last.log", log(LAST, range(1, 3)))
    return made


def deliver(net: Network, persons: Sequence[Person]) -> None:
    """Make these the people that the source has."""
    rows = [",".join(FIELDS), *(",".join(one[name] for name in FIELDS) for one in persons)]
    net.write("registrations.csv", "\n".join([*rows, ""]).encode())


def release_path(net: Network, name: str = "registrations", period: str = "quarter=2025-Q1") -> Path:
    """Where a release lies."""
    return net.store / "published" / "microdata" / name / period / "part-0.parquet"


def records_of(net: Network, name: str = "registrations", period: str = "quarter=2025-Q1") -> pa.Table:
    """A release as readers see it."""
    return pq.ParquetFile(release_path(net, name, period)).read()


def noted(net: Network) -> list[dict[str, Any]]:
    """What the restricted ledger notes of closed microdata."""
    from iesiz.publish import closed_microdata

    return [dict(one) for one in closed_microdata(net.settings).values()]
