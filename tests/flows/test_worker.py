"""A night as it happens: a worker takes a scheduled run and publishes from the sample."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from iesiz.settings import load_settings
from tests.flows.prefect_server import PrefectServer, wait_for
from tests.nights import network

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


COPIED = (
    "flow_id",
    "entrypoint",
    "path",
    "pull_steps",
    "work_pool_name",
    "job_variables",
    "parameter_openapi_schema",
)


@contextmanager
def each_minute(server: PrefectServer, settings_path: Path) -> Iterator[str]:
    """The nightly deployment under another name, with a schedule that lets no test wait for the night."""
    made = server.get("/deployments/name/nightly/nightly")
    schedule = {"active": True, "schedule": {"cron": "* * * * *", "timezone": "Asia/Almaty"}}
    parameters = {"settings_path": str(settings_path)}
    body = {name: made[name] for name in COPIED}
    body |= {"name": "each-minute", "parameters": parameters, "schedules": [schedule]}
    deployment = str(server.post("/deployments/", body)["id"])
    try:
        yield deployment
    finally:
        httpx.delete(f"{server.url}/deployments/{deployment}", timeout=30).raise_for_status()


def completed_runs(server: PrefectServer, deployment: str) -> list[dict[str, Any]]:
    body = {
        "deployments": {"id": {"any_": [deployment]}},
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
    }
    runs: list[dict[str, Any]] = server.post("/flow_runs/filter", body)
    return runs


@pytest.mark.slow
def test_a_run_on_schedule_completes(worker: PrefectServer, tmp_path: Path) -> None:
    net = network(tmp_path / "network")
    with each_minute(worker, net.base / "iesiz.toml") as deployment:
        run = wait_for(lambda: completed_runs(worker, deployment), "a scheduled night", 400)[0]
        assert run["auto_scheduled"]
        expected = dt.datetime.fromisoformat(run["expected_start_time"])
        assert expected.second == 0
        assert dt.datetime.fromisoformat(run["start_time"]) >= expected
        [artifact] = worker.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}})
    day = expected.astimezone(ZoneInfo("Asia/Almaty")).date() - dt.timedelta(days=1)
    assert artifact["description"] == f"Counts of {day}."
