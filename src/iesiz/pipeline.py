"""The whole product on one page: what a night does, stage after stage.

    landing --sources--> lines, rows --parse--> identified records --deidentify--> restricted records
            --aggregate--> exact counts --disclosure--> publishable counts
            --publish--> published tables --catalog--> readers

Only this module opens the stages. Its functions take frozen settings and small frozen inputs and return
counts, so that a file or a day is a unit of work that can be done anywhere, and done again.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from iesiz.aggregate import DayInput, aggregate_day
from iesiz.calendar import end_of, is_due, now, yesterday
from iesiz.catalog import write_catalog
from iesiz.deidentify import (
    Context,
    Fate,
    KeyRing,
    OwnRoutes,
    Treated,
    deidentify_chunk,
    deidentify_rows,
)
from iesiz.disclosure import (
    Night,
    NightVerdict,
    Plan,
    Rules,
    StepRoute,
    audit_night,
    plan_of,
    protect_night,
)
from iesiz.errors import OutsideError, PrivacyRefusal
from iesiz.parallel import in_order
from iesiz.parse import LogFormat, choose_format, only_hosts, parse_block, with_columns
from iesiz.policy import EditionInForce, edition_on, has_edition, load_registry
from iesiz.publish import (
    Release,
    commit_day,
    discard_staged,
    published_days,
    read_staged,
    recover,
    stage_day,
)
from iesiz.records import Block
from iesiz.restricted import (
    Content,
    LineCollector,
    Reading,
    Records,
    mirror_path,
    part_writer,
    read_labels,
    settle,
    write_labels,
    write_mirror,
)
from iesiz.settings import Settings
from iesiz.sources import Fingerprint, find_files, read_blocks, read_registrations, read_start
from iesiz.storage import store_lock
from iesiz.tables import Cells, TableSpec, load_tables
from iesiz.vocabulary import (
    Arrivals,
    DayCounts,
    FileCounts,
    FileRef,
    LineCounts,
    RegistrationCounts,
    TableCounts,
    merge_counts,
)

__all__ = [
    "build_catalog",
    "close_day",
    "days_to_close",
    "deidentify_file",
    "deidentify_registrations",
    "discover",
    "plan_of_night",
    "store_lock",
    "tables_of",
]

START_BYTES = 1 << 16


def discover(settings: Settings, last: dt.date | None = None) -> Arrivals:
    """Finish what a crash left, then list the files that arrived.

    Args:
        settings: what the operator decides.
        last: the night's own local day, yesterday by default.

    Raises:
        PrivacyRefusal: no edition of the policy is in force, or a table is not fit to be published.
    """
    last = last or yesterday(settings, now())
    edition_on(settings, last)
    load_tables()
    recover(settings)
    Records(settings).sweep()
    files = find_files(settings)
    found = {(file.site, file.stream) for file in files}
    declared = [(site.name, log.stream) for site in settings.sites for log in site.logs]
    return Arrivals(files, last, tuple("/".join(one) for one in declared if one not in found))


def days_to_close(
    settings: Settings, arrivals: Arrivals, named: Sequence[dt.date] = (), outcomes: Sequence[object] = ()
) -> tuple[dt.date, ...]:
    """The days that were named; or else the night's own and every open one that is due.

    Args:
        settings: what the operator decides.
        arrivals: what the night found.
        named: days that somebody asked for.
        outcomes: what became of the files. If something outside failed no day is closed: a day is
            published once, so it waits until its files can be read.
    """
    if any(isinstance(one, OutsideError) for one in outcomes):
        return ()
    if named:
        return tuple(named)
    open_days = Records(settings).open_days(published_days(settings))
    wanted = {arrivals.last, *(day for day in open_days if day < arrivals.last)}
    return tuple(day for day in sorted(wanted) if is_due(settings, day, now()))


def deidentify_file(settings: Settings, file: FileRef) -> FileCounts:
    """Read a log file to restricted records, in one pass; a line that came before in its stream adds nothing.

    Raises:
        InputError: the file cannot be read or is of another format; nothing of it is kept.
    """
    records = Records(settings)
    if records.is_unchanged(file):
        return FileCounts(file.site, file.stream, file.path.name, "", "known", LineCounts(0, 0))
    form, context = _format(settings, file), _context(settings, file)
    fingerprint = Fingerprint(tuple(sorted({one.size for one in records.of_stream(file)})))
    blocks = with_columns(read_blocks(file.path, settings.reading.chunk_bytes, fingerprint), form)
    counts, late, lines = LineCounts(0, 0), dict[str, int](), LineCollector()
    with part_writer(records, file) as writer:
        work = partial(_treat, form=form, context=context, line_seed=_line_seed(context, file))
        for treated in in_order(work, blocks, settings.reading.threads):
            counts, late = counts.plus(treated.counts), merge_counts(late, treated.late)
            lines.add(treated.marks)
            for day, table in treated.days.items():
                writer.write(day, table)
        content = Content(fingerprint.digest, fingerprint.size, fingerprint.prefixes)
        return settle(records, file, content, Reading(counts, late, lines), writer)


def _treat(block: Block, form: LogFormat, context: Context, line_seed: np.uint64) -> Treated:
    """One block from lines to restricted records, in memory."""
    chunk = parse_block(block, form, fold=not context.routes_have_numbers, line_seed=line_seed)
    return deidentify_chunk(only_hosts(chunk, context.hosts), context)


def _line_seed(context: Context, file: FileRef) -> np.uint64:
    """What the hashes of a stream's lines start from: the same in every run, and of no other stream."""
    return np.uint64(int.from_bytes(context.keys.key("lines", file.site, file.stream)[:8], "little"))


