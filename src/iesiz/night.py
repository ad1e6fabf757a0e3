"""A night in-process: files, registrations, days, catalog, in order; one failure does not keep back the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from iesiz import pipeline
from iesiz.errors import IesizError
from iesiz.settings import Settings
from iesiz.vocabulary import DayCounts, FileCounts, RegistrationCounts

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
    days: tuple[DayCounts, ...]
    failures: tuple[Failure, ...]

    @property
    def exit_code(self) -> int:
        """0, or the code of the gravest failure: a refusal on privacy grounds before all others."""
        codes = {one.exit_code for one in self.failures}
        return next((code for code in (4, 1, 5, 3, 2) if code in codes), 0)


def run_night(settings: Settings, days: Sequence[dt.date], progress: Progress) -> NightCounts:
    """Do one night under the store's lock.

    Args:
        days: the days to close; none means yesterday and every open day that is due.
        progress: told the work, how many of its units are done, and how many there are.

    Raises:
        IesizError: the night cannot begin (another run, no edition in force, a foreign store).
    """
    failures: list[Failure] = []

    def attempt(work: str, do: Callable[[], Made]) -> Made | None:
        try:
            return do()
        except IesizError as error:
            failures.append(Failure(work, str(error), error.exit_code))
            return None

    with pipeline.store_lock(settings):
        arrivals = pipeline.discover(settings, days[0] if len(days) == 1 else None, days[-1] if days else None)
        files = []
        for number, file in enumerate(arrivals.files):
            progress("reading files", number, len(arrivals.files))
            files.append(attempt(f"file {file.path.name}", lambda file=file: pipeline.deidentify_file(settings, file)))
        registrations = attempt("registrations", lambda: pipeline.deidentify_registrations(settings))
        closing = tuple(days) or pipeline.days_to_close(settings, arrivals)
        closed = []
        for number, day in enumerate(closing):
            progress("closing days", number, len(closing))
            closed.append(attempt(f"day {day}", lambda day=day: pipeline.close_day(settings, day)))
        attempt("catalog", lambda: pipeline.build_catalog(settings))
    read = tuple(one for one in files if one is not None)
    failures.extend(_stopped(one) for one in read if one.verdict == "stopped")
    return NightCounts(read, registrations, tuple(one for one in closed if one is not None), tuple(failures))


def _stopped(one: FileCounts) -> Failure:
    share = f"{one.counts.rejected_share:.1%}"
    return Failure(
        f"file {one.name}",
        f"{one.name}: {share} of its lines were rejected, more than reading.max_rejected_share; nothing of it is kept. "
        "Look with `iesiz read` which reasons there are, correct the log's format, and run again.",
        3,
    )
