"""The scheduler's own database: SQLite in its home unless a setting names PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.prefect_server import PrefectServer, started_server
from tests.postgresql import Server

SETTING = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


def test_without_a_setting_it_is_a_file_in_the_home(prefect_server: PrefectServer) -> None:
    assert prefect_server.database.read_bytes().startswith(b"SQLite format 3\0")


@pytest.mark.slow
def test_a_setting_puts_it_into_postgresql(postgresql: Server, tmp_path: Path) -> None:
    postgresql.sql("create database prefect")
    url = postgresql.url().replace("postgresql://", "postgresql+asyncpg://").replace("/postgres", "/prefect")
    with started_server(tmp_path, {SETTING: url}) as server:
        server.command("work-pool", "create", "iesiz", "--type", "process")
        server.command("--no-prompt", "deploy", "--all")
        assert not server.database.exists()
        assert server.get("/deployments/name/nightly/nightly")["work_pool_name"] == "iesiz"
    tables = postgresql.sql("select datname from pg_database where datname = 'prefect'")
    assert tables == ["prefect"]