def _format(settings: Settings, file: FileRef) -> LogFormat:
    name = next(log.format for log in settings.site(file.site).logs if log.stream == file.stream)
    return choose_format(file.path, name, read_start(file.path, START_BYTES)).form


def _context(settings: Settings, file: FileRef) -> Context:
    site, published = settings.site(file.site), published_days(settings)

    def fate(day: dt.date) -> Fate:
        if not has_edition(settings, day):
            return Fate.NO_EDITION
        return Fate.LATE if day in published else Fate.OPEN

    return Context(
        site=site.name,
        zone=site.zone,
        hosts=frozenset(host.lower() for host in site.hosts),
        own_hosts=settings.own_hosts,
        routes=OwnRoutes((*site.routes, *(step.route for step in site.funnel))),
        registry=load_registry("access_log"),
        keys=KeyRing(settings.restricted / "keys"),
        fate=fate,
    )


def deidentify_registrations(settings: Settings) -> RegistrationCounts | None:
    """Mirror the registration source into the restricted zone, treated; None if there is no source.

    Raises:
        InputError: the source cannot be read or lacks a mandatory column; the mirror stays as it was.
    """
    if settings.registration is None:
        return None
    registry = load_registry("registration")
    rows = read_registrations(settings.base, settings.registration, registry)
    key = KeyRing(settings.restricted / "keys").key("person", "registration", "mirror")
    source = settings.registration
    mirror = deidentify_rows(rows.table, registry, key, source.zone, frozenset(source.sites))
    write_mirror(settings, mirror.table)
    Records(settings).note_mirror(now())
    rejected = {**rows.rejected, **mirror.rejected}
    return RegistrationCounts(
        len(rows.table) + sum(rows.rejected.values()), len(mirror.table), rejected, rows.undeclared
    )


