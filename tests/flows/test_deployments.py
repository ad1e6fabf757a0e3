"""The deployments, against a real server: a server that looks healthy may still never schedule a run."""

from __future__ import annotations

import datetime as dt
import itertools
import tomllib
from zoneinfo import ZoneInfo

from flows.serve import AUTOMATIONS
from flows.server_api import ServerApi
from tests.flows.prefect_server import ROOT, PrefectServer, wait_for

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


def test_a_backfill_has_no_schedule_and_takes_its_days_with_each_run(deployed: PrefectServer) -> None:
    deployment = deployed.get("/deployments/name/backfill/backfill")
    assert deployment["schedules"] == []
    assert deployment["parameters"] == {"settings_path": "iesiz.toml"}
    assert deployment["parameter_openapi_schema"]["required"] == ["first", "last"]
    assert deployment["global_concurrency_limit"]["limit"] == 1


def test_the_pool_lets_one_run_at_a_time_whatever_its_deployment(deployed: PrefectServer) -> None:
    api = ServerApi(deployed.url)
    assert api.has_pool("iesiz")
    assert not api.has_pool("another")
    api.limit_pool("iesiz", 1)
    assert deployed.get("/work_pools/iesiz")["concurrency_limit"] == 1


def test_the_automation_is_made_once_and_waits_for_four_beats(deployed: PrefectServer) -> None:
    for _ in range(2):
        ServerApi(deployed.url).put_automations(AUTOMATIONS)
    [made] = deployed.post("/automations/filter", {})
    beat = tomllib.loads((ROOT / "prefect.toml").read_text("utf-8"))["flows"]["heartbeat_frequency"]
    assert made["trigger"]["within"] == 4 * beat
    assert made["trigger"]["after"] == ["prefect.flow-run.heartbeat"]
    assert [one["state"] for one in made["actions"]] == ["CRASHED"]
