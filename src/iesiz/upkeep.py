"""The end of keeping times: which keys and records have reached it, and their destruction.

Opened by ``pipeline`` alone. In: settings. Out: ``UpkeepCounts``, an entry of the
restricted ledger. It must not touch what is published, nor destroy what a later release needs.

A plan is written down first, then carried out, recorded, and struck out: after a crash the next start carries
it out again, which does no more than what is left of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from iesiz.calendar import now
from iesiz.counts import UpkeepCounts
from iesiz.deidentify import VISITOR, VISITOR_KEYS, KeyRing
from iesiz.due import closing_days
from iesiz.key_work import list_keys, period_of
from iesiz.period_keys import paths_to_go
from iesiz.periods import Grain, Period
from iesiz.publish import recover
from iesiz.restricted import Records, cohorts_path, day_list, expired, last_day_kept, mirror_path, people_list
from iesiz.settings import Settings
from iesiz.storage import outside, remove_tree, write_secret
from iesiz.vocabulary import KeyFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be destroyed.

    Attributes:
        on: the ISO day on which it was found to be due.
        after: the digest of the ledger's last line then, by which one plan is told from another.
        days: ISO days whose records go, and of these those that were never published.
        keys: names of keys.
        paths: folders and files of the restricted zone, relative to it.
    """

    on: str
    after: str
    days: tuple[str, ...]
    unpublished: tuple[str, ...]
    keys: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is due."""
        return not (self.days or self.keys or self.paths)

    @property
    def counts(self) -> UpkeepCounts:
        """As it is reported."""
        days, unpublished = (
            tuple(dt.date.fromisoformat(day) for day in one) for one in (self.days, self.unpublished)
        )
        return UpkeepCounts(self.keys, days, unpublished, len(self.paths))


def finish(settings: Settings) -> None:
    """Carry out what a crash left of a plan.

    Raises:
        OutsideError: the storage failed; the next start goes on.
    """
    journal = _journal(settings)
    if not journal.exists():
        return
    with outside(journal):
        begun = json.loads(journal.read_bytes())
    lists = {name: tuple(begun[name]) for name in ("days", "unpublished", "keys", "paths")}
    _carry_out(settings, Plan(on=begun["on"], after=begun["after"], **lists))


def upkeep(settings: Settings) -> UpkeepCounts:
    """Destroy keys and delete restricted data at the end of their time, and record it.

    Raises:
        PrivacyRefusal: a key is unsound, or a ledger's chain is broken; nothing is destroyed.
        OutsideError: the storage failed; the next start goes on.
    """
    recover(settings)
    finish(settings)
    today = now().date()
    plan = plan_of(settings, today)
    if not plan.is_empty:
        write_secret(_journal(settings), json.dumps(asdict(plan), sort_keys=True).encode())
        _carry_out(settings, plan)
    Records(settings).sweep(today)
    return plan.counts


def plan_of(settings: Settings, today: dt.date) -> Plan:
    """What is due on a day."""
    records, closed = Records(settings), closing_days(settings)
    held = records.held_days()
    days = [
        day
        for day, came in held.items()
        if last_day_kept(settings.keeping, day, closed.get(Period(Grain.DAY, day)), came) < today
    ]
    is_old = _mirror_is_old(settings, today) and not _has_notes(settings)
    keys = [one for one in list_keys(settings, days, is_old) if (one.destroy_after or today) < today]
    # A day without any record whose key goes is over as well: what arrives of it is late.
    over = {period_of(one).start for one in keys if one.purpose in VISITOR_KEYS and _is_of_day(one)}
    over -= {period.start for period in closed if period.grain is Grain.DAY}
    noted = records.ledger.entries()
    return Plan(
        on=today.isoformat(),
        after=noted[-1].digest if noted else "",
        days=tuple(day.isoformat() for day in sorted({*days, *over})),
        unpublished=tuple(day.isoformat() for day in days if Period(Grain.DAY, day) not in closed),
        keys=tuple(one.name for one in keys),
        paths=tuple(str(one.relative_to(settings.restricted)) for one in _paths(settings, days, keys, today)),
    )


def _is_of_day(one: KeyFacts) -> bool:
    return period_of(one).grain is Grain.DAY


def _paths(
    settings: Settings, days: Collection[dt.date], keys: Collection[KeyFacts], today: dt.date
) -> list[Path]:
    """Folders of the days, tombstones under keys that go, what longer releases needed, and an old mirror."""
    records = Records(settings)
    found = [path for day in days for path in sorted(records.folder.glob(f"site=*/day={day}"))]
    closed = closing_days(settings)
    found += [*expired(settings, closed, today), *paths_to_go(settings, keys, closed)]
    found += [
        day_list(settings, one.scope, period_of(one).start)
        for one in keys
        if one.purpose == VISITOR and _is_of_day(one)
    ]
    if _mirror_is_old(settings, today):
        found.append(mirror_path(settings))
        found += [] if _has_notes(settings) else [people_list(settings), cohorts_path(settings)]
    return [one for one in found if one.exists()]


def _has_notes(settings: Settings) -> bool:
    """Whether there are notes of who was in a cohort, and a source that may bring these people again.

    They and the key that they are under outlive the mirror: without them somebody could be released twice.
    """
    return settings.registration is not None and cohorts_path(settings).exists()


def _mirror_is_old(settings: Settings, today: dt.date) -> bool:
    """Whether the registrations were last read longer ago than they may be kept."""
    read, longest = Records(settings).mirror_read_at(), dt.timedelta(days=settings.keeping.at_most_days)
    return read is not None and read.date() < today - longest


def _carry_out(settings: Settings, plan: Plan) -> None:
    ring, day = KeyRing.of(settings), dt.date.fromisoformat(plan.on)
    for name in plan.keys:
        ring.destroy(name, day)
    for path in plan.paths:
        remove_tree(settings.restricted / path)
    Records(settings).note_destroyed(asdict(plan))
    journal = _journal(settings)
    with outside(journal):
        journal.unlink()


def _journal(settings: Settings) -> Path:
    return settings.restricted / "upkeep.json"
