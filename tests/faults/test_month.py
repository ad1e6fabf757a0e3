"""A month that was lived through with crashes ends in the bytes of the same month without."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from iesiz.publish import verify_store
from iesiz.status import status_of
from tests.faults import world
from tests.faults.conftest import Start
from tests.faults.month import FORGOTTEN_AT, LATE
from tests.faults.runs import Fault
from tests.nights import Network

# One night dies while it writes, one in the middle of its releases.
CRASHES = {12: Fault("kill", 9), 23: Fault("kill", 150)}

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def months(start: Start, tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Network]:
    """The same month, undisturbed and disturbed."""

    def lived(name: str, crashes: Mapping[int, Fault]) -> Network:
        net = Network(tmp_path_factory.mktemp(name) / "network")
        asked = "".join(json.dumps([day, asdict(fault)]) + "\n" for day, fault in crashes.items())
        errors = net.base.with_name("errors")
        with start("tests.faults.month", net.base, errors=errors) as nights:
            nights.communicate(asked)
        assert nights.returncode == 0, errors.read_text()
        return net

    with ThreadPoolExecutor(2) as pool:
        undisturbed, disturbed = pool.map(lived, ("undisturbed", "disturbed"), ({}, CRASHES))
    return undisturbed, disturbed


# One test, so that both months are lived through by one worker.
def test_a_month_with_crashes_ends_in_the_bytes_of_one_without(months: tuple[Network, Network]) -> None:
    undisturbed, disturbed = map(world.kept, months)
    assert sum("daily_visitors_by_site/" in name for name in undisturbed) == 30  # a day had no file
    for released in ("monthly_visitors_by_site", "microdata/visits"):
        assert any(f"{released}/month=2025-03" in name for name in undisturbed)
    assert disturbed == undisturbed
    for net in months:
        assert world.leftovers(net) == []
        assert verify_store(net.settings) == ()
        assert_all_that_there_should_be(net)


def assert_all_that_there_should_be(net: Network) -> None:
    """A late file, a forgotten person, keys that were destroyed at the end of their time."""
    days = {one.day: one for one in status_of(net.settings).days}
    assert days[f"2025-03-{LATE}"].late == 18
    noted = (net.store / "restricted" / "ledger.jsonl").read_text()
    assert '"forgotten"' in noted
    assert '"destroyed"' in noted
    left: Mapping[str, object] = {path.stem: path for path in (net.store / "restricted/keys").rglob("*.key")}
    assert f"2025-03-{LATE}" not in left
    assert f"2025-03-{FORGOTTEN_AT}" not in left or FORGOTTEN_AT > 22
