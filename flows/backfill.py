"""A range of days that were missed, as a Prefect flow: the days in order, then weeks, months and quarters.

In: the path of ``iesiz.toml``, the first and the last day. Out: the states of its steps and a table of
counts. It must not touch a day that was published: what is known of a day is said once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State

from flows.nightly import contained, noted, report, run_steps
from iesiz import pipeline
from iesiz.counts import PeriodCounts
from iesiz.periods import days_between
from iesiz.run_facts import NIGHT
from iesiz.settings import load_settings
from iesiz.vocabulary import day_of


@flow(name="backfill", persist_result=False)
@contained
def backfill(first: str, last: str, settings_path: str = "iesiz.toml") -> list[State[Any] | PeriodCounts]:
    """Close the days of a range that are still open; run again it goes on where it stopped.

    All files are read before a day is closed, days are closed from the oldest on, and longer periods when
    all of their days are: each is protected together with what was published before it.

    Args:
        first: the first day, ``YYYY-MM-DD``.
        last: the last day.
        settings_path: the settings file, relative to the working directory.

    Raises:
        SettingsError: the settings or the days are wrong.
        OutsideError: another run holds the store.
    """
    settings, days = load_settings(Path(settings_path)), days_between(day_of(first), day_of(last))
    with pipeline.recorded(settings, NIGHT, get_run_logger().info) as run, pipeline.store_lock(settings):
        arrivals = pipeline.discover(settings, days[-1])
        run.arrived(arrivals)
        refused = pipeline.refused_days(settings, days)
        left = [day for day in days if day not in {one.period.start for one in refused}]
        states = noted(run, run_steps(settings, settings_path, arrivals, left)) if left else []
    report("backfill", f"{first} to {last}", [*refused, *states])
    return [*refused, *states]
