"""Keys of periods under which visitors are called: which are needed, until when, and what goes with them.

Opened by ``upkeep`` alone. In: settings, what is held. Out: names, days and paths. It must not destroy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path

from iesiz.deidentify import GRAINS, PERIOD, epoch_of
from iesiz.periods import Period
from iesiz.restricted import held_maps, held_sets, period_list, set_folder
from iesiz.settings import Settings
from iesiz.vocabulary import KeyFacts


def key_name(period: Period, site: str) -> str:
    """As the ledger names a period's key."""
    return f"{PERIOD}/{site}/{epoch_of(period)}"


def needed_keys(settings: Settings, closed: Collection[Period]) -> set[str]:
    """Keys under which what is held was made, of periods that are still to be closed."""
    held = set(held_sets(settings))
    for path in held_maps(settings):
        site, day = (part.partition("=")[2] for part in path.parts[-3:-1])
        held |= {(Period.of(grain, dt.date.fromisoformat(day)), site) for grain in GRAINS}
    return {key_name(period, site) for period, site in held if period not in closed}


def last_day_of_key(at_most_days: int, one: KeyFacts, period: Period, closed: dt.date | None) -> dt.date:
    """The last day on which a period's key may be kept: once it has closed nobody is called under it."""
    return closed or max(period.last, one.created) + dt.timedelta(days=at_most_days)


def paths_to_go(
    settings: Settings, keys: Collection[KeyFacts], closed: Mapping[Period, dt.date]
) -> list[Path]:
    """Sets of periods that have closed, and under keys that go, with their tombstones."""
    going = {one.name for one in keys}
    return [
        path
        for period, site in held_sets(settings)
        if period in closed or key_name(period, site) in going
        for path in (set_folder(settings, period, site), period_list(settings, site, period))
    ]
