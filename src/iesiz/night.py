"""A night in-process: files, registrations, periods, catalog, upkeep; one failure does not stop the rest."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from iesiz import pipeline
from iesiz.errors import IesizError, OutsideError
from iesiz.periods import Grain, Period
from iesiz.settings import Settings
from iesiz.vocabulary import FileCounts, FileRef, PeriodCounts, RegistrationCounts, UpkeepCounts

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
    """What a night did."""

    files: tuple[FileCounts, ...]
    registrations: RegistrationCounts | None
    days: tuple[PeriodCounts, ...]
    periods: tuple[PeriodCounts, ...]
    failures: tuple[Failure, ...]
    unmatched: tuple[str, ...] = ()
    upkeep: UpkeepCounts | None = None

    @property
    def exit_code(self) -> int:
        """0, or the code of the gravest failure: a refusal on privacy grounds before all others."""
        codes = {one.exit_code for one in self.failures}
        return next((code for code in (4, 1, 5, 3, 2) if code in codes), 0)


@dataclass(slots=True)
class _Night:
    """A night at work: what was done so far and what failed."""

    settings: Settings
    progress: Progress
    failures: list[Failure] = field(default_factory=list)
    errors: list[IesizError] = field(default_factory=list)

    def attempt(self, work: str, do: Callable[[], Made], waits: Sequence[float] = ()) -> Made | None:
        """Do one unit of work; an error of ours is kept, and the night goes on.

        Args:
            work: its name, for people.
            do: the work.
            waits: seconds after which it is tried again, as long as something outside fails.
        """
        for seconds in (*waits, None):
            try:
                return do()
            except IesizError as error:
                failure = error
            if seconds is None or not isinstance(failure, OutsideError):
                break
            time.sleep(seconds)
        self.failures.append(Failure(work, str(failure), failure.exit_code))
        self.errors.append(failure)
        return None

    def read(self, files: Sequence[FileRef]) -> list[FileCounts]:
        """Read the files."""
        done = []
        for number, file in enumerate(files):
            self.progress("reading files", number, len(files))
            counts = self.attempt(f"file {file.path}", partial(pipeline.deidentify_file, self.settings, file))
            if counts is not None:
                done.append(counts)
        return done

    def close(self, periods: Sequence[Period]) -> tuple[PeriodCounts, ...]:
        """Close days or longer periods."""
        done = []
        for number, period in enumerate(periods):
            self.progress(f"closing {period.grain}s", number, len(periods))
            close = partial(pipeline.close_period, self.settings, period)
            counts = self.attempt(f"{period.grain} {period}", close)
            if counts is not None:
                done.append(counts)
        return tuple(done)

    def release(self, periods: Sequence[Period]) -> tuple[PeriodCounts, ...]:
        """Release the microdata of months and quarters."""
        done = []
        for number, period in enumerate(periods):
            self.progress("releasing microdata", number, len(periods))
            close = partial(pipeline.close_microdata, self.settings, period)
            counts = self.attempt(f"microdata {period}", close)
            if counts is not None:
                done.append(counts)
        return tuple(done)


def run_night(settings: Settings, days: Sequence[dt.date], progress: Progress) -> NightCounts:
    """Do one night under the store's lock.

    Args:
        settings: what the operator decides.
        days: the days to close; none means yesterday and every open day that is due.
        progress: told the work, how many of its units are done, and how many there are.

    Raises:
        IesizError: the night cannot begin (another run, no edition in force, a foreign store).
    """
    night = _Night(settings, progress)
    with pipeline.store_lock(settings):
        arrivals = pipeline.discover(settings, days[0] if days else None)
        files = night.read(arrivals.files)
        waits = settings.registration.retry_seconds if settings.registration else ()
        mirror = partial(pipeline.deidentify_registrations, settings)
        registrations = night.attempt("registrations", mirror, waits)
        due = pipeline.days_to_close(settings, arrivals, days, night.errors)
        closed = night.close([Period(Grain.DAY, day) for day in due])
        longer = night.close(pipeline.periods_to_close(settings, arrivals, days, night.errors))
        longer += night.release(pipeline.microdata_to_close(settings, arrivals, days, night.errors))
        night.attempt("catalog", partial(pipeline.build_catalog, settings))
        night.attempt("dashboard", partial(pipeline.build_dashboard, settings))
        kept = night.attempt("upkeep", partial(pipeline.upkeep, settings))
    failures = tuple(night.failures)
    return NightCounts(tuple(files), registrations, closed, longer, failures, arrivals.unmatched, kept)
