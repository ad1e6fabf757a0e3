"""The scheduler on one machine: server, work pool, deployments, automation and worker, until Ctrl-C.

In: a port, and the folder with ``prefect.yaml``. Out: an exit code; 0 if it was told to stop. It must not
listen to other machines, nor leave a process behind.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from flows.server_api import ServerApi, answers

FOLDER = Path(__file__).parents[1]
POOL, AUTOMATIONS = "iesiz", FOLDER / "automations.json"
MARK = "IESIZ_SERVED_BY"
START_SECONDS, STOP_SECONDS, AGAIN_SECONDS, LOOK_SECONDS = 300, 20, 5.0, 1.0


@dataclass(slots=True)
class Served:
    """What was started: all of it, and whatever that starts, carries the mark in its environment."""

    port: int
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The server's API."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def environment(self) -> dict[str, str]:
        """What every process gets."""
        return {**os.environ, "DO_NOT_TRACK": "1", "PREFECT_API_URL": self.url, MARK: self.mark}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Prefect process in a session of its own: Ctrl-C reaches us alone; we end it in order."""
        return subprocess.Popen(  # noqa: S603 - our own Python, and arguments of this file
            [sys.executable, "-m", "prefect", *arguments],
            cwd=FOLDER,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )

    def call(self, *arguments: str) -> None:
        """Run a command of Prefect to its end, or until we are told to stop.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        process = self.start("--no-prompt", *arguments)
        while process.poll() is None and not self.stop.wait(LOOK_SECONDS / 4):
            pass
        if not self.stop.is_set() and process.returncode:
            raise subprocess.CalledProcessError(process.returncode, ["prefect", *arguments])

    def others(self) -> list[int]:
        """Processes that carry the mark."""
        marked = f"{MARK}={self.mark}".encode()
        return [
            int(place.parent.name) for place in Path("/proc").glob("[0-9]*/environ") if marked in _read(place)
        ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def serve(port: int) -> int:
    """Run until we are told to stop (SIGINT, SIGTERM), or the server ends by itself."""
    served = Served(port)
    if answers(served.url):
        sys.stderr.write(f"Port {port} of this machine is taken. Name another: --port.\n")
        return 2
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: served.stop.set())
    with ExitStack() as stack:
        stack.callback(_end_others, served)
        server = served.start("server", "start", "--host", "127.0.0.1", "--port", str(port))
        stack.callback(_end, server)
        if not _is_up(served, server):
            return int(not served.stop.is_set())
        _prepare(served)
        if served.stop.is_set():
            return 0
        sys.stderr.write(f"Serving at http://127.0.0.1:{port}; Ctrl-C ends it.\n")
        return _keep_working(served, server)


def _keep_working(served: Served, server: subprocess.Popen[bytes]) -> int:
    """Keep a worker at work; one that dies is followed by another, a server that dies ends it all."""
    while True:
        worker = served.start("worker", "start", "--pool", POOL, "--name", "this-machine")
        try:
            while worker.poll() is None:
                if served.stop.wait(LOOK_SECONDS):
                    return 0
                if server.poll() is not None:
                    sys.stderr.write("The server ended. Start again; what was scheduled is kept.\n")
                    return 1
        finally:
            _end(worker)
        sys.stderr.write("The worker ended; another one starts.\n")
        if served.stop.wait(AGAIN_SECONDS):
            return 0


def _is_up(served: Served, server: subprocess.Popen[bytes]) -> bool:
    for _ in range(int(START_SECONDS / LOOK_SECONDS)):
        if answers(served.url):
            return True
        if server.poll() is not None or served.stop.wait(LOOK_SECONDS):
            break
    return False


def _prepare(served: Served) -> None:
    """Make what the worker needs; what is there already is brought up to date."""
    api = ServerApi(served.url)
    if not api.has_pool(POOL):
        served.call("work-pool", "create", POOL, "--type", "process")
    if not served.stop.is_set():
        api.limit_pool(POOL, 1)
        api.put_automations(AUTOMATIONS)
        served.call("deploy", "--all")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_others(served: Served) -> None:
    """End what our processes started and did not end: a night in the middle goes on at the next start."""
    for one in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(10):
            left = served.others()
            if not left:
                return
            for number in left:
                _signal(number, one)
            threading.Event().wait(LOOK_SECONDS)


def _signal(number: int, which: signal.Signals) -> None:
    try:
        os.kill(number, which)
    except ProcessLookupError:
        return


def main() -> int:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m flows.serve", description=__doc__)
    asked.add_argument("--port", type=int, default=4200, help="port of the server on this machine")
    return serve(asked.parse_args().port)


if __name__ == "__main__":
    sys.exit(main())
