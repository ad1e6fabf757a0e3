"""What may close when, and why not.

Opened by ``pipeline``, ``microdata_work`` and ``upkeep``. In: settings, what became of the steps before, the
time. Out: days and periods. It must neither write nor look at what is in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from iesiz.calendar import is_due, now
from iesiz.counts import PeriodCounts
from iesiz.errors import CutOffError, OutsideError
from iesiz.periods import LONGER, Grain, Period
from iesiz.publish import published_days, published_periods
from iesiz.restricted import Records
from iesiz.settings import Settings
from iesiz.tables import load_tables
from iesiz.vocabulary import Arrivals

ON_ITS_WAY = dt.timedelta(days=3)


def must_wait(outcomes: Sequence[object], moment: dt.datetime) -> bool:
    """Whether nothing may close yet, by what became of the steps before.

    Something outside failed; or a file's content is cut off, and it was written to a few days ago at most, so
    that it may be on its way. One that stays cut off is a bad file among others in the end.
    """
    if any(isinstance(one, OutsideError) for one in outcomes):
        return True
    cut = [one.path for one in outcomes if isinstance(one, CutOffError)]
    written = [path.stat().st_mtime for path in cut if path.exists()]
    return max(written, default=0.0) > (moment - ON_ITS_WAY).timestamp()


def days_to_close(
    settings: Settings, arrivals: Arrivals, named: Sequence[dt.date] = (), outcomes: Sequence[object] = ()
) -> tuple[dt.date, ...]:
    """The days that were named; or else the night's own and every open one that is due.

    Args:
        settings: what the operator decides.
        arrivals: what the night found.
        named: days that somebody asked for.
        outcomes: what became of the files and the registrations. If something outside failed, or a file is
            still on its way, no day is closed: a day is published once, so it waits until its sources can be
            read.
    """
    if must_wait(outcomes, now()):
        return ()
    if named:
        return tuple(named)
    open_days = Records(settings).open_days(published_days(settings))
    wanted = {arrivals.last, *(day for day in open_days if day < arrivals.last)}
    return tuple(day for day in sorted(wanted) if is_due(settings, Period(Grain.DAY, day), now()))


def periods_to_close(
    settings: Settings, arrivals: Arrivals, named: Sequence[dt.date] = (), outcomes: Sequence[object] = ()
) -> tuple[Period, ...]:
    """The weeks, then the months and quarters, that are due once the days have closed.

    A period waits as long as one of its days is open, and until the night's own day, or the last that was
    named, has reached its end: days that are read anew one by one come before it.
    """
    if must_wait(outcomes, now()):
        return ()
    return due_periods(settings, max(named, default=arrivals.last), now())


def due_periods(settings: Settings, last: dt.date, moment: dt.datetime) -> tuple[Period, ...]:
    """Longer periods that can be closed: weeks first, then months, then quarters.

    They hold a published day and none with records that are not published, and have closed at every site by
    the night's own day.
    """
    published = published_days(settings)
    open_days = Records(settings).open_days(published)
    grains = {spec.grain for spec in load_tables()}
    wanted = [
        period
        for grain in LONGER
        if grain in grains
        for known in (published_periods(settings, grain),)
        for period in sorted({Period.of(grain, day) for day in published}, key=lambda one: one.start)
        if period not in known
    ]
    return tuple(
        period
        for period in wanted
        if period.last <= last
        and is_due(settings, period, moment)
        and not any(day in period for day in open_days)
    )


def refused_days(settings: Settings, days: Sequence[dt.date]) -> tuple[PeriodCounts, ...]:
    """Those of the days that cannot be closed (published, within a published period, not over), and why."""
    published = published_days(settings)
    longer = [period for grain in LONGER for period in published_periods(settings, grain)]
    refused = []
    for day in days:
        above = next((period for period in longer if day in period), None)
        if day in published:
            reason = "it is published, and a day is published once"
        elif above is not None:
            reason = f"its {above.grain} {above.name} is published, and comes after its days"
        elif not is_due(settings, Period(Grain.DAY, day), now()):
            reason = "it has not closed at every site yet"
        else:
            continue
        refused.append(PeriodCounts(Period(Grain.DAY, day), f"refused: {reason}"))
    return tuple(refused)


def closing_days(settings: Settings) -> dict[Period, dt.date]:
    """The day on which each period was published."""
    return {
        period: dt.date.fromisoformat(facts["closed"])
        for grain in Grain
        for period, facts in published_periods(settings, grain).items()
    }
