"""A real Prefect server, worker and command line on this machine, in a home of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0
# SQLite's answers on a busy machine; past the usual ten seconds the server says 503.
PATIENT = {"PREFECT_SERVER_DATABASE_TIMEOUT": "60", "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60"}
TRIES = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A running server: its API's address and the folder that holds its database and logs."""

    url: str
    home: Path

    @property
    def database(self) -> Path:
        """The SQLite file; what was written last may still be in the ``-wal`` file beside it."""
        return self.home / "prefect.db"

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that talks to this server and to nothing else."""
        return {**environment(self.home), "PREFECT_API_URL": self.url}

    def command(self, *args: str) -> str:
        """Run the command line of Prefect where its settings are; return what it printed."""
        done = subprocess.run(
            prefect(*args), cwd=ROOT, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, f"prefect {' '.join(args)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def get(self, path: str) -> Any:
        """Ask the API."""
        return answer_of(lambda: httpx.get(self.url + path, timeout=90))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send to the API."""
        return answer_of(lambda: httpx.post(self.url + path, json=body, timeout=90))

    def everything_stored(self) -> bytes:
        """Return all bytes of all files of the home: database, its write-ahead log, logs, results."""
        return b"".join(file.read_bytes() for file in sorted(self.home.rglob("*")) if file.is_file())


def answer_of(ask: Callable[[], httpx.Response]) -> Any:
    """What the API answers; SQLite may send one away while others write, who then asks again."""
    for _ in range(TRIES):
        response = ask()
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(1)
    return response.raise_for_status().json()


def prefect(*args: str) -> list[str]:
    """Return a call of the Prefect that belongs to this Python."""
    return [sys.executable, "-m", "prefect", *args]


def environment(home: Path) -> dict[str, str]:
    """Return this process's environment, of Prefect's settings only a home, and silent to the outside."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**own, "PREFECT_HOME": str(home), "DO_NOT_TRACK": "1"}


def wait_for(look: Callable[[], T | None], what: str, patience: float = PATIENCE_SECONDS) -> T:
    """Look until there is something to see.

    Raises:
        TimeoutError: there was nothing in so many seconds.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise TimeoutError(f"{what}: not seen within {patience:.0f} s")


@contextmanager
def running(log: Path, env: dict[str, str], *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a Prefect process running, its output in ``log``; end it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            prefect(*args), cwd=ROOT, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def started_server(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[PrefectServer]:
    """Run a server on a free port of the loopback interface until the end, under further settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = PrefectServer(f"http://127.0.0.1:{port}/api", home)
    log = home / "server.log"
    env = {**environment(home), **PATIENT, **(settings or {})}
    with running(log, env, "server", "start", "--host", "127.0.0.1", "--port", str(port)) as process:
        wait_for(lambda: is_healthy(server, process, log), "a healthy server")
        yield server


def is_healthy(server: PrefectServer, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Whether the server answers; a dead one is a failure with its last words."""
    assert process.poll() is None, log.read_text()[-3000:]
    try:
        return httpx.get(server.url + "/health", timeout=5).is_success
    except httpx.TransportError:
        return False
