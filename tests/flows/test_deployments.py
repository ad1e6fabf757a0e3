"""The deployments, against a real server: a server that looks healthy may still never schedule a run."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

from tests.flows.prefect_server import PrefectServer, wait_for

ALMATY = ZoneInfo("Asia/Almaty")


def scheduled_starts(server: PrefectServer, deployment_id: str) -> list[dt.datetime]:
    body = {
        "deployments": {"id": {"any_": [deployment_id]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    runs = server.post("/flow_runs/filter", body)
    return sorted(
        dt.datetime.fromisoformat(run["expected_start_time"]) for run in runs if run["auto_scheduled"]
    )


def test_future_nights_start_at_half_past_two_in_almaty(deployed: PrefectServer) -> None:
    deployment = deployed.get("/deployments/name/nightly/nightly")
    starts = wait_for(lambda: scheduled_starts(deployed, deployment["id"]), "scheduled runs")
    local = [start.astimezone(ALMATY) for start in starts]
    assert {start.strftime("%H:%M:%S") for start in local} == {"02:30:00"}
    assert local[0] > dt.datetime.now(ALMATY)
    assert {later - earlier for earlier, later in itertools.pairwise(local)} == {dt.timedelta(days=1)}
    assert len(local) >= 3


def test_one_night_at_a_time_the_next_one_queues(deployed: PrefectServer) -> None:
    deployment = deployed.get("/deployments/name/nightly/nightly")
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert deployment["work_pool_name"] == "iesiz"
    assert deployment["parameters"] == {"settings_path": "iesiz.toml"}


def test_upkeep_is_due_at_noon_each_day(deployed: PrefectServer) -> None:
    deployment = deployed.get("/deployments/name/upkeep/upkeep")
    starts = wait_for(lambda: scheduled_starts(deployed, deployment["id"]), "scheduled runs")
    assert {start.astimezone(ALMATY).strftime("%H:%M") for start in starts} == {"12:00"}


def test_nothing_calls_out(deployed: PrefectServer) -> None:
    settings = deployed.get("/admin/settings")
    assert settings["server"]["analytics_enabled"] is False
    assert settings["server"]["ui"]["show_promotional_content"] is False
    assert settings["cloud"]["enable_orchestration_telemetry"] is False
