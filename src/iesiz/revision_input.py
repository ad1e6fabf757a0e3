"""What a declared revision is made of, and whether there can be one at all.

Opened by ``pipeline`` alone. In: settings, a published day, the reason. Out: a frozen ``Revision``, or a
refusal that says why. It must not publish, nor read a record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from iesiz.aggregate import DayInput, Shown
from iesiz.closing import tables_of
from iesiz.deidentify import KeyRing, find_identifiers
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.material import input_of
from iesiz.periods import LONGER, Grain, Period
from iesiz.policy import EditionInForce
from iesiz.publish import newest_revision, published_paths, published_periods, read_published
from iesiz.restricted import Records, has_exact
from iesiz.settings import Settings
from iesiz.table_parts import ADMITTED
from iesiz.tables import Cells, TableSpec, load_tables
from iesiz.vocabulary import OTHER

LONGEST_REASON = 500
LOGS, VISITOR = "access_log", "visitor"


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision to be decided.

    Attributes:
        number: 1 for the first.
        because: the reason that was given.
        sites: sites whose late lines it takes in.
        specs: tables of the logs that were published for the day.
        shown: these as they are published.
        before, after: the day without the late lines and with them.
        inputs: BLAKE3 of the files that go in.
    """

    period: Period
    number: int
    because: str
    sites: tuple[str, ...]
    specs: tuple[TableSpec, ...]
    shown: tuple[Cells, ...]
    before: DayInput
    after: DayInput
    inputs: tuple[str, ...]


def revision_of(
    settings: Settings, day: dt.date, because: str, site: str | None, edition: EditionInForce
) -> Revision:
    """What a revision of a day is made of.

    Raises:
        SettingsError: no reason, a day that is not published, or no late lines.
        PrivacyRefusal: an identifier in the reason, records or exact counts that have expired, or a longer
            period of the logs that holds the day.
    """
    reason, period, records = _reason(because), Period(Grain.DAY, day), Records(settings)
    _refuse_unpublished(settings, period)
    _refuse_expired(settings, records, period)
    sites = _late_sites(settings, records, day, site)
    paths = published_paths(settings)
    known = [spec for spec in tables_of(edition) if spec.grain is Grain.DAY and spec.source == LOGS]
    specs = tuple(spec for spec in known if (spec.name, period.name) in paths)
    _refuse_held(settings, period)
    shown = read_published(settings, specs, period)
    _refuse_noise(shown, period)
    before, after = (_input(settings, records, day, shown, late_of) for late_of in ((), sites))
    number, inputs = newest_revision(settings, period) + 1, records.inputs([day], sites)
    return Revision(period, number, reason, sites, specs, shown, before, after, inputs)


def _reason(because: str) -> str:
    """The reason without spaces around it.

    Raises:
        SettingsError: it is empty or too long.
        PrivacyRefusal: it holds an identifier.
    """
    reason = because.strip()
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise SettingsError(
            f"A revision needs a reason of one line, at most {LONGEST_REASON} characters: it is recorded."
        )
    if find_identifiers(reason):
        raise PrivacyRefusal(
            "The reason holds what looks like an identifier (a number, an address, a mail). It is recorded: "
            "say what happened without naming anybody."
        )
    return reason


def _refuse_unpublished(settings: Settings, period: Period) -> None:
    if period not in published_periods(settings, Grain.DAY):
        raise SettingsError(
            f"{period} is not published; its lines count without a revision. "
            f"`iesiz run --day {period}` closes it."
        )


def _refuse_expired(settings: Settings, records: Records, period: Period) -> None:
    """Refuse a day whose exact counts, records or keys are gone: nothing could be protected with them."""
    keys = KeyRing.of(settings)
    names = [(purpose, "network", period.name) for purpose in ("sampling", "threshold")]
    if period.start in records.gone_days() or any(keys.is_destroyed(*one) for one in names):
        raise PrivacyRefusal(
            f"{period}: its records and keys have reached the end of their time; it stays as it is."
        )
    if not has_exact(settings, period.start):
        raise PrivacyRefusal(f"{period}: its exact counts have expired, so that no difference can be judged.")


def _late_sites(settings: Settings, records: Records, day: dt.date, site: str | None) -> tuple[str, ...]:
    if site is not None:
        settings.site(site)
    found = tuple(name for name in sorted(records.late_parts(day)) if site in (None, name))
    if not found:
        raise SettingsError(f"{day}: there are no late lines{f' of {site}' if site else ''} to take in.")
    return found


def _refuse_held(settings: Settings, period: Period) -> None:
    """Refuse a day that a published week, month or quarter of the logs is made of.

    It would be the earlier day's, so that the day minus it told of the late lines through another door.
    """
    grains = {spec.grain for spec in load_tables() if spec.contributor == VISITOR}
    held = [
        Period.of(grain, period.start)
        for grain in LONGER
        if grain in grains and Period.of(grain, period.start) in published_periods(settings, grain)
    ]
    if held:
        raise PrivacyRefusal(
            f"{period}: {held[0]} is published and made of it. What a longer period holds can't be revised."
        )


def _refuse_noise(shown: Sequence[Cells], period: Period) -> None:
    """Refuse a day that has numbers with noise: they are drawn once, and a second draw has no budget."""
    if any(cells.noise for cells in shown):
        raise PrivacyRefusal(f"{period}: it has numbers with noise, which are drawn once and never again.")


def _input(
    settings: Settings, records: Records, day: dt.date, shown: Sequence[Cells], late_of: Collection[str]
) -> DayInput:
    """What the day's aggregation reads, under its own keys and with the labels that it shows."""
    parts = records.parts(day, late_of)
    labels = {cells.spec.name: _labels_of(cells) for cells in shown}
    sites = frozenset(records.parts(day))
    return replace(input_of(settings, day, parts, None), shown=Shown(sites, labels))


def _labels_of(cells: Cells) -> frozenset[tuple[str, str]]:
    """(site, label) of a table with admitted labels."""
    for column in cells.spec.columns:
        if column.values == ADMITTED:
            rows = zip(cells.table["site"].to_pylist(), cells.table[column.name].to_pylist(), strict=True)
            return frozenset(row for row in rows if row[1] != OTHER)
    return frozenset()
