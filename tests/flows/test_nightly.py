"""What the flow adds to the pipeline: order, retries, going on after a failure, and silence about content."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from flows import nightly as module
from iesiz import pipeline
from iesiz.counts import FileCounts, LineCounts, PeriodCounts, TableCounts, UpkeepCounts
from iesiz.errors import IesizError, InputError, OutsideError, PrivacyRefusal
from iesiz.periods import Grain, Period
from iesiz.run_record import Run
from iesiz.vocabulary import Arrivals, FileRef
from tests.flows.prefect_server import PrefectServer, wait_for

DAY, NEXT = dt.date(2026, 11, 1), dt.date(2026, 11, 2)
WEEK, MONTH = Period.of(Grain.WEEK, DAY), Period.of(Grain.MONTH, DAY)
READING, LAST = ["a.log", "b.log", "registrations"], ["catalog", "dashboard", "upkeep"]
NIGHT = [*READING, "due", "day", "week", "microdata 2026-11", *LAST]
CANARY = "aigerim.canary@example.org"


class Night:
    """A pipeline of two files and one day whose steps do as told; it writes down what was called."""

    def __init__(self, failures: dict[str, list[Exception]]) -> None:
        self.failures = failures
        self.calls: list[str] = []
        self.failed: list[type] = []
        self.days: tuple[dt.date, ...] = (DAY,)

    def happen(self, step: str) -> None:
        self.calls.append(step)
        if self.failures.get(step):
            raise self.failures[step].pop(0)

    def store_lock(self, _settings: object) -> nullcontext[None]:
        return nullcontext()

    @contextmanager
    def recorded(self, _settings: object, kind: str, _say: object) -> Iterator[Run]:
        self.run = Run(kind, lambda _: None)
        yield self.run

    def discover(self, _settings: object, last: dt.date) -> Arrivals:
        return Arrivals(tuple(FileRef("mall", "web", Path(name)) for name in ("a.log", "b.log")), last)

    def days_to_close(self, *given: Any) -> tuple[dt.date, ...]:
        self.failed = [type(one) for one in given[-1] if isinstance(one, Exception)]
        self.happen("due")
        return self.days

    def may_go_on(self, outcomes: Sequence[object]) -> bool:
        return pipeline.may_go_on(outcomes)

    def deidentify_file(self, _settings: object, file: FileRef) -> FileCounts:
        self.happen(file.path.name)
        counts = LineCounts(5, 3, {"comment": 1}, {"format": 1})
        return FileCounts(
            file.site, file.stream, file.path.name, "0" * 16, "read", counts, late={"2026-10-01": 2}
        )

    def deidentify_registrations(self, _settings: object) -> None:
        self.happen("registrations")

    def close_day(self, _settings: object, day: dt.date) -> PeriodCounts:
        self.happen("day")
        return PeriodCounts(Period(Grain.DAY, day), "published")

    def periods_to_close(self, *_given: object) -> tuple[Period, ...]:
        return (WEEK,)

    def close_period(self, _settings: object, period: Period) -> PeriodCounts:
        self.happen("week")
        return PeriodCounts(period, "published")

    def microdata_to_close(self, *given: Any) -> tuple[Period, ...]:
        assert any(isinstance(one, PeriodCounts) and one.period == WEEK for one in given[-1])
        return (MONTH,)

    def close_microdata(self, _settings: object, period: Period) -> PeriodCounts:
        self.happen(f"microdata {period.name}")
        table = TableCounts("microdata/visits", period.name, 300, 280, 20, "published")
        return PeriodCounts(period, "published", (table,))

    def build_catalog(self, _settings: object) -> None:
        self.happen("catalog")

    def build_dashboard(self, _settings: object) -> None:
        self.happen("dashboard")

    def upkeep(self, _settings: object) -> UpkeepCounts:
        self.happen("upkeep")
        return UpkeepCounts()


def run_night(
    monkeypatch: pytest.MonkeyPatch, *days: dt.date, **failures: list[Exception]
) -> tuple[Night, State[Any]]:
    night = Night({name.replace("_log", ".log"): errors for name, errors in failures.items()})
    night.days = days or (DAY,)
    monkeypatch.setattr(module, "pipeline", night)
    monkeypatch.setattr(
        module, "load_settings", lambda _path: SimpleNamespace(sites=[SimpleNamespace(zone="Asia/Almaty")])
    )
    for step in (
        module.deidentify_file,
        module.deidentify_registrations,
        module.close_day,
        module.close_period,
        module.close_microdata,
        module.build_catalog,
        module.build_dashboard,
    ):
        monkeypatch.setattr(step, "retry_delay_seconds", [0, 0, 0])
    return night, module.nightly("any.toml", day=str(DAY), return_state=True)


def of_run(state: State[Any]) -> dict[str, Any]:
    """The filter for what a run left on the server."""
    return {"artifacts": {"flow_run_id": {"any_": [str(state.state_details.flow_run_id)]}}}


def last_words(server: PrefectServer, state: State[Any]) -> bool:
    """Whether the log of the run has come to its last line; logs are sent a moment later."""
    run_id = str(state.state_details.flow_run_id)
    lines = server.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})
    return any("Finished in state Failed('2/9" in line["message"] for line in lines)


def test_a_file_that_fails_fails_the_night_and_keeps_nothing_back(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, a_log=[InputError("a.log, line 1: not a log of that format.")])
    assert night.calls == NIGHT
    assert (state.name, state.message) == ("Failed", "1/9 states failed.")
    [noted] = night.run.failures
    assert (noted.code, noted.site, noted.stream) == ("input-unusable", "mall", "web")
    assert night.run.last == str(DAY)


def test_microdata_are_released_after_the_tables_of_their_period(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, **{"microdata 2026-11": [OutsideError("disk full")]})
    assert night.calls == [*NIGHT[: NIGHT.index("catalog")], "microdata 2026-11", *LAST]
    assert state.name == "Completed"
    [artifact] = against_server.post("/artifacts/filter", of_run(state))
    rows = json.loads(artifact["data"])
    assert [row for row in rows if row["subject"] == "table microdata/visits 2026-11"] == [
        {
            "subject": "table microdata/visits 2026-11",
            "verdict": "published",
            "read": 300,
            "kept": 280,
            "set aside": 20,
            "late": 0,
        }
    ]


def test_a_refusal_of_microdata_fails_the_night_after_the_rest(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, **{"microdata 2026-11": [PrivacyRefusal("the audit found it")]})
    assert night.calls == NIGHT
    assert (state.name, state.message) == ("Failed", "1/9 states failed.")


def test_what_failed_outside_is_tried_again(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, b_log=[OutsideError("disk full"), OutsideError("disk full")])
    assert night.calls == [
        "a.log",
        "b.log",
        "b.log",
        *NIGHT[1:],
    ]
    assert state.name == "Completed"


def test_a_registration_source_that_is_down_is_tried_again_and_holds_the_days_back(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, registrations=[OutsideError("the database failed")] * 4)
    assert night.calls.count("registrations") == 4
    assert night.failed == [OutsideError]
    assert night.calls[-1] == "upkeep"
    assert state.name == "Failed"


def test_a_refusal_is_never_tried_again(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, state = run_night(monkeypatch, day=[PrivacyRefusal("no edition in force")])
    assert night.calls == NIGHT
    assert state.name == "Failed"


@pytest.mark.parametrize(
    ("failure", "calls"),
    [([OutsideError("disk full")] * 4, ["day"] * 4), ([PrivacyRefusal("no edition in force")], ["day"] * 2)],
)
def test_a_day_waits_for_one_that_failed_outside_and_for_no_refusal(
    against_server: PrefectServer,
    monkeypatch: pytest.MonkeyPatch,
    failure: list[Exception],
    calls: list[str],
) -> None:
    night, state = run_night(monkeypatch, DAY, NEXT, day=failure)
    assert [one for one in night.calls if one == "day"] == calls
    assert night.calls[-3:] == LAST
    assert state.name == "Failed"


def chained_to_content() -> Exception:
    error = OutsideError("marked-and-stored: a.log, line 1.")
    error.__cause__ = ValueError(CANARY)
    return error


def test_no_exception_brings_content_into_prefect(
    against_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prefect stores the traceback of a step that is out of retries, with the exceptions it is chained to.
    outside = [chained_to_content() for _ in range(4)]
    unforeseen = ValueError(f"could not convert {CANARY} to int")
    _, state = run_night(monkeypatch, a_log=outside, day=[unforeseen])
    assert state.message == "2/9 states failed."
    wait_for(lambda: last_words(against_server, state), "the log of the night in the database")
    stored = against_server.everything_stored()
    assert b"marked-and-stored" in stored  # what is looked for would be found
    assert CANARY.encode() not in stored


def test_an_unforeseen_error_keeps_its_kind_and_loses_its_text() -> None:
    @module.contained
    def divide() -> None:
        raise KeyError(CANARY)

    with pytest.raises(
        IesizError, match=r"^divide: an unforeseen KeyError in divide, line \d+ of test_nightly\.py\."
    ) as caught:
        divide()
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_artifact_holds_counts_only() -> None:
    counts = LineCounts(5, 3, {"comment": 1}, {CANARY: 1})
    file = FileCounts("mall", "web", "a.log", "0" * 16, "read", counts, late={"2026-10-01": 2})
    assert module.rows_of(file) == [
        {"subject": "file mall web a.log", "verdict": "read", "read": 5, "kept": 3, "set aside": 2, "late": 2}
    ]
    [failed] = module.rows_of(InputError(CANARY))
    assert (failed["subject"], failed["verdict"]) == ("a failed step", "InputError")
    assert module.rows_of(None) == []