def close_day(settings: Settings, day: dt.date) -> DayCounts:
    """Aggregate, protect, audit and publish one local day, once.

    Raises:
        PrivacyRefusal: no edition is in force on the day, a rule refuses, or the auditor found something in
            what would have been published; nothing is published.
    """
    edition = edition_on(settings, day)
    if day in published_days(settings):
        return DayCounts(day, "already published")
    if not is_due(settings, day, now()):
        return DayCounts(day, "open")
    records, specs = Records(settings), tables_of(edition)
    parts, registrations = records.parts(day), _registrations(settings, records, day)
    missing = [site.name for site in settings.sites if site.logs and site.name not in parts]
    if settings.registration and registrations is None:
        missing.append("registration")
    if not parts:
        return DayCounts(day, "missing", (), tuple(missing))
    given = _input(settings, day, parts, registrations)
    exact = aggregate_day(given, specs, settings.thresholds, settings.reading.threads)
    rules = Rules(given.threshold_key, day.isoformat(), settings.thresholds, plan_of_night(settings, specs))
    night = protect_night(exact, rules.key, rules.period, rules.thresholds, rules.plan)
    write_labels(settings, day, {one.spec.name: one.common for one in exact if one.spec.labels})
    staged = stage_day(settings, day, night.cells, edition.name, records.inputs(day))
    verdict = _audited(settings, specs, exact, rules)
    facts = {"missing": missing, "sites": sorted(parts), "closed": now().date().isoformat()}
    releases = commit_day(settings, day, staged, {**facts, "audit": _summary(night, verdict)})
    warnings = tuple(said for cells in exact for said in cells.warnings)
    coarser = tuple(f"{table}: withheld whole, no finer pattern was safe" for table in night.coarser)
    return DayCounts(
        day, "published", tuple(map(_table_counts, releases)), tuple(missing), warnings + coarser
    )


def _input(
    settings: Settings, day: dt.date, parts: Mapping[str, Sequence[Path]], registrations: Path | None
) -> DayInput:
    keys, epoch = KeyRing(settings.restricted / "keys"), day.isoformat()
    return DayInput(
        day,
        tuple(settings.sites),
        parts,
        registrations,
        tuple(settings.registration.sites) if settings.registration else (),
        sampling_key=keys.key("sampling", "network", epoch),
        threshold_key=keys.key("threshold", "network", epoch),
        labels=read_labels(settings, [one for one in published_days(settings) if one < day]),
    )


def tables_of(edition: EditionInForce) -> tuple[TableSpec, ...]:
    """The tables that an edition of the policy permits."""
    return tuple(spec for spec in load_tables() if edition.permits(spec.purpose))


def plan_of_night(settings: Settings, specs: Sequence[TableSpec]) -> Plan:
    """The release plan: all tables of a night, how they hang together, and the sites' ways to registration.

    Raises:
        PrivacyRefusal: the plan is inconsistent or too large to be audited.
    """
    steps = [StepRoute(site.name, one.step, one.route) for site in settings.sites for one in site.funnel]
    return plan_of(specs, len(settings.sites), steps)


def _audited(
    settings: Settings, specs: Sequence[TableSpec], exact: Sequence[Cells], rules: Rules
) -> NightVerdict:
    """The auditor's verdict on the staged files, read back as a reader would.

    Raises:
        PrivacyRefusal: it found something; the staged files are gone.
    """
    try:
        verdict = audit_night(read_staged(settings, specs), exact, rules)
    except PrivacyRefusal:
        discard_staged(settings)
        raise
    if not verdict.findings:
        return verdict
    discard_staged(settings)
    tables = ", ".join(sorted({one.table for one in verdict.findings}))
    raise PrivacyRefusal(
        f"{rules.period}: the auditor found {len(verdict.findings)} numbers that could be told from what "
        f"would be published ({tables}). Nothing of the day is published. Report it."
    )


def _summary(night: Night, verdict: NightVerdict) -> dict[str, object]:
    narrowest = verdict.narrowest if math.isfinite(verdict.narrowest) else None
    return {
        "primary": night.primary,
        "secondary": night.secondary,
        "coarser": list(night.coarser),
        "audited": verdict.audited,
        "narrowest": narrowest,
        "insiders": verdict.insiders,
        "seconds": round(night.seconds + verdict.seconds, 3),
    }


def _registrations(settings: Settings, records: Records, day: dt.date) -> Path | None:
    """The mirror of the source, if it was read after the day's end; an older one lacks the day's people."""
    source = settings.registration
    read = records.mirror_read_at()
    return mirror_path(settings) if source and read and read >= end_of(day, source.zone) else None


def _table_counts(one: Release) -> TableCounts:
    return TableCounts(
        one.table, one.period, one.cells, one.cells - one.suppressed, one.suppressed, one.verdict
    )


def build_catalog(settings: Settings) -> None:
    """Build the readers' catalog over what is published, beside the old one, and replace it at once."""
    write_catalog(settings, load_tables())
