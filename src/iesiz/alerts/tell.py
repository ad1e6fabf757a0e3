"""Who is told of what now: new alerts, those open for long, those that are over; each hook on its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

from iesiz.alerts.codes import Alert
from iesiz.alerts.hooks import hooks_of, write_status
from iesiz.alerts.message import Message
from iesiz.alerts.told import ToldAlert, open_alerts, write_open
from iesiz.calendar import now
from iesiz.runs import has_store, noting
from iesiz.settings import Settings


def tell(
    settings: Settings, raised: Sequence[Alert], is_settled: Callable[[Alert], bool]
) -> Mapping[str, str]:
    """Tell what is new, what has been open for ``repeat_hours``, and what is over.

    What was told is remembered for each hook, so that the same state is told once and a hook that failed
    tells it the next time. Without a store nothing can be remembered, and everything is told.

    Args:
        settings: what the operator decides.
        raised: what is amiss now.
        is_settled: whether an open alert that was not raised again is over.

    Returns:
        What became of each hook that had something to tell: ``told``, or ``failed`` and why.

    Raises:
        OutsideError: what was told could not be remembered.
    """
    stored, moment = has_store(settings), now()
    with noting(settings) if stored else nullcontext():
        known = {one.alert: one for one in (open_alerts(settings) if stored else ())}
        over = [one for one in known.values() if one.alert not in raised and is_settled(one.alert)]
        fresh = {one: ToldAlert(one, moment.isoformat(timespec="seconds")) for one in raised}
        still = [one for one in ({**fresh, **known}).values() if one not in over]
        results = dict[str, str]()
        for name, send in hooks_of(settings).items():
            due = tuple(one for one in still if one.is_due(name, moment, settings.alerts.repeat_hours))
            ended = tuple(one for one in over if name in one.told)
            if due or ended:
                results[name] = send(Message(due, ended))
                still = _with_told(still, due, name, moment) if results[name] == "told" else still
        if stored and (still or known):
            write_open(settings, still)
        return {**results, **write_status(settings, tuple(still), moment)}


def _with_told(
    alerts: Sequence[ToldAlert], due: Sequence[ToldAlert], hook: str, moment: dt.datetime
) -> list[ToldAlert]:
    told = moment.isoformat(timespec="seconds")
    return [replace(one, told={**one.told, hook: told}) if one in due else one for one in alerts]
