"""The whole scheduler by one command: what it makes, what becomes of a killed run, and what it leaves."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.serve import AUTOMATIONS, POOL
from flows.server_api import ServerApi
from tests.flows.prefect_server import ROOT, PrefectServer, environment, wait_for
from tests.flows.test_worker import ended_state
from tests.nights import network, site

pytestmark = pytest.mark.slow
BEAT_SECONDS = 30


@dataclass(frozen=True)
class Serving:
    """The command at work, and the server that it started."""

    process: subprocess.Popen[bytes]
    server: PrefectServer

    def processes(self, words: str = "") -> list[int]:
        """Everything that has this server's home in its environment, and the words in its command line."""
        home = f"PREFECT_HOME={self.server.home}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = home in (place / "environ").read_bytes()
                said = (place / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if is_ours and words.encode() in said:
                found.append(int(place.name))
        return found


def kill(numbers: list[int]) -> None:
    for number in numbers:
        os.kill(number, signal.SIGKILL)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = tmp_path_factory.mktemp("served-home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "flows.serve", "--port", str(port)]
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=log, stderr=log)
        made = Serving(process, PrefectServer(f"http://127.0.0.1:{port}/api", home))
        try:
            wait_for(lambda: b"Ctrl-C ends it" in (home / "serve.log").read_bytes(), "the server", 400)
            yield made
        finally:
            process.terminate()
            process.wait(120)
            kill(made.processes())


def is_ready(server: PrefectServer) -> bool:
    return bool(server.get(f"/work_pools/{POOL}")["status"] == "READY")


def test_one_command_makes_all_that_a_night_needs(serving: Serving) -> None:
    wait_for(lambda: is_ready(serving.server), "a worker", 300)
    pool = serving.server.get(f"/work_pools/{POOL}")
    assert (pool["type"], pool["concurrency_limit"]) == ("process", 1)
    for name in ("nightly", "backfill", "upkeep"):
        assert serving.server.get(f"/deployments/name/{name}/{name}")["work_pool_name"] == POOL
    [made] = serving.server.post("/automations/filter", {})
    assert made["enabled"]
    assert made["trigger"]["posture"] == "Proactive"


def start_stuck_night(serving: Serving, base: Path) -> str:
    """A night whose database is not there: it waits ten seconds, a minute, five minutes to try again."""
    source = 'url = "postgresql://nobody@127.0.0.1:9/none"\ntable = "people"\n'
    part = f'[registration]\nsites = ["club"]\n[registration.postgresql]\n{source}'
    net = network(base, site("club", "web"), part)
    deployment = serving.server.get("/deployments/name/nightly/nightly")
    body = {"parameters": {"settings_path": str(net.base / "iesiz.toml"), "day": "2025-03-03"}}
    run = serving.server.post(f"/deployments/{deployment['id']}/create_flow_run", body)
    return str(run["id"])


def beats(server: PrefectServer, run_id: str) -> int:
    found = {
        "filter": {
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{run_id}"]},
        }
    }
    return int(server.post("/events/filter", found)["total"])


def test_the_run_of_a_killed_worker_is_marked_crashed(serving: Serving, tmp_path: Path) -> None:
    # The same automation, a little less patient: beats come every half a minute.
    [wanted] = json.loads(AUTOMATIONS.read_text("utf-8"))["automations"]
    wanted["trigger"]["within"] = BEAT_SECONDS + 15
    (tmp_path / "automations.json").write_text(json.dumps({"automations": [wanted]}))
    ServerApi(serving.server.url).put_automations(tmp_path / "automations.json")
    time.sleep(5)  # the server looks for changed automations now and then
    run_id = start_stuck_night(serving, tmp_path / "network")
    wait_for(lambda: beats(serving.server, run_id), "a beat", 300)
    assert serving.server.get(f"/flow_runs/{run_id}")["state"]["type"] == "RUNNING"
    kill([*serving.processes("worker start"), *serving.processes("prefect.engine")])
    killed = dt.datetime.now(dt.UTC)
    state: dict[str, Any] = wait_for(lambda: ended_state(serving.server, run_id), "the mark", 300)
    assert state["type"] == "CRASHED"
    assert state["message"] == wanted["actions"][0]["message"]
    assert dt.datetime.fromisoformat(state["timestamp"]) > killed
    wait_for(lambda: serving.processes("worker start"), "another worker", 100)


def test_the_next_night_starts_and_ctrl_c_ends_all_of_it_with_the_night(
    serving: Serving, tmp_path: Path
) -> None:
    run_id = start_stuck_night(serving, tmp_path / "network")
    wait_for(lambda: serving.server.get(f"/flow_runs/{run_id}")["state"]["type"] == "RUNNING", "a night", 400)
    assert serving.processes("server start")
    assert serving.processes("prefect.engine")
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(120) == 0
    assert serving.processes() == []
