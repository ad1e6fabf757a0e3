"""One local day from start to finish, as a Prefect flow: when, in what order, with what retries.

In: the path of ``iesiz.toml`` and a day. Out: the states of its steps and a table of counts.
It must not know a query, a column or a record: steps take paths and days and return frozen counts,
and what leaves them, errors included, is kept in Prefect's database.
"""

from __future__ import annotations

import datetime as dt
import functools
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from prefect import Task, flow, get_run_logger, runtime, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from iesiz import pipeline
from iesiz.counts import FileCounts, PeriodCounts, RegistrationCounts, UpkeepCounts
from iesiz.errors import IesizError, OutsideError
from iesiz.periods import Period
from iesiz.run_facts import NIGHT, Work
from iesiz.settings import Settings, load_settings
from iesiz.vocabulary import Arrivals, FileRef, day_of

P = ParamSpec("P")
R = TypeVar("R")
Unit = TypeVar("Unit")
Row = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Done:
    """A step that has ended: what it was, and its state."""

    work: Work
    state: State[Any]


def contained(function: Callable[P, R]) -> Callable[P, R]:
    """Let out of ``function`` only iesiz's own errors, cut from the exceptions they came from.

    Prefect stores the text of an exception and of those it is chained to; a library's may quote a record.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except IesizError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - anything unforeseen is the case this is for
            place = traceback.extract_tb(error.__traceback__)[-1]
            failure = IesizError(
                f"{function.__name__}: an unforeseen {type(error).__name__} in {place.name}, "
                f"line {place.lineno} of {Path(place.filename).name}. "
                "Its text is withheld, as it may quote a record."
            )
        failure.__cause__ = failure.__context__ = None
        raise failure

    return call


def may_be_tried_again(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry what failed outside (database, storage); a refusal or unusable input stays what it is."""
    return isinstance(state.result(raise_on_failure=False), OutsideError)


