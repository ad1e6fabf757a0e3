"""A run watched from its beginning to its end: noted in one line, and told to those who are to know.

In: what became of each unit of work. Out: ``RunFacts`` in the restricted zone, alerts. It must not keep
content, nor fail a run because it could not be noted or told.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod

from iesiz.alerts import Alert, tell
from iesiz.calendar import now
from iesiz.counts import FileCounts, LineCounts, PeriodCounts, RegistrationCounts, UpkeepCounts
from iesiz.errors import HeldBack, IesizError, StoreBusy, gravest
from iesiz.periods import Grain
from iesiz.run_facts import NIGHT, FailureFacts, RunFacts, Work
from iesiz.runs import has_store, note_run, noting
from iesiz.settings import Settings
from iesiz.vocabulary import Arrivals

Say = Callable[[str], None]


def stamp(moment: dt.datetime) -> str:
    """A time as it is noted."""
    return moment.isoformat(timespec="seconds")


@dataclass(slots=True)
class Run:
    """A run at work: what was done so far, and what failed."""

    kind: str
    say: Say
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    began: str = field(default_factory=lambda: stamp(now()))
    last: str = ""
    unmatched: tuple[str, ...] = ()
    files: list[FileCounts] = field(default_factory=list)
    periods: list[PeriodCounts] = field(default_factory=list)
    registrations: int | None = None
    upkeep: UpkeepCounts = field(default_factory=UpkeepCounts)
    failures: list[FailureFacts] = field(default_factory=list)
    tables_held: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)

    def event(self, event: str, **facts: object) -> None:
        """Say what happens, for machines: one JSON object."""
        said = {"at": stamp(now()), "run": self.run, "kind": self.kind, "event": event, **facts}
        self.say(json.dumps(said, ensure_ascii=False))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = round(time.perf_counter() - start, 3)
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
            self.event("stage", stage=name, seconds=spent)

    def arrived(self, arrivals: Arrivals, last: dt.date | None = None) -> None:
        """Take what the run found, and the last day that it is to close."""
        self.last, self.unmatched = (last or arrivals.last).isoformat(), arrivals.unmatched
        self.event("arrivals", files=len(arrivals.files), unmatched=len(arrivals.unmatched))

    def add(self, work: Work, outcome: object) -> None:
        """Take what became of a unit of work; what is neither counts nor an error of ours is passed over."""
        if isinstance(outcome, IesizError):
            self.failed(work, outcome)
        else:
            self._take(outcome)

    def failed(self, work: Work, error: BaseException) -> None:
        """Take a failure, by its code; its text stays out."""
        code, exit_code = getattr(error, "code", IesizError.code), getattr(error, "exit_code", 1)
        one = FailureFacts(code, exit_code, work.kind, work.site, work.stream, work.period)
        self.tables_held += error.tables if isinstance(error, HeldBack) else 0
        self.failures.append(one)
        self.event("failed", code=code, work=one.work, site=one.site, stream=one.stream, period=one.period)

    @singledispatchmethod
    def _take(self, _outcome: object) -> None:
        """Nothing is known of it."""

    @_take.register
    def _(self, outcome: FileCounts) -> None:
        self.files.append(outcome)

    @_take.register
    def _(self, outcome: RegistrationCounts) -> None:
        self.registrations = outcome.rows

    @_take.register
    def _(self, outcome: PeriodCounts) -> None:
        self.periods.append(outcome)

    @_take.register
    def _(self, outcome: UpkeepCounts) -> None:
        self.upkeep = outcome

    @property
    def facts(self) -> RunFacts:
        """As it stands now."""
        done = [one for one in self.periods if one.verdict == "published"]
        tables = [table for one in done for table in one.tables]
        return RunFacts(
            self.run,
            self.kind,
            self.began,
            stamp(now()),
            gravest(one.exit_code for one in self.failures),
            last=self.last,
            days=tuple(one.period.name for one in done if one.period.grain is Grain.DAY),
            periods=tuple(one.period.name for one in done if one.period.grain is not Grain.DAY),
            missing=tuple(one.period.name for one in self.periods if one.verdict == "missing"),
            tables=len(tables),
            tables_held=self.tables_held,
            cells=sum(one.cells for one in tables),
            withheld=sum(one.suppressed for one in tables),
            files=dict(sorted(Counter(one.verdict for one in self.files).items())),
            lines=self._lines(),
            registrations=self.registrations,
            empty=tuple(sorted({f"{one.site}/{one.stream}" for one in self.files if one.verdict == "empty"})),
            unmatched=self.unmatched,
            keys_destroyed=len(self.upkeep.keys),
            lapsed=tuple(day.isoformat() for day in self.upkeep.unpublished),
            seconds=dict(self.seconds),
            failures=tuple(self.failures),
            hooks=dict(self.hooks),
        )

    def _lines(self) -> dict[str, int]:
        total = LineCounts(0, 0)
        for one in self.files:
            total = total.plus(one.counts)
        return {
            "read": total.lines,
            "recognised": total.recognised,
            "ignored": sum(total.ignored.values()),
            "rejected": sum(total.rejected.values()),
            "late": sum(sum(one.late.values()) for one in self.files),
        }


@contextmanager
def recorded(settings: Settings, kind: str, say: Say | None = None) -> Iterator[Run]:
    """Watch a run. At its end, however it ends, it is noted and told.

    A run that found another one at work did nothing, and leaves no trace.

    Args:
        settings: what the operator decides.
        kind: ``night`` or ``upkeep``.
        say: told each event, one JSON object a line; the last one is the summary.
    """
    run, start = Run(kind, say or _silent), time.perf_counter()
    run.event("begin")
    try:
        yield run
    except StoreBusy:
        raise
    except Exception as error:
        run.failed(Work("run"), error)
        _finish(settings, run, start)
        raise
    _finish(settings, run, start)


def _finish(settings: Settings, run: Run, start: float) -> None:
    run.seconds["all"] = round(time.perf_counter() - start, 3)
    _note(settings, run)
    try:
        run.hooks = dict(tell(settings, alerts_of(run.facts), lambda one: is_settled(one, run.facts)))
    except IesizError as error:
        run.hooks = {"alerts": f"failed: {error.code}"}
    except Exception as error:  # noqa: BLE001 - nothing that telling meets may fail what was done
        run.hooks = {"alerts": f"failed: {type(error).__name__}"}
    if any(said.startswith("failed") for said in run.hooks.values()):
        run.event("hook failed", hooks=run.hooks)
    _note(settings, run)
    run.event("end", summary=json.loads(run.facts.line))


def _note(settings: Settings, run: Run) -> None:
    """Note the run as it stands; twice, so that one that is killed while it tells is noted too."""
    try:
        if has_store(settings):
            with noting(settings):
                note_run(settings, replace(run.facts))
    except IesizError as error:
        run.event("not noted", code=error.code)


def alerts_of(facts: RunFacts) -> tuple[Alert, ...]:
    """What is to be told of a run: each failure, and each day whose records lapsed unpublished."""
    failed = [Alert(one.code, one.site, one.period) for one in facts.failures]
    lapsed = [Alert("day-lapsed", period=day) for day in facts.lapsed]
    return tuple(dict.fromkeys([*failed, *lapsed]))


def is_settled(alert: Alert, facts: RunFacts) -> bool:
    """Whether an alert that a run did not raise again is over; of a period, when published or lapsed."""
    if alert.code == "no-success":
        return facts.kind == NIGHT and facts.exit_code == 0 and facts.last >= alert.period
    if alert.code == "day-lapsed":
        return True
    if alert.period:
        return alert.period in (*facts.days, *facts.periods, *facts.lapsed)
    return facts.kind == NIGHT


def _silent(_said: str) -> None:
    """Say nothing."""
