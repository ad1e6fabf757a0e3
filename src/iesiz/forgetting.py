"""People whose records leave the restricted zone on their request, and do not come back.

Opened by ``pipeline`` alone. In: settings and a request. Out: ``ForgetCounts``, an entry of the restricted
ledger. It must not keep the request, nor touch what a published day was made of: what is published holds
nobody, and a day computed anew without somebody would tell who it was. Of such a day the late lines that lie
aside go, so that no revision brings them in. In the sets of weeks and months that are still to be published
nobody is counted out either, but what is left there is nobody's.

Tombstones come first; what they name then goes from the parts and the mirror. A crash in between is finished
at the next start, from the tombstones alone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from iesiz.calendar import now
from iesiz.counts import ForgetCounts
from iesiz.deidentify import (
    PERIOD,
    PERSON,
    VISITOR,
    KeyRing,
    Pseudonymiser,
    epoch_of,
    period_visitor,
    visitor_message,
)
from iesiz.forget_request import ForgetRequest
from iesiz.policy import has_edition
from iesiz.publish import published_days, recover
from iesiz.restricted import (
    Records,
    add_tombstones,
    all_sets,
    clean_part,
    day_list,
    estrange,
    held_maps,
    held_sets,
    mirror_path,
    people_list,
    period_list,
    tombstones,
)
from iesiz.settings import Settings
from iesiz.site_settings import Site
from iesiz.storage import outside, write_secret


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A local day of a site that is not published yet, or of which late lines can still be taken in."""

    site: str
    day: dt.date


def forget(settings: Settings, request: ForgetRequest) -> ForgetCounts:
    """Take people out of every day that is not published yet, and out of the registrations, for good.

    Raises:
        PrivacyRefusal: a key is unsound, or a ledger's chain is broken.
        OutsideError: the storage failed; the next start goes on, or the request is to be repeated.
    """
    recover(settings)
    moment = now()
    Records(settings).sweep(moment.date())
    ring = KeyRing.of(settings)
    messages = [visitor_message(one.address, one.agent) for one in request.visitors]
    for one in open_days(settings, moment) if messages else ():
        keyed = Pseudonymiser.under(ring.key(VISITOR, one.site, one.day.isoformat()))
        add_tombstones(day_list(settings, one.site, one.day), [keyed.of(message) for message in messages])
    _name_in_sets(settings, ring, request)
    if request.accounts:
        keyed = Pseudonymiser.under(ring.key(PERSON, "registration", "mirror"))
        people = [keyed.of(one.strip().encode()) for one in request.accounts]
        add_tombstones(people_list(settings), people)
    noted = Records(settings).ledger.entries()
    facts = {
        "at": moment.isoformat(),
        "accounts": len(request.accounts),
        "visitors": len(request.visitors),
        "after": noted[-1].digest if noted else "",
    }
    write_secret(_journal(settings), json.dumps(facts, sort_keys=True).encode())
    return _carry_out(settings)


def _name_in_sets(settings: Settings, ring: KeyRing, request: ForgetRequest) -> None:
    """Tombstones under the keys of weeks and months of which sets are held."""
    messages = [period_visitor(one.address, one.agent) for one in request.visitors]
    for period, site in held_sets(settings) if messages else ():
        if not ring.is_destroyed(PERIOD, site, epoch_of(period)):
            keyed = Pseudonymiser.under(ring.key(PERIOD, site, epoch_of(period)))
            add_tombstones(period_list(settings, site, period), [keyed.of(message) for message in messages])


def finish_forgetting(settings: Settings) -> None:
    """Carry out what a crash left.

    Raises:
        OutsideError: the storage failed; the next start goes on.
    """
    if _journal(settings).exists():
        _carry_out(settings)


def open_days(settings: Settings, moment: dt.datetime) -> Iterator[OpenDay]:
    """Days of each site whose records are not gone: those of the keeping time, and older ones held."""
    records, ring = Records(settings), KeyRing.of(settings)
    gone, held = records.gone_days(), records.held_days()
    for site in settings.sites:
        recent = _recent(settings, site, moment)
        for day in sorted({*recent, *held} - gone):
            if has_edition(settings, day) and not ring.is_destroyed(VISITOR, site.name, str(day)):
                yield OpenDay(site.name, day)


def _recent(settings: Settings, site: Site, moment: dt.datetime) -> set[dt.date]:
    today = moment.astimezone(ZoneInfo(site.zone)).date()
    return {today - dt.timedelta(days=step) for step in range(settings.keeping.at_most_days + 1)}


def _carry_out(settings: Settings) -> ForgetCounts:
    """Do what the tombstones say, note it, and strike it out."""
    journal, records = _journal(settings), Records(settings)
    with outside(journal):
        facts = json.loads(journal.read_bytes())
    rows: dict[dt.date, int] = {}
    settled = published_days(settings)
    for path in sorted((settings.restricted / "forgotten").glob("site=*/day=*")):
        site, day = _named(path)
        gone = tombstones(path)
        held = records.late_parts(day) if day in settled else records.parts(day)
        rows[day] = rows.get(day, 0) + sum(clean_part(part, gone) for part in held.get(site, ()))
        for one in held_maps(settings):
            if one.parts[-3:-1] == path.parts[-2:]:
                clean_part(one, gone)
    estranged = _estrange(settings)
    if facts["accounts"]:
        # It is read anew from its source, without them.
        with outside(mirror_path(settings)):
            mirror_path(settings).unlink(missing_ok=True)
    days = tuple(day for day in sorted(rows) if rows[day])
    effect = {"rows": sum(rows.values()), "days": [day.isoformat() for day in days], "estranged": estranged}
    records.note_forgotten({**facts, **effect})
    with outside(journal):
        journal.unlink()
    return ForgetCounts(facts["accounts"], facts["visitors"], sum(rows.values()), days)


def _estrange(settings: Settings) -> int:
    """Take the names of those on lists away in the sets of longer periods; in how many visitor-days."""
    changed = 0
    for period, site in held_sets(settings):
        path = period_list(settings, site, period)
        gone = tombstones(path)
        changed += sum(estrange(one, gone) for one in all_sets(settings, period, site) if gone)
        with outside(path):
            path.unlink(missing_ok=True)
    return changed


def _named(path: Path) -> tuple[str, dt.date]:
    site, day = (part.partition("=")[2] for part in path.parts[-2:])
    return site, dt.date.fromisoformat(day)


def _journal(settings: Settings) -> Path:
    return settings.restricted / "forget.json"
