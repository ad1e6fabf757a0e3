"""One Prefect server for all tests of flows: starting it takes longer than any of them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.prefect_server import PrefectServer, running, started_server

# Read when prefect is imported, which the tests beside this file do: silent, and not in the user's home.
os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-client-")
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Run a real server on the loopback interface, with SQLite in a temporary home."""
    with started_server(tmp_path_factory.mktemp("prefect-home")) as server:
        yield server


@pytest.fixture(scope="session")
def prefect_database(prefect_server: PrefectServer) -> Path:
    """Return the server's SQLite file."""
    return prefect_server.database


@pytest.fixture(scope="session")
def deployed(prefect_server: PrefectServer) -> PrefectServer:
    """Make the work pool and every deployment of ``prefect.yaml``, as the operator does."""
    prefect_server.command("work-pool", "create", "iesiz", "--type", "process")
    prefect_server.command("--no-prompt", "deploy", "--all")
    return prefect_server


@pytest.fixture
def against_server(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """Let flows of this process report to the server."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: prefect_server.url}):
        yield prefect_server


@pytest.fixture(scope="session")
def worker(deployed: PrefectServer) -> Iterator[PrefectServer]:
    """Run a real worker of the pool; its log is ``worker.log`` in the server's home."""
    log = deployed.home / "worker.log"
    with running(log, deployed.env, "worker", "start", "--pool", "iesiz", "--name", "tested"):
        yield deployed


@pytest.fixture
def small_store(sample: Path, tmp_path: Path) -> Path:
    """Return the settings file of a copy of the sample; its store is new and in the temporary folder."""
    copy = tmp_path / "data" / "sample"
    shutil.copytree(sample, copy)
    return copy / "iesiz.toml"
