"""What an audit calls the narrowest interval is what a release told, not what was known before it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from iesiz.tools import audit_published
from tests.nights import log, network

SUNDAY = dt.date(2025, 3, 9)


def test_a_week_of_one_day_tells_nothing_that_the_day_had_not(tmp_path: Path) -> None:
    """Its visitors are withheld, and are those of its day, which is published: an interval of no width."""
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", log(SUNDAY))
    assert net.night(SUNDAY).exit_code == 0
    found = audit_published(net.settings, None, None)
    assert (found.findings, found.days, found.periods, found.exact) == ((), 1, 1, 0)
    assert found.narrowest is None or found.narrowest >= 1
    assert audit_published(net.settings, "weekly_visitors_by_site", None).narrowest is None
