"""A night as it happens: a worker takes a scheduled run and publishes from the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iesiz.settings import load_settings
from tests.flows.prefect_server import PrefectServer, wait_for

# 02:30 on 5 November in Almaty, when UTC is still on the fourth; long past, so that the run starts late.
SCHEDULED = "2026-11-04T21:30:00Z"
DAY_BEFORE = "2026-11-04"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def start_night(server: PrefectServer, settings_path: Path) -> str:
    deployment = server.get("/deployments/name/nightly/nightly")
    body = {
        "parameters": {"settings_path": str(settings_path)},
        "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": SCHEDULED}},
    }
    run: dict[str, Any] = server.post(f"/deployments/{deployment['id']}/create_flow_run", body)
    return str(run["id"])


def ended_state(server: PrefectServer, run_id: str) -> dict[str, Any] | None:
    state: dict[str, Any] = server.get(f"/flow_runs/{run_id}")["state"]
    return state if state["type"] in ENDED else None


def test_a_late_run_publishes_the_day_it_was_scheduled_for(worker: PrefectServer, small_store: Path) -> None:
    run_id = start_night(worker, small_store)
    state = wait_for(lambda: ended_state(worker, run_id), "the end of the night")
    assert state["type"] == "COMPLETED", (state["message"], (worker.home / "worker.log").read_text()[-3000:])
    assert state["message"] == "All states completed."

    [artifact] = worker.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}})
    assert artifact["type"] == "table"
    assert f'"day {DAY_BEFORE}", "verdict": "published"' in artifact["data"]

    published = load_settings(small_store).published
    days = sorted(folder.name for folder in (published / "tables" / "daily_visitors_by_site").iterdir())
    assert days[-1] == f"day={DAY_BEFORE}"  # the files hold six days more
    assert (published / "catalog.duckdb").is_file()