def step(name: str, run_name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a task of a function: contained, retried when something outside failed, nothing of it stored."""
    as_task = task(
        name=name,
        task_run_name=run_name,
        retries=3,
        retry_delay_seconds=[10, 60, 300],
        retry_condition_fn=may_be_tried_again,
        persist_result=False,
        cache_policy=NO_CACHE,
    )

    def make(function: Callable[P, R]) -> Task[P, R]:
        return as_task(contained(function))

    return make


@step("deidentify file", run_name="file {file.site} {file.stream} {file.path.name}")
def deidentify_file(settings_path: str, file: FileRef) -> FileCounts:
    """Read one file into restricted records."""
    return pipeline.deidentify_file(load_settings(Path(settings_path)), file)


@step("deidentify registrations", run_name="registrations")
def deidentify_registrations(settings_path: str) -> RegistrationCounts | None:
    """Read the registration source into restricted records."""
    return pipeline.deidentify_registrations(load_settings(Path(settings_path)))


@step("close day", run_name="day {day}")
def close_day(settings_path: str, day: dt.date) -> PeriodCounts:
    """Publish one local day."""
    return pipeline.close_day(load_settings(Path(settings_path)), day)


@step("close period", run_name="{period.grain} {period.name}")
def close_period(settings_path: str, period: Period) -> PeriodCounts:
    """Publish one week, month or quarter."""
    return pipeline.close_period(load_settings(Path(settings_path)), period)


@step("close microdata", run_name="microdata {period.name}")
def close_microdata(settings_path: str, period: Period) -> PeriodCounts:
    """Release the microdata of one month or quarter."""
    return pipeline.close_microdata(load_settings(Path(settings_path)), period)


@step("build catalog", run_name="catalog")
def build_catalog(settings_path: str) -> None:
    """Build the reader's catalog anew."""
    pipeline.build_catalog(load_settings(Path(settings_path)))


@step("build dashboard", run_name="dashboard")
def build_dashboard(settings_path: str) -> None:
    """Write the dashboard anew, from the catalog."""
    pipeline.build_dashboard(load_settings(Path(settings_path)))


@step("upkeep", run_name="upkeep")
def upkeep(settings_path: str) -> UpkeepCounts:
    """Destroy keys and delete restricted data at the end of their time."""
    return pipeline.upkeep(load_settings(Path(settings_path)))


@flow(name="nightly", persist_result=False)
@contained
def nightly(settings_path: str = "iesiz.toml", day: str | None = None) -> list[State[Any]]:
    """Bring a night's days from their files to the published tables.

    A step that fails fails the run, after the rest of the night has been done.

    Args:
        settings_path: the settings file, relative to the working directory.
        day: the one day to close, ``YYYY-MM-DD``; by default the day before the run's scheduled start in
            the first site's zone, and every earlier one that is due.

    Raises:
        SettingsError: the settings or the day are wrong.
        OutsideError: another run holds the store.
    """
    settings = load_settings(Path(settings_path))
    named = day_of(day) if day else None
    with pipeline.recorded(settings, NIGHT, get_run_logger().info) as run, pipeline.store_lock(settings):
        arrivals = pipeline.discover(settings, named or scheduled_day(settings))
        run.arrived(arrivals)
        states = noted(run, run_steps(settings, settings_path, arrivals, [named] if named else []))
    report("nightly", str(arrivals.last), states)
    return states


def scheduled_day(settings: Settings) -> dt.date:
    """Return the day before the scheduled start, so that a late run handles the day it was meant for."""
    seconds = runtime.flow_run.scheduled_start_time.timestamp()
    return dt.datetime.fromtimestamp(seconds, ZoneInfo(settings.sites[0].zone)).date() - dt.timedelta(days=1)


def run_steps(settings: Settings, settings_path: str, arrivals: Arrivals, named: list[dt.date]) -> list[Done]:
    """Run a night's steps in order; a failed one does not keep back the next, but for periods that wait."""
    done = [
        Done(Work.of_file(file), deidentify_file(settings_path, file, return_state=True))
        for file in arrivals.files
    ]
    done.append(Done(Work("registrations"), deidentify_registrations(settings_path, return_state=True)))
    days = pipeline.days_to_close(settings, arrivals, named, outcomes_of(done))
    done += closed(settings_path, days, Work.of_day, close_day)
    periods = pipeline.periods_to_close(settings, arrivals, named, outcomes_of(done))
    done += closed(settings_path, periods, Work.of_period, close_period)
    cohorts = pipeline.microdata_to_close(settings, arrivals, named, outcomes_of(done))
    done += closed(settings_path, cohorts, Work.of_microdata, close_microdata)
    done.append(Done(Work("catalog"), build_catalog(settings_path, return_state=True)))
    done.append(Done(Work("dashboard"), build_dashboard(settings_path, return_state=True)))
    return [*done, Done(Work("upkeep"), upkeep(settings_path, return_state=True))]


def closed(
    settings_path: str,
    units: Sequence[Unit],
    work_of: Callable[[Unit], Work],
    close: Task[[str, Unit], PeriodCounts],
) -> list[Done]:
    """Close days or periods one after the other, as long as the next need not wait for one that failed."""
    done = list[Done]()
    for unit in units:
        done.append(Done(work_of(unit), close(settings_path, unit, return_state=True)))
        if not pipeline.may_go_on(outcomes_of(done[-1:])):
            break
    return done


def noted(run: pipeline.Run, done: list[Done]) -> list[State[Any]]:
    """Note in a run what its steps came to; their states."""
    for one in done:
        run.add(one.work, one.state.result(raise_on_failure=False))
    return [one.state for one in done]


def outcomes_of(done: list[Done]) -> list[object]:
    """What the steps so far came to: counts or an error."""
    return [one.state.result(raise_on_failure=False) for one in done]


def report(key: str, days: str, outcomes: Sequence[object]) -> None:
    """Store a table artifact of counts, a row for each file, table, failed step and refused day.

    Args:
        key: its name.
        days: which days it tells of.
        outcomes: states of steps, or counts.
    """
    reached = [one.result(raise_on_failure=False) if isinstance(one, State) else one for one in outcomes]
    rows = [row for one in reached for row in rows_of(one)]
    create_table_artifact(table=rows, key=key, description=f"Counts of {days}.")


@functools.singledispatch
def rows_of(_outcome: object) -> list[Row]:
    """Return the artifact's rows for what a step came to; none if it has no counts."""
    return []


@rows_of.register
def _(outcome: IesizError) -> list[Row]:
    return [_row("a failed step", type(outcome).__name__)]


@rows_of.register
def _(outcome: FileCounts) -> list[Row]:
    lines = outcome.counts
    subject = f"file {outcome.site} {outcome.stream} {outcome.name}"
    late = sum(outcome.late.values())
    return [
        _row(subject, outcome.verdict, lines.lines, lines.recognised, lines.lines - lines.recognised, late)
    ]


@rows_of.register
def _(outcome: RegistrationCounts) -> list[Row]:
    verdict, set_aside = "changes" if outcome.changes_only else "read", sum(outcome.rejected.values())
    return [_row("registrations", verdict, outcome.rows, outcome.kept, set_aside, sum(outcome.late.values()))]


@rows_of.register
def _(outcome: PeriodCounts) -> list[Row]:
    tables = [
        _row(f"table {one.table} {one.period}", one.verdict, one.cells, one.published, one.suppressed)
        for one in outcome.tables
    ]
    return [_row(f"{outcome.period.grain} {outcome.period}", outcome.verdict), *tables]


@rows_of.register
def _(outcome: UpkeepCounts) -> list[Row]:
    keys, days, folders = len(outcome.keys), len(outcome.days), outcome.folders
    return [_row("upkeep", f"{keys} keys destroyed, {days} days and {folders} folders deleted")]


def _row(subject: str, verdict: str, read: int = 0, kept: int = 0, set_aside: int = 0, late: int = 0) -> Row:
    return {
        "subject": subject,
        "verdict": verdict,
        "read": read,
        "kept": kept,
        "set aside": set_aside,
        "late": late,
    }
