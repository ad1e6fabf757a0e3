"""What Prefect keeps of a night holds nothing of a person: its database, its logs, its failing runs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from iesiz.settings import load_settings
from tests.flows.prefect_server import PrefectServer, wait_for
from tests.flows.test_worker import ended_state
from tests.nights import DAY
from tests.privacy.canaries import found_in, found_in_bytes, planted
from tests.privacy.planting import plant


def run_night(server: PrefectServer, base: Path) -> str:
    """Run the deployment over the planted network; the type of its last state."""
    deployment = server.get("/deployments/name/nightly/nightly")
    body = {"parameters": {"settings_path": str(base / "iesiz.toml"), "day": DAY.isoformat()}}
    run = server.post(f"/deployments/{deployment['id']}/create_flow_run", body)
    state = wait_for(lambda: ended_state(server, str(run["id"])), "the end of the night")
    return str(state["type"])


@pytest.mark.parametrize("kind", ["a night that succeeds", "a night that fails"])
def test_prefect_keeps_nothing_of_a_person(worker: PrefectServer, tmp_path: Path, kind: str) -> None:
    net = plant(tmp_path / "network")
    if kind == "a night that fails":
        path = next(net.base.glob("logs/**/*.log"))
        (path.parent / "cut.log").write_bytes(gzip.compress(path.read_bytes() * 2)[:-20])
        rows = (net.base / "registrations.csv").read_bytes()
        (net.base / "registrations.csv").write_bytes(rows.replace(b"@", b"\xff\xfe@", 3))
    ended = run_night(worker, net.base)
    assert ended == ("FAILED" if "fails" in kind else "COMPLETED")
    assert found_in_bytes(worker.everything_stored(), "database") == []
    assert found_in(worker.home) == []
    assert found_in(load_settings(net.base / "iesiz.toml").published) == []


def test_the_search_finds_a_canary_that_prefect_was_given(worker: PrefectServer) -> None:
    """The control: a parameter of a run is kept, so a canary in one must be found."""
    canary = planted("bad_line")[0].text
    deployment = worker.get("/deployments/name/nightly/nightly")
    body = {"parameters": {"settings_path": f"/nowhere/{canary}/iesiz.toml"}, "state": {"type": "CANCELLED"}}
    worker.post(f"/deployments/{deployment['id']}/create_flow_run", body)
    assert found_in_bytes(worker.everything_stored(), "database") != []
