"""The whole product on one page: what a night does, stage after stage.

    landing --sources--> lines, rows --parse--> identified records --deidentify--> restricted records
            --aggregate--> exact counts --disclosure--> publishable counts
            --publish--> published tables --catalog--> readers

Only this page opens the stages, with ``log_work``, ``registration_work``, ``closing``, ``noise_work`` and
``upkeep``, which hold its details. Its functions take frozen settings and small frozen inputs and return
counts, so that a file or a day is a unit of work that can be done anywhere, and done again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from iesiz.aggregate import DayInput, Left, aggregate_day, aggregate_period
from iesiz.archive import open_archive, with_changes
from iesiz.calendar import is_due, last_due, now, yesterday
from iesiz.catalog import write_catalog
from iesiz.closing import (
    audited,
    days_known,
    plan_of_night,
    summary_of,
    table_counts,
    tables_of,
    withheld_whole,
)
from iesiz.counts import (
    FileCounts,
    ForgetCounts,
    LineCounts,
    PeriodCounts,
    RegistrationCounts,
    UpkeepCounts,
    merge_counts,
)
from iesiz.dashboard import write_dashboard
from iesiz.deidentify import KeyRing, robot_list_version
from iesiz.disclosure import (
    Rules,
    carried,
    marked,
    protect_night,
)
from iesiz.due import due_periods, must_wait, reasons_against
from iesiz.errors import Expired, InputError
from iesiz.forget_request import ForgetRequest
from iesiz.forgetting import finish_forgetting
from iesiz.forgetting import forget as forget_people
from iesiz.log_work import context_of, format_of, line_seed_of, mark_of_format, treat
from iesiz.material import material_of
from iesiz.microdata_work import close_cohort, due_microdata
from iesiz.noise_work import check_mechanisms, chosen_tables, drawn, with_open_labels
from iesiz.parallel import in_order
from iesiz.parse import with_columns
from iesiz.periods import Grain, Period
from iesiz.policy import EditionInForce, edition_on
from iesiz.publish import (
    commit_period,
    published_days,
    published_periods,
    recover,
    stage_period,
)
from iesiz.registration_work import mirror_source
from iesiz.restricted import (
    Content,
    Reading,
    Records,
    forget_gone,
    forget_sets,
    freeze_registrations,
    line_collector,
    map_writer,
    part_writer,
    reject_writer,
    settle,
    write_exact,
    write_labels,
    write_visits,
)
from iesiz.revising import revise_day
from iesiz.run_record import Run, recorded
from iesiz.seen_work import keep_visitors
from iesiz.settings import Settings
from iesiz.sources import Fingerprint, find_files, read_blocks
from iesiz.storage import store_lock
from iesiz.tables import load_tables
from iesiz.upkeep import check_keys, clear, finish, keys_due
from iesiz.vocabulary import Arrivals, FileRef, KeyFacts

__all__ = [
    "Run",
    "build_catalog",
    "build_dashboard",
    "check_keys",
    "check_mechanisms",
    "close_day",
    "close_microdata",
    "close_period",
    "days_to_close",
    "deidentify_file",
    "deidentify_registrations",
    "discover",
    "encrypt_keys",
    "forget",
    "list_keys",
    "microdata_to_close",
    "periods_to_close",
    "plan_of_night",
    "recorded",
    "refused_days",
    "revise",
    "store_lock",
    "tables_of",
    "upkeep",
]


def discover(settings: Settings, last: dt.date | None = None) -> Arrivals:
    """Finish what a crash left, then list the files that arrived.

    Args:
        settings: what the operator decides.
        last: the night's own local day, yesterday by default.

    Raises:
        PrivacyRefusal: no edition of the policy is in force, a table is not fit to be published, or a key is
            missing or unsound.
    """
    last = last or yesterday(settings, now())
    edition_on(settings, last)
    check_mechanisms(settings)
    finish_all(settings)
    files = find_files(settings)
    found = {(file.site, file.stream) for file in files}
    declared = [(site.name, log.stream) for site in settings.sites for log in site.logs]
    return Arrivals(files, last, tuple("/".join(one) for one in declared if one not in found))


def finish_all(settings: Settings) -> None:
    """Finish what a crash left, and delete what does not count.

    Raises:
        PrivacyRefusal: a key is missing or unsound.
        OutsideError: the storage failed.
    """
    recover(settings)
    finish(settings)
    finish_forgetting(settings)
    check_keys(settings)
    Records(settings).sweep(now().date())


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


def refused_days(settings: Settings, days: Sequence[dt.date]) -> tuple[PeriodCounts, ...]:
    """Those of the days that cannot be closed (published, within a published period, not over), and why."""
    return reasons_against(settings, days, now())


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


def deidentify_file(settings: Settings, file: FileRef) -> FileCounts:
    """Read a log file to restricted records, in one pass; a line that came before in its stream adds nothing.

    Raises:
        InputError: the file cannot be read or is of another format; nothing of it is kept.
    """
    if file.refusal:
        raise InputError(file.refusal)
    records, mark = Records(settings), mark_of_format(settings, file)
    if records.is_unchanged(file, mark):
        return FileCounts(file.site, file.stream, file.path.name, "", "known", LineCounts(0, 0))
    form, context = format_of(settings, file), context_of(settings, file)
    fingerprint = Fingerprint(tuple(sorted({one.size for one in records.of_stream(file)})))
    blocks = with_columns(read_blocks(file.path, settings.reading.chunk_bytes, fingerprint), form)
    counts, late = LineCounts(0, 0), dict[str, int]()
    with (
        part_writer(records, file) as writer,
        reject_writer(writer.staging) as rejects,
        line_collector(writer.staging) as lines,
        map_writer(writer.staging) as maps,
    ):
        work = partial(treat, form=form, context=context, line_seed=line_seed_of(context, file))
        for treated in in_order(work, blocks, settings.reading.threads):
            rejects.add(counts.lines, treated.rejected)
            counts, late = counts.plus(treated.counts), merge_counts(late, treated.late)
            lines.add(treated.marks)
            maps.add(treated.met)
            for day, table in treated.days.items():
                writer.write(day, table)
        content = Content(fingerprint.digest, fingerprint.size, fingerprint.prefixes)
        reading = Reading(counts, late, robot_list_version(), lines, mark, now().date(), rejects, maps)
        return settle(records, file, content, reading, writer)


def deidentify_registrations(settings: Settings) -> RegistrationCounts | None:
    """Mirror the registration source into the restricted zone, treated; None if there is no source.

    Raises:
        InputError: the source cannot be read or lacks a mandatory column; the mirror stays as it was.
        OutsideError: the database failed; the mirror stays as it was.
    """
    if settings.registration is None:
        return None
    counts = mirror_source(settings, settings.registration)
    forget_gone(settings)
    return counts


def close_day(settings: Settings, day: dt.date) -> PeriodCounts:
    """Aggregate, protect, audit and publish one local day, once; see ``close_period``."""
    return close_period(settings, Period(Grain.DAY, day))


def close_period(settings: Settings, period: Period) -> PeriodCounts:
    """Aggregate, protect, audit and publish one day, week, month or quarter, once.

    Raises:
        PrivacyRefusal: no edition is in force on the last day, a rule refuses, or the auditor found something
            in what would have been published; nothing is published.
    """
    edition = edition_on(settings, period.last)
    if period in published_periods(settings, period.grain):
        return PeriodCounts(period, "already published")
    if not is_due(settings, period, now()):
        return PeriodCounts(period, "open")
    try:
        return publish_period(settings, period, edition)
    except Expired as why:
        return withheld_whole(settings, period, why, now().date())


def publish_period(settings: Settings, period: Period, edition: EditionInForce) -> PeriodCounts:
    """Aggregate, protect, audit and publish a period that is due.

    Raises:
        Expired: earlier releases that it hangs together with can't be protected any more.
        PrivacyRefusal: a rule refuses, or the auditor found something; nothing is published.
    """
    made_of, specs = material_of(settings, period), tables_of(edition)
    chosen = chosen_tables(settings, specs, period)
    given = with_open_labels(made_of.given, chosen)
    if given is None:
        return PeriodCounts(period, "missing", (), made_of.missing)
    means = (chosen.all, settings.thresholds, settings.reading.threads)
    counted = (
        aggregate_day(given, *means, partial(_keep, settings, given))
        if isinstance(given, DayInput)
        else aggregate_period(given, *means)
    )
    exact, for_noise = chosen.apart(with_changes(settings, counted))
    rules = Rules(given.threshold_key, period.name, settings.thresholds, plan_of_night(settings, specs))
    history = carried(exact, rules.plan, open_archive(settings))
    night = protect_night(exact, rules.key, rules.period, rules.thresholds, rules.plan, history)
    if isinstance(given, DayInput) and given.registrations is not None:
        freeze_registrations(settings, given.day, given.registrations)
    write_exact(settings, period, [marked(cells, rules) for cells in exact])
    if isinstance(given, DayInput):
        own = [one for one in exact if one.spec.labels and not one.spec.labels_of]
        write_labels(settings, given.day, {one.spec.name: one.common for one in own})
    cells = [*night.cells, *drawn(settings, period, for_noise)]
    staged = stage_period(settings, period, cells, edition.name, made_of.inputs)
    verdict = audited(settings, chosen.exact, exact, rules, history)
    facts = {"missing": made_of.missing, **made_of.facts, "closed": now().date().isoformat()}
    releases = commit_period(settings, period, staged, {**facts, "audit": summary_of(night, verdict)})
    forget_sets(settings, period)
    warnings = tuple(said for cells in exact for said in cells.warnings)
    coarser = tuple(f"{table}: withheld whole, no finer pattern was safe" for table in night.coarser)
    return PeriodCounts(
        period,
        "published",
        tuple(map(table_counts, releases)),
        made_of.missing,
        warnings + coarser + chosen.left_out,
    )


def revise(settings: Settings, day: dt.date, because: str, site: str | None = None) -> PeriodCounts:
    """Take a published day's late lines in, if new minus old tells of nobody; the reason is recorded.

    Args:
        settings: what the operator decides.
        day: a published local day.
        because: the reason, one line without any identifier.
        site: the site whose late lines are taken in; all by default.

    Raises:
        SettingsError: no reason, a day that is not published, or no late lines.
        PrivacyRefusal: a rule refuses; what is published stays as it is.
        OutsideError: the storage failed; the next start finishes what was decided.
    """
    finish_all(settings)
    return revise_day(settings, day, because, site, edition_on(settings, day), now())


def _keep(settings: Settings, given: DayInput, left: Left) -> None:
    """Keep what a day leaves for longer periods."""
    write_visits(settings, given.day, left.visits)
    keep_visitors(settings, given.day, given.parts, left.visitors)


def microdata_to_close(
    settings: Settings, arrivals: Arrivals, named: Sequence[dt.date] = (), outcomes: Sequence[object] = ()
) -> tuple[Period, ...]:
    """Months and quarters whose microdata are due, once their days and tables have closed."""
    if must_wait(outcomes, now()):
        return ()
    due = due_microdata(settings, max(named, default=arrivals.last), now())
    return tuple(period for _, period in due)


def close_microdata(settings: Settings, period: Period) -> PeriodCounts:
    """Generalise, audit and release the microdata of a month or quarter, once.

    Raises:
        PrivacyRefusal: no edition is in force on the last day, or the audit found something; nothing is
            released.
    """
    edition = edition_on(settings, period.last)
    due = due_microdata(settings, period.last, now())
    dataset = next((one for one, when in due if when == period), None)
    if dataset is None:
        return PeriodCounts(period, "open")
    return close_cohort(settings, dataset, period, edition)


def build_catalog(settings: Settings) -> None:
    """Build the readers' catalog over what is published, beside the old one, and replace it at once.

    A release that a failure left half done is finished first, so that readers see whole nights only.

    Raises:
        OutsideError: the storage failed; readers keep the old catalog.
    """
    recover(settings)
    due = last_due(settings, now())
    write_catalog(settings, load_tables(), edition_on(settings, due), days_known(settings), due)


def build_dashboard(settings: Settings, folder: Path | None = None) -> Path:
    """Write the dashboard's pages from the catalog, into the published zone by default; the first page.

    Raises:
        InputError: there is no catalog.
        OutsideError: the storage failed.
    """
    edition = edition_on(settings, last_due(settings, now()))
    return write_dashboard(settings, load_tables(), edition, folder)


def upkeep(settings: Settings) -> UpkeepCounts:
    """Destroy keys and delete restricted data at the end of their time, and record it.

    Raises:
        PrivacyRefusal: a key is unsound, or a ledger's chain is broken; nothing is destroyed.
        OutsideError: the storage failed; the next start goes on.
    """
    recover(settings)
    return clear(settings, now().date())


def forget(settings: Settings, request: ForgetRequest) -> ForgetCounts:
    """Take people out of every day that is not published yet, for good.

    Raises:
        PrivacyRefusal: a key is unsound, or a ledger's chain is broken.
        OutsideError: the storage failed; the next start goes on, or the request is to be repeated.
    """
    recover(settings)
    return forget_people(settings, request, now())


def encrypt_keys(settings: Settings) -> int:
    """Encrypt the keys that lie in clear, as the settings say; their number.

    Raises:
        SettingsError: the settings do not say by what, or the secret is not the store's.
        OutsideError: the storage failed; it may be done again.
    """
    return KeyRing.of(settings).encrypt()


def list_keys(settings: Settings) -> tuple[KeyFacts, ...]:
    """What each key is for and how long it may be kept, as it stands now; never a key.

    Raises:
        PrivacyRefusal: a key is short, of another store, or others may read it.
    """
    return keys_due(settings)
