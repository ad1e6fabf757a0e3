"""What has to be asked of Prefect's server while the scheduler is set up, by plain HTTP.

In: the API's address. Out: work pools and automations as they should be. It must not start or stop a run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SECONDS = 30
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class ServerApi:
    """A server's API, without a slash at the end."""

    url: str

    def has_pool(self, name: str) -> bool:
        """Whether there is a work pool."""
        try:
            self._send("GET", f"/work_pools/{name}")
        except HTTPError as error:
            if error.code == NOT_FOUND:
                return False
            raise
        return True

    def limit_pool(self, name: str, runs: int) -> None:
        """Let a work pool have so many runs at a time; others queue."""
        self._send("PATCH", f"/work_pools/{name}", {"concurrency_limit": runs})

    def put_automations(self, path: Path) -> None:
        """Make the automations of a file, or replace those of the same name."""
        for wanted in json.loads(path.read_text("utf-8"))["automations"]:
            asked = {"automations": {"name": {"any_": [wanted["name"]]}}}
            for held in self._send("POST", "/automations/filter", asked):
                self._send("DELETE", f"/automations/{held['id']}")
            self._send("POST", "/automations/", wanted)

    def _send(self, method: str, path: str, body: object = None) -> Any:
        """What the server answers; None where that is nothing."""
        content = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        request = Request(self.url + path, content, kind, method=method)  # noqa: S310 - our own server
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own server
            text = answer.read()
        return json.loads(text) if text else None


def answers(url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        with urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 - our own server, by http
            return bool(answer.status == 200)
    except OSError:
        return False
