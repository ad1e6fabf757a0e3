"""A site with few visitors, or with a short way to registration, does not keep a day from being published."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.nights import Network, network, site

DAY = dt.date(2025, 3, 3)
WHOLE = ("landing", "form", "details", "confirm", "done")
PAGES = ("/", "/stores", "/map", *(f"/register/{step}" for step in WHOLE))
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0"


def line_of(chance: random.Random, visitor: int) -> str:
    """A request at any time of the day for any page."""
    time = ":".join(f"{chance.randrange(most):02}" for most in (24, 60, 60))
    address = f"198.51.100.{visitor}" if visitor % 2 else f"203.0.113.{visitor}"
    page = chance.choice(PAGES)
    return f'{address} - - [03/Mar/2025:{time} +0500] "GET {page} HTTP/1.1" 200 512 "-" "{AGENT}"\n'


def small(folder: Path, steps: tuple[str, ...]) -> Network:
    """Sixty visitors who wander about."""
    chance = random.Random(4)
    funnel = "".join(f'[[sites.funnel]]\nstep = "{step}"\nroute = "/register/{step}"\n' for step in steps)
    made = network(folder / "net", site("mall", "web") + "\n" + funnel)
    lines = [line_of(chance, visitor) for visitor in range(1, 61) for _ in range(chance.randint(1, 6))]
    made.write("logs/mall/web/a.log", "".join(lines).encode())
    return made


@pytest.mark.parametrize("steps", [WHOLE, ("landing", "done"), ("form", "confirm"), ("done",)])
def test_a_small_site_is_published_with_the_steps_that_it_has(tmp_path: Path, steps: tuple[str, ...]) -> None:
    net = small(tmp_path, steps)
    counts = net.night(DAY)
    assert (counts.failures, [one.verdict for one in counts.days]) == ((), ["published"])
    path = (
        net.store / "published" / "tables" / "daily_funnel_to_registration" / f"day={DAY}" / "part-0.parquet"
    )
    rows = pq.ParquetFile(path).read().to_pylist()
    assert {row["step"] for row in rows} == set(steps)
    assert all((row["visitor_count"] is None) == (row["status"] == "suppressed") for row in rows)
