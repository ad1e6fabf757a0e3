"""The release of a period: all its partitions become visible, and are recorded, together.

Order of work: partitions are staged in the restricted zone and read back by the auditor, a journal names
them, they are renamed to their places, both ledgers get their records, the journal goes. A run that finds a
journal finishes it, so that no half of a night stays. What is published is never lost: a period with a
record is left as it is, or a declared revision takes its place and what it replaces goes to ``superseded``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Ledger
from iesiz.periods import Grain, Period
from iesiz.publish.parquet import metadata_of, read_partition, write_partition
from iesiz.publish.places import RELEASE, Released, published_paths, superseded_path
from iesiz.settings import Settings
from iesiz.storage import outside, put_in_place, write_bytes
from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import AUDITED, NOISE_CONFIRMED, SUPPRESSED

MICRODATA = "microdata"
PUBLIC_FACTS = ("table", "period", "revision", "edition", "sha256", "verdict")


@dataclass(frozen=True, slots=True)
class Release:
    """One partition to publish.

    Attributes:
        path: its place, relative to the published zone.
        inputs: BLAKE3 of each file that went into it; recorded in the restricted zone only.
    """

    table: str
    period: str
    revision: int
    edition: str
    path: str
    sha256: str
    cells: int
    suppressed: int
    verdict: str
    inputs: tuple[str, ...]


FULL_FACTS = tuple(one.name for one in fields(Release))


def published_periods(settings: Settings, grain: Grain) -> dict[Period, Mapping[str, Any]]:
    """Periods of a length that were published, in that order, with what the restricted ledger notes."""
    noted = _full(settings).entries(grain.value)
    return {Period.named(entry.facts[grain.value]): entry.facts for entry in noted}


def published_days(settings: Settings) -> frozenset[dt.date]:
    """Local days that were published."""
    return frozenset(period.start for period in published_periods(settings, Grain.DAY))


def newest_revision(settings: Settings, period: Period) -> int:
    """The number of the last revision of a published period, 0 if there was none."""
    return int(published_periods(settings, period.grain)[period].get("revision", 0))


def stage_period(
    settings: Settings,
    period: Period,
    protected: Sequence[Cells],
    edition: str,
    inputs: Sequence[str],
    revision: int = 0,
) -> tuple[Release, ...]:
    """Write the partitions of a period into the restricted zone, for the auditor to read back.

    Args:
        settings: where the store is.
        period: the day, week, month or quarter.
        protected: cells after disclosure control, one element a table.
        edition: the edition of the policy in force.
        inputs: BLAKE3 of the files that went in.
        revision: 0, or the number of the declared revision.

    Raises:
        PrivacyRefusal: the period was published before, and this is no revision of it.
        OutsideError: the storage failed; nothing is visible.
    """
    if not revision and period in published_periods(settings, period.grain):
        raise PrivacyRefusal(
            f"{period} was published before, and what is published stays. Declare a revision."
        )
    staging = _staging(settings)
    with outside(staging):
        staging.mkdir(parents=True, exist_ok=True)
        return tuple(_stage(staging, cells, period, edition, inputs, revision) for cells in protected)


def staged_path(settings: Settings, table: str) -> Path:
    """Where a partition or microdata lie before they are published."""
    return _staging(settings) / f"{table.replace('/', '-')}.parquet"


def read_staged(settings: Settings, specs: Sequence[TableSpec]) -> tuple[Cells, ...]:
    """The staged partitions as a reader will see them."""
    staging = _staging(settings)
    with outside(staging):
        found = [(spec, staging / f"{spec.name}.parquet") for spec in specs]
        return tuple(read_partition(spec, path) for spec, path in found if path.exists())


def discard_staged(settings: Settings) -> None:
    """Delete what was staged and may not be published; what was published before stays."""
    with outside(_staging(settings)):
        for path in _staging(settings).glob("*"):
            path.unlink()


def read_published(settings: Settings, specs: Sequence[TableSpec], period: Period) -> tuple[Cells, ...]:
    """The partitions of a period as readers see them, of the tables that were published for it."""
    paths = published_paths(settings)
    found = [(spec, paths.get((spec.name, period.name))) for spec in specs]
    return tuple(replace(read_partition(spec, path), period=period) for spec, path in found if path)


def commit_period(
    settings: Settings, period: Period, releases: Sequence[Release], facts: Mapping[str, Any]
) -> tuple[Release, ...]:
    """Publish what was staged, once.

    Args:
        settings: where the store is.
        period: the day, week, month or quarter.
        releases: what ``stage_period`` gave, with the auditor's verdict.
        facts: what the restricted ledger notes of the period besides.

    Raises:
        OutsideError: the storage failed; nothing of the period is visible, or the next run finishes it.
    """
    noted = {period.grain.value: period.name, **facts}
    return _commit(settings, period.grain.value, noted, releases)


def commit_records(
    settings: Settings, label: str, period: Period, releases: Sequence[Release], facts: Mapping[str, Any]
) -> tuple[Release, ...]:
    """Publish staged microdata, once; or note that there can be none.

    Args:
        settings: where the store is.
        label: which microdata.
        period: the quarter or month.
        releases: the release with the auditor's verdict, or nothing.
        facts: what the restricted ledger notes besides.

    Raises:
        OutsideError: the storage failed; nothing is visible, or the next run finishes it.
    """
    return _commit(settings, MICRODATA, {"table": label, "period": period.name, **facts}, releases)


def closed_microdata(settings: Settings) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What the restricted ledger notes of each closed release of microdata, by label and period, in order."""
    entries = [entry.facts for entry in _full(settings).entries(MICRODATA)]
    return {(one["table"], one["period"]): one for one in entries}


