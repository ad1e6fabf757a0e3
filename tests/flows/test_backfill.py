"""A range of days, as a flow: in order, after a failure from where it stopped, and nothing that is closed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from flows import backfill as module
from flows import nightly
from iesiz import pipeline
from iesiz.counts import PeriodCounts
from iesiz.errors import InputError, SettingsError
from iesiz.periods import Grain, Period
from tests.flows.prefect_server import PrefectServer
from tests.flows.test_nightly import LAST, READING, Night, of_run
from tests.nights import DAY, NEXT, Network, log, network

RANGE = [dt.date(2026, 11, day) for day in range(1, 5)]
CLOSED = "refused: it is published, and a day is published once"


class Range(Night):
    """A pipeline that closes the days it is asked for, of which some are closed."""

    closed: tuple[dt.date, ...] = ()

    def refused_days(self, _settings: object, days: list[dt.date]) -> tuple[PeriodCounts, ...]:
        return tuple(PeriodCounts(Period(Grain.DAY, day), CLOSED) for day in days if day in self.closed)

    def days_to_close(self, *given: Any) -> tuple[dt.date, ...]:
        return tuple(given[2])

    def close_day(self, _settings: object, day: dt.date) -> PeriodCounts:
        self.happen(str(day))
        return PeriodCounts(Period(Grain.DAY, day), "published")


def run_range(monkeypatch: pytest.MonkeyPatch, made: Range) -> State[Any]:
    zone = SimpleNamespace(sites=[SimpleNamespace(zone="Asia/Almaty")])
    for one in (nightly, module):
        monkeypatch.setattr(one, "pipeline", made)
        monkeypatch.setattr(one, "load_settings", lambda _path: zone)
    return module.backfill(str(RANGE[0]), str(RANGE[-1]), "any.toml", return_state=True)


def test_days_come_in_order_and_longer_periods_after_them(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Range({})
    made.closed = (RANGE[1],)
    state = run_range(monkeypatch, made)
    days = [str(day) for day in RANGE if day != RANGE[1]]
    assert made.calls == [*READING, *days, "week", "microdata 2026-11", *LAST]
    assert state.name == "Completed"
    [artifact] = against_server.post("/artifacts/filter", of_run(state))
    assert artifact["key"] == "backfill"
    verdicts = {row["subject"]: row["verdict"] for row in json.loads(artifact["data"])}
    assert verdicts[f"day {RANGE[1]}"] == CLOSED
    assert verdicts[f"day {RANGE[0]}"] == "published"


def test_a_range_that_is_closed_reads_nothing(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Range({})
    made.closed = tuple(RANGE)
    assert run_range(monkeypatch, made).name == "Completed"
    assert made.calls == []


def test_a_day_that_fails_fails_the_run_and_the_others_are_closed(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Range({str(RANGE[2]): [InputError("not a log")]})
    state = run_range(monkeypatch, made)
    assert state.name == "Failed"
    assert [call for call in made.calls if call.startswith("2026")] == [str(day) for day in RANGE]


@pytest.mark.parametrize(("first", "last"), [("2026-11-04", "2026-11-01"), ("2010-01-01", "2026-11-01")])
def test_a_range_that_is_none_is_refused(
    against_server: PrefectServer, tmp_path: Path, first: str, last: str
) -> None:
    net = network(tmp_path / "network")
    with pytest.raises(SettingsError, match="comes after the first"):
        module.backfill(first, last, str(net.base / "iesiz.toml"))


def two_days(base: Path) -> Network:
    made = network(base)
    for day in (DAY, NEXT):
        made.write(f"logs/mall/web/{day}.log", log(day))
    made.plant_keys()
    return made


def test_a_range_that_stopped_goes_on_to_the_same_bytes(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected, net = two_days(tmp_path / "expected"), two_days(tmp_path / "network")
    expected.night(DAY, NEXT)
    path = str(net.base / "iesiz.toml")

    def stop(settings: Any, day: dt.date) -> PeriodCounts:
        if day == NEXT:
            raise InputError("stopped")
        return pipeline.close_period(settings, Period(Grain.DAY, day))

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "close_day", stop)
        assert module.backfill(str(DAY), str(NEXT), path, return_state=True).name == "Failed"
    state = module.backfill(str(DAY), str(NEXT), path, return_state=True)
    assert (state.name, net.partitions()) == ("Completed", expected.partitions())
    refused = pipeline.refused_days(net.settings, [DAY, NEXT])
    assert [one.verdict for one in refused] == [CLOSED, CLOSED]
    assert module.backfill(str(DAY), str(NEXT), path, return_state=True).name == "Completed"
    assert net.partitions() == expected.partitions()


def test_a_day_of_a_published_week_and_one_to_come_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(tmp_path / "network")
    week = Period.of(Grain.WEEK, DAY)
    monkeypatch.setattr(
        "iesiz.due.published_periods", lambda _, grain: {week: {}} if grain is Grain.WEEK else {}
    )
    day_to_come = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    refused = pipeline.refused_days(net.settings, [DAY, DAY - dt.timedelta(days=7), day_to_come])
    assert [(one.period.start, one.verdict) for one in refused] == [
        (DAY, f"refused: its week {week.name} is published, and comes after its days"),
        (day_to_come, "refused: it has not closed at every site yet"),
    ]
