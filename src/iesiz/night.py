"""A night in-process: files, registrations, periods, catalog, upkeep; one failure does not stop the rest."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from iesiz import pipeline
from iesiz.counts import FileCounts, PeriodCounts, RegistrationCounts, UpkeepCounts
from iesiz.errors import IesizError, OutsideError, gravest
from iesiz.periods import Grain, Period
from iesiz.run_facts import NIGHT, Work
from iesiz.run_record import Run, Say
from iesiz.settings import Settings
from iesiz.vocabulary import FileRef

Made = TypeVar("Made")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A unit of work that failed: its name, the message for people, the exit code."""

    work: str
    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class NightCounts:
    """What a night did.

    Attributes:
        hooks: what became of each alert hook that had something to tell.
    """

    files: tuple[FileCounts, ...]
    registrations: RegistrationCounts | None
    days: tuple[PeriodCounts, ...]
    periods: tuple[PeriodCounts, ...]
    failures: tuple[Failure, ...]
    unmatched: tuple[str, ...] = ()
    upkeep: UpkeepCounts | None = None
    run: str = ""
    hooks: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0, or the code of the gravest failure: a refusal on privacy grounds before all others."""
        return gravest(one.exit_code for one in self.failures)


@dataclass(slots=True)
class _Night:
    """A night at work: what was done so far and what failed."""

    settings: Settings
    progress: Progress
    run: Run
    failures: list[Failure] = field(default_factory=list)
    errors: list[IesizError] = field(default_factory=list)

    def attempt(self, work: Work, do: Callable[[], Made], waits: Sequence[float] = ()) -> Made | None:
        """Do one unit of work; an error of ours is kept, and the night goes on.

        Args:
            work: what it is.
            do: the work.
            waits: seconds after which it is tried again, as long as something outside fails.
        """
        for seconds in (*waits, None):
            try:
                made = do()
            except IesizError as error:
                failure = error
            else:
                self.run.add(work, made)
                return made
            if seconds is None or not isinstance(failure, OutsideError):
                break
            time.sleep(seconds)
        self.failures.append(Failure(str(work), str(failure), failure.exit_code))
        self.errors.append(failure)
        self.run.add(work, failure)
        return None

    def read(self, files: Sequence[FileRef]) -> list[FileCounts]:
        """Read the files."""
        done = []
        for number, file in enumerate(files):
            self.progress("reading files", number, len(files))
            counts = self.attempt(Work.of_file(file), partial(pipeline.deidentify_file, self.settings, file))
            if counts is not None:
                done.append(counts)
        return done

    def close(self, periods: Sequence[Period]) -> tuple[PeriodCounts, ...]:
        """Close days or longer periods, as long as the next need not wait for one that failed."""
        done = []
        for number, period in enumerate(periods):
            if not pipeline.may_go_on(self.errors):
                break
            self.progress(f"closing {period.grain}s", number, len(periods))
            close = partial(pipeline.close_period, self.settings, period)
            counts = self.attempt(Work.of_period(period), close)
            if counts is not None:
                done.append(counts)
        return tuple(done)

    def release(self, periods: Sequence[Period]) -> tuple[PeriodCounts, ...]:
        """Release the microdata of months and quarters, as long as the next need not wait."""
        done = []
        for number, period in enumerate(periods):
            if not pipeline.may_go_on(self.errors):
                break
            self.progress("releasing microdata", number, len(periods))
            close = partial(pipeline.close_microdata, self.settings, period)
            counts = self.attempt(Work.of_microdata(period), close)
            if counts is not None:
                done.append(counts)
        return tuple(done)


def run_night(
    settings: Settings, days: Sequence[dt.date], progress: Progress, say: Say | None = None
) -> NightCounts:
    """Do one night under the store's lock; it is noted, and told to those who are to know.

    Args:
        settings: what the operator decides.
        days: the days to close; none means yesterday and every open day that is due.
        progress: told the work, how many of its units are done, and how many there are.
        say: told each event, for machines: one JSON object a line, the last one with the summary.

    Raises:
        IesizError: the night cannot begin (another run, no edition in force, a foreign store).
    """
    with pipeline.recorded(settings, NIGHT, say) as run, pipeline.store_lock(settings):
        done = _night(_Night(settings, progress, run), days)
    return replace(done, run=run.run, hooks=run.hooks)


def _night(night: _Night, days: Sequence[dt.date]) -> NightCounts:
    settings, run = night.settings, night.run
    with run.stage("discover"):
        arrivals = pipeline.discover(settings, days[0] if days else None)
    run.arrived(arrivals, max(days, default=None))
    with run.stage("files"):
        files = night.read(arrivals.files)
    waits = settings.registration.retry_seconds if settings.registration else ()
    with run.stage("registrations"):
        mirror = partial(pipeline.deidentify_registrations, settings)
        registrations = night.attempt(Work("registrations"), mirror, waits)
    with run.stage("days"):
        due = pipeline.days_to_close(settings, arrivals, days, night.errors)
        closed = night.close([Period(Grain.DAY, day) for day in due])
    with run.stage("periods"):
        longer = night.close(pipeline.periods_to_close(settings, arrivals, days, night.errors))
        longer += night.release(pipeline.microdata_to_close(settings, arrivals, days, night.errors))
    with run.stage("readers"):
        night.attempt(Work("catalog"), partial(pipeline.build_catalog, settings))
        night.attempt(Work("dashboard"), partial(pipeline.build_dashboard, settings))
    with run.stage("upkeep"):
        kept = night.attempt(Work("upkeep"), partial(pipeline.upkeep, settings))
    failures = tuple(night.failures)
    return NightCounts(tuple(files), registrations, closed, longer, failures, arrivals.unmatched, kept)
