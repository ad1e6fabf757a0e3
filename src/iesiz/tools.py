"""What people ask besides the night: a log looked at, a table protected, what is published attacked.

Like ``pipeline`` this module opens the stages; it writes nothing into the store.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from iesiz.checked_field import UNDECLARED, CheckedField
from iesiz.errors import SettingsError
from iesiz.examination import Examination, Examiner
from iesiz.parse import choose_format, columns_seen, parse_block, with_columns
from iesiz.policy import Field, load_registry
from iesiz.records import PADDING, Block
from iesiz.sources import (
    Fingerprint,
    SourceColumn,
    Wanted,
    find_files,
    first_lines,
    open_registrations,
    read_blocks,
)

if TYPE_CHECKING:
    from iesiz.disclosure import Plan, ToldNumber
    from iesiz.own_table import Asked, Bounds, ProtectedFile
    from iesiz.periods import Period
    from iesiz.settings import Settings
    from iesiz.tables import TableSpec

NOT_READ = "not read"
BECOMES = {
    "pseudonym": "pseudonym of the day",
    "local_time": "kept as local time",
    "route": "kept as template and class",
    "number": "kept as it is",
    "referrer_class": "kept as class",
    "agent_class": "kept as classes",
    "language_class": "kept as a class",
    "own_host": "compared, then dropped",
    "client": "the client where trusted, then dropped",
    "drop": "dropped",
}


def examine(
    paths: Sequence[Path], form: str, chunk_bytes: int = 15 << 19
) -> tuple[Examination, tuple[Examination, ...]]:
    """Read logs without keeping anything: the totals, and the counts of each file.

    Raises:
        InputError: a file cannot be read, holds no line or is of another format.
    """
    total, each = Examiner(), []
    for path in paths:
        blocks = read_blocks(path, chunk_bytes, Fingerprint())
        first = next(blocks, Block(bytearray(PADDING), 0, 1))
        found = choose_format(path, form, first_lines(first))
        one = Examiner()
        for examiner in (one, total):
            examiner.start_file(found.form.name, found.share)
        for block in with_columns(chain([first], blocks), found.form):
            fields = columns_seen(found.form, block) if found.form.columns else found.form.fields
            chunk = parse_block(block, found.form)
            for examiner in (one, total):
                examiner.add_fields(fields)
                examiner.add(chunk)
        each.append(one.finish())
    return total.finish(), tuple(each)


def refused_files(settings: Settings) -> tuple[str, ...]:
    """Why what lies where logs are expected may not be read: pipes, devices, links out of their folder.

    Raises:
        SettingsError: a pattern leads into the store.
    """
    return tuple(one.refusal for one in find_files(settings) if one.refusal)


@dataclass(frozen=True, slots=True)
class FieldFate:
    """What would become of a field of a log.

    Attributes:
        clause: of the policy, under which it may be read; empty where none permits it.
        treatment: as the registry names it; empty where it has none.
        becomes: what is left of it, in short.
        meaning: the same in full.
    """

    field: str
    clause: str
    category: str
    treatment: str
    becomes: str
    meaning: str


def fates_of(fields: Sequence[str]) -> tuple[FieldFate, ...]:
    """What becomes of each field of a log, as the registry says; one that is not declared is not read."""
    registry, found = load_registry("access_log"), []
    for name in fields:
        one = registry.of(name)
        if one is None:
            found.append(FieldFate(name, "", "", "", NOT_READ, "not declared: nothing of it is read"))
        else:
            becomes = BECOMES[one.treatment]
            found.append(FieldFate(name, one.clause, one.category, one.treatment, becomes, one.meaning))
    return tuple(found)


def check_registration(settings: Settings) -> tuple[CheckedField, ...]:
    """What the registration source has, what is declared, and what would become of each; no row is read.

    Raises:
        InputError: there is no file, or one cannot be read.
        OutsideError: the database cannot be reached.
        SettingsError: the settings name no source, or cannot be right.
    """
    if settings.registration is None:
        raise SettingsError("The settings name no [registration]. `iesiz init` writes an example.")
    registry = load_registry("registration")
    wanted = Wanted.of(settings.registration, registry, complete=False)
    given = (settings.base, settings.registration, wanted, settings.store_path)
    with open_registrations(*given) as source:
        offered = source.offered
    there = {one.field: one for one in offered if one.field in registry.fields}
    declared = [_checked(one, there.get(name)) for name, one in registry.fields.items()]
    others = [
        CheckedField(one.name, "", one.type, UNDECLARED) for one in offered if one not in there.values()
    ]
    return (*declared, *others)


def _checked(field: Field, column: SourceColumn | None) -> CheckedField:
    if not field.is_read:
        outcome = "not read"
    elif column is None:
        outcome = "missing" if field.mandatory else "absent: nobody gave it"
    elif not column.readable:
        outcome = "missing: not granted" if field.mandatory else "not granted: nobody gave it"
    else:
        outcome = f"{field.treatment}: {field.meaning}"
    name, type_ = (column.name, column.type) if column else ("", "")
    return CheckedField(
        name, field.name, type_, outcome, field.type, field.mandatory, field.clause, field.category
    )


def protect_file(asked: Asked) -> ProtectedFile:
    """Protect an analyst's own table.

    Raises:
        InputError: the file cannot be used.
        PrivacyRefusal: a negative value, or no safe pattern.
        SettingsError: the options do not fit the file or each other.
    """
    from iesiz.disclosure.render import protected_file

    return protected_file(asked)


def audit_file(asked: Asked) -> Bounds:
    """What an attacker gets out of a table that somebody protected in whatever way.

    Raises:
        InputError: the file cannot be read as a protected table, or its values contradict each other.
        SettingsError: the options do not fit the file.
    """
    from iesiz.disclosure.inspect import attack_file

    return attack_file(asked)


@dataclass(frozen=True, slots=True)
class Audit:
    """What an attacker with a solver gets out of what is published, and whether it is what was recorded.

    Attributes:
        findings: a sentence each; nothing if all is well.
        withheld: numbers withheld.
        exact, narrow: of these, how many are known, or known more closely than the rules allow.
        narrowest: the smallest interval of a withheld number that its release told of; None if not bounded.
    """

    findings: tuple[str, ...]
    days: int
    periods: int
    withheld: int
    exact: int
    narrow: int
    narrowest: float | None
    seconds: float


def audit_published(settings: Settings, table: str | None, day: dt.date | None) -> Audit:
    """Verify ledgers and files, then attack each published period (or one day) with the solver.

    Raises:
        SettingsError: the table is not one of ours.
        PrivacyRefusal: a ledger is broken, or published files contradict each other.
    """
    from iesiz.closing import plan_of_night
    from iesiz.errors import SettingsError
    from iesiz.noise_work import undrawn
    from iesiz.periods import Grain
    from iesiz.publish import published_periods, verify_store
    from iesiz.tables import load_tables

    start, specs = time.perf_counter(), load_tables()
    if table is not None and table not in {spec.name for spec in specs}:
        raise SettingsError(f"No table is called {table!r}; known: {', '.join(spec.name for spec in specs)}.")
    periods = [
        one
        for grain in Grain
        for one in published_periods(settings, grain)
        if day is None or (one.grain, one.start) == (Grain.DAY, day)
    ]
    days = sum(one.grain is Grain.DAY for one in periods)
    findings, plan = [*verify_store(settings), *undrawn(settings)], plan_of_night(settings, specs)
    numbers = [
        number
        for one in (periods if not findings else [])
        for number in _told(settings, specs, one, plan)
        if table in (None, number.table.partition(" ")[0])
    ]
    exact, narrow = sum(one.is_exact for one in numbers), sum(one.is_narrow for one in numbers)
    if narrow:
        findings.append(f"{exact} withheld numbers are known exactly, {narrow} closer than the rules allow")
    least = min((one.width for one in numbers if one.has_told), default=math.inf)
    seconds = time.perf_counter() - start
    narrowest = least if math.isfinite(least) else None
    longer = len(periods) - days
    return Audit(tuple(findings), days, longer, len(numbers), exact, narrow, narrowest, seconds)


def _told(settings: Settings, specs: Sequence[TableSpec], period: Period, plan: Plan) -> list[ToldNumber]:
    """What everybody can tell of the withheld numbers of a period, and of earlier ones beside it."""
    from iesiz.archive import open_archive, read_release
    from iesiz.disclosure import carried, told_numbers

    published = read_release(settings, specs, period)
    history = carried(published, plan, open_archive(settings, is_public=True))
    return told_numbers(published, plan, settings.thresholds, history)


def codebook_text(settings: Settings, html: bool) -> str:
    """The codebook of all tables, under the edition in force today.

    Raises:
        PrivacyRefusal: no edition is in force.
    """
    from iesiz.calendar import now
    from iesiz.catalog import codebook_html, codebook_markdown
    from iesiz.policy import edition_on
    from iesiz.tables import load_tables

    edition = edition_on(settings, now().date())
    text = codebook_markdown(load_tables(), edition, settings.thresholds, settings.tables, settings.dp)
    return codebook_html(text) if html else text