def _commit(
    settings: Settings, kind: str, noted: Mapping[str, Any], releases: Sequence[Release]
) -> tuple[Release, ...]:
    journal = {"kind": kind, "noted": dict(noted), "releases": [asdict(one) for one in releases]}
    write_bytes(_journal(settings), json.dumps(journal, sort_keys=True).encode())
    recover(settings)
    return tuple(releases)


def recover(settings: Settings) -> bool:
    """Finish a release that was begun; whether there was one. Staged files without a journal go."""
    journal = _journal(settings)
    if journal.exists():
        with outside(journal):
            begun = json.loads(journal.read_bytes())
        releases = [Release(**{**one, "inputs": tuple(one["inputs"])}) for one in begun["releases"]]
        for one in releases:
            _place(settings, one)
        _record(settings, begun["kind"], begun["noted"], releases)
    with outside(journal):
        had_journal = journal.exists()
        journal.unlink(missing_ok=True)
        for path in _staging(settings).glob("*"):
            path.unlink()
    return had_journal


def _stage(
    staging: Path, cells: Cells, period: Period, edition: str, inputs: Sequence[str], revision: int
) -> Release:
    name = cells.spec.name
    path = staging / f"{name}.parquet"
    write_partition(cells, metadata_of(cells, edition, period.name, revision), path)
    status = cells.table["status"].to_pylist()
    return Release(
        table=name,
        period=period.name,
        revision=revision,
        edition=edition,
        path=f"tables/{name}/{period.grain}={period}/part-0.parquet",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        cells=len(status),
        suppressed=status.count(SUPPRESSED),
        verdict=NOISE_CONFIRMED if cells.noise else AUDITED,
        inputs=tuple(inputs),
    )


def _place(settings: Settings, one: Release) -> None:
    staged, place = staged_path(settings, one.table), settings.published / one.path
    with outside(place):
        held = staged if staged.exists() else place
        if not held.exists() or hashlib.sha256(held.read_bytes()).hexdigest() != one.sha256:
            raise PrivacyRefusal(
                f"{held}: not the file that its release names. Restore the store from a copy."
            )
        if held == staged:
            _supersede(settings, one)
            put_in_place(staged, place)


def _supersede(settings: Settings, one: Release) -> None:
    """Keep a copy of what is in the place of a revision: somebody else has kept one too."""
    place = settings.published / one.path
    copy = settings.published / superseded_path(one.path, one.revision - 1)
    if one.revision and place.exists() and not copy.exists():
        write_bytes(copy, place.read_bytes())


def _record(settings: Settings, kind: str, noted: Mapping[str, Any], releases: Sequence[Release]) -> None:
    """Note each release in both ledgers, then what was closed; what a crash left noted is not noted again."""
    full, public = _full(settings), Ledger(settings.published / "ledger.jsonl")
    for ledger, names in ((full, FULL_FACTS), (public, PUBLIC_FACTS)):
        known = ledger.folded(Released).known
        new = [asdict(one) for one in releases if (one.table, one.period, one.revision) not in known]
        ledger.extend(RELEASE, [{name: one[name] for name in names} for one in new])
    if all(entry.facts != noted for entry in full.entries(kind)):
        full.append(kind, noted)


def _full(settings: Settings) -> Ledger:
    return Ledger(settings.restricted / "ledger.jsonl")


def _staging(settings: Settings) -> Path:
    return settings.restricted / "staging"


def _journal(settings: Settings) -> Path:
    return settings.restricted / "journal.json"
