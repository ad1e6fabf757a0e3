"""The whole product on one page: what a night does, stage after stage.

    landing --sources--> lines, rows --parse--> identified records --deidentify--> restricted records
            --aggregate--> exact counts --disclosure--> publishable counts
            --publish--> published tables --catalog--> readers

Only this page opens the stages, with the rooms that hold its details: ``log_work`` and ``intake`` (a file),
``registration_work``, ``due`` (what may close when), ``material``, ``publishing`` and ``closing`` (a period),
``noise_work``, ``microdata_work``, ``revising``, ``key_work``, ``upkeep``, ``forgetting``. Its functions take
frozen settings and small frozen inputs and return counts, so that a file or a day is a unit of work that can
be done anywhere, and done again.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

from iesiz.calendar import is_due, last_due, now, yesterday
from iesiz.catalog import write_catalog
from iesiz.catalog_mark import keep_mark, read_mark
from iesiz.closing import (
    audited,
    days_known,
    plan_of_night,
    protected,
    summary_of,
    table_counts,
    tables_of,
    withheld_whole,
)
from iesiz.counts import FileCounts, LineCounts, PeriodCounts, RegistrationCounts
from iesiz.dashboard import write_dashboard
from iesiz.disclosure import Rules
from iesiz.due import days_to_close, may_go_on, periods_to_close, refused_days
from iesiz.errors import Expired, InputError
from iesiz.forgetting import finish_forgetting, forget
from iesiz.intake import open_intake
from iesiz.key_work import check_keys, encrypt_keys, list_keys
from iesiz.log_work import context_of, format_of, line_seed_of, mark_of_format, treat
from iesiz.material import material_of
from iesiz.microdata_work import close_microdata, microdata_to_close
from iesiz.noise_work import check_mechanisms, chosen_tables, drawn, with_open_labels
from iesiz.parallel import in_order
from iesiz.parse import with_columns
from iesiz.periods import Grain, Period
from iesiz.policy import EditionInForce, edition_on
from iesiz.publish import commit_period, published_periods, recover, stage_period
from iesiz.publishing import counted, keep_exact
from iesiz.registration_work import mirror_source
from iesiz.restricted import Records, forget_gone, forget_sets
from iesiz.revising import revise_day
from iesiz.run_record import Run, recorded
from iesiz.settings import Settings
from iesiz.sources import Fingerprint, find_files, read_blocks
from iesiz.storage import store_lock
from iesiz.tables import load_tables
from iesiz.upkeep import finish, upkeep
from iesiz.vocabulary import Arrivals, FileRef

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
    "may_go_on",
    "microdata_to_close",
    "periods_to_close",
    "recorded",
    "refused_days",
    "revise",
    "store_lock",
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
    content = Fingerprint(tuple(sorted({one.size for one in records.of_stream(file)})))
    blocks = with_columns(read_blocks(file.path, settings.reading.chunk_bytes, content), form)
    work = partial(treat, form=form, context=context, line_seed=line_seed_of(context, file))
    with open_intake(records, file) as intake:
        for treated in in_order(work, blocks, settings.reading.threads):
            intake.add(treated)
        return intake.settle(content, mark)


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
    exact, for_noise = chosen.apart(counted(settings, given, chosen))
    rules = Rules(given.threshold_key, period.name, settings.thresholds, plan_of_night(settings, specs))
    shown = protected(settings, exact, rules)
    keep_exact(settings, period, given, shown)
    cells = [*shown.night.cells, *drawn(settings, period, for_noise)]
    staged = stage_period(settings, period, cells, edition.name, made_of.inputs)
    audit = summary_of(shown.night, audited(settings, chosen.exact, shown))
    facts = {"missing": made_of.missing, **made_of.facts, "closed": now().date().isoformat(), "audit": audit}
    tables = tuple(map(table_counts, commit_period(settings, period, staged, facts)))
    forget_sets(settings, period)
    return PeriodCounts(period, "published", tables, made_of.missing, shown.warnings + chosen.left_out)


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


def build_catalog(settings: Settings) -> None:
    """Build the readers' catalog over what is published, beside the old one, and replace it at once.

    A release that a failure left half done is finished first, so that readers see whole nights only.

    Raises:
        OutsideError: the storage failed; readers keep the old catalog.
    """
    recover(settings)
    due = last_due(settings, now())
    days, mark = days_known(settings), read_mark(settings)
    keep_mark(settings, write_catalog(settings, load_tables(), edition_on(settings, due), days, due, mark))


def build_dashboard(settings: Settings, folder: Path | None = None) -> Path:
    """Write the dashboard's pages from the catalog, into the published zone by default; the first page.

    Raises:
        InputError: there is no catalog.
        OutsideError: the storage failed.
    """
    edition = edition_on(settings, last_due(settings, now()))
    return write_dashboard(settings, load_tables(), edition, folder)
