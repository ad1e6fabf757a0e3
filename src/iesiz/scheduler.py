"""Whether the scheduler stands ready: its server, work pool, deployments. Asked by plain HTTP.

In: the environment. Out: findings. It must not change anything on the server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from iesiz.vocabulary import Finding

POOL = "iesiz"
SCHEDULED, ON_DEMAND = ("nightly", "upkeep"), ("backfill",)
SECONDS = 5
NOT_FOUND = 404


def scheduler_findings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is amiss; nothing where no server is named by ``PREFECT_API_URL``."""
    url = environment.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        return
    if not url.startswith(("http://", "https://")):
        yield Finding("schedule", "PREFECT_API_URL is no http address.", "Set it to http://HOST:4200/api.")
        return
    try:
        yield from _of_server(url)
    except (URLError, OSError, ValueError) as error:
        yield Finding(
            "schedule",
            f"the server of PREFECT_API_URL does not answer ({type(error).__name__}).",
            "prefect server start",
        )


def _of_server(url: str) -> Iterator[Finding]:
    pool = _get(f"{url}/work_pools/{POOL}")
    if pool is None:
        yield Finding(
            "schedule", f"there is no work pool {POOL}.", f"prefect work-pool create {POOL} --type process"
        )
    elif pool.get("is_paused"):
        yield Finding("schedule", f"the work pool {POOL} is paused.", f"prefect work-pool resume {POOL}")
    elif pool.get("status") != "READY":
        yield Finding(
            "schedule", f"no worker polls the work pool {POOL}.", f"prefect worker start --pool {POOL}"
        )
    for name in (*SCHEDULED, *ON_DEMAND):
        made = _get(f"{url}/deployments/name/{name}/{name}")
        if made is None:
            yield Finding("schedule", f"there is no deployment {name}.", "prefect --no-prompt deploy --all")
        elif name in SCHEDULED and not _is_due(made):
            yield Finding(
                "schedule",
                f"the deployment {name} has no active schedule.",
                f"prefect deployment schedule resume {name}/{name} SCHEDULE",
            )


def _is_due(made: dict[str, Any]) -> bool:
    """Whether a deployment runs by itself."""
    return not made.get("paused") and any(one.get("active") for one in made.get("schedules", ()))


def _get(url: str) -> dict[str, Any] | None:
    """An object of the server; None if it has none."""
    try:
        with urlopen(Request(url), timeout=SECONDS) as answer:  # noqa: S310 - http or https, as checked
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except HTTPError as error:
        if error.code == NOT_FOUND:
            return None
        raise
