"""The flow ``upkeep`` runs on its own, holds the store meanwhile, and tells counts only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import nightly
from flows import upkeep as module
from iesiz.counts import UpkeepCounts
from iesiz.run_record import Run
from tests.flows.prefect_server import PrefectServer

DONE = UpkeepCounts(("visitor/mall/2026-11-01",), (dt.date(2026, 11, 1),), (), 2)


class Pipeline:
    """Writes down what was called, and whether the store was held."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def store_lock(self, _settings: object) -> AbstractContextManager[None]:
        @contextmanager
        def held() -> Iterator[None]:
            self.calls.append("held")
            yield
            self.calls.append("let go")

        return held()

    @contextmanager
    def recorded(self, _settings: object, kind: str, _say: object) -> Iterator[Run]:
        yield Run(kind, lambda _: None)

    def upkeep(self, _settings: object) -> UpkeepCounts:
        self.calls.append("upkeep")
        return DONE


def test_the_flow_clears_while_it_holds_the_store(
    prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline()
    for one in (nightly, module):
        monkeypatch.setattr(one, "pipeline", pipeline)
        monkeypatch.setattr(one, "load_settings", lambda _path: None)
    with temporary_settings({PREFECT_API_URL: prefect_server.url}):
        state = module.upkeep("any.toml", return_state=True)
    assert state.name == "Completed"
    assert pipeline.calls == ["held", "upkeep", "let go"]
    [row] = nightly.rows_of(DONE)
    assert (row["subject"], row["verdict"]) == ("upkeep", "1 keys destroyed, 1 days and 2 folders deleted")
