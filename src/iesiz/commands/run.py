"""``iesiz run``: a night in-process, with progress on a terminal."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.errors import SettingsError
from iesiz.periods import days_between
from iesiz.vocabulary import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iesiz.counts import PeriodCounts, RegistrationCounts
    from iesiz.night import NightCounts, Progress

OneDay = Annotated[str | None, typer.Option("--day", help="The local day to close, YYYY-MM-DD.")]
FirstDay = Annotated[str | None, typer.Option("--from", help="The first of a range of days to close.")]
LogForm = Annotated[
    Literal["text", "json"],
    typer.Option("--log", help="On standard error: progress for people, or an event a line for machines."),
]
LastDay = Annotated[str | None, typer.Option("--to", help="The last of that range.")]


def run(
    day: OneDay = None,
    first: FirstDay = None,
    last: LastDay = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    as_json: AsJson = False,
    log: LogForm = "text",
) -> None:
    """Read what arrived, close days and publish them.

    Without a day: yesterday and every open day that is due.
    """
    from iesiz.night import run_night

    days = chosen_days(day, first, last)
    with _progress(as_json or log == "json") as progress:
        say = partial(typer.echo, err=True) if log == "json" else None
        counts = run_night(settings_of(settings, store), days, progress, say)
    if as_json:
        print_json({**_facts(counts), "exit_code": counts.exit_code})
    else:
        _show(counts)
    for name, outcome in counts.hooks.items():
        if outcome.startswith("failed"):
            typer.echo(f"warning: the alert hook {name} {outcome}", err=True)
    raise typer.Exit(counts.exit_code)


def chosen_days(day: str | None, first: str | None, last: str | None) -> tuple[dt.date, ...]:
    """The days that the options name, oldest first.

    Raises:
        SettingsError: they contradict each other or are no dates.
    """
    if day is not None and (first or last):
        raise SettingsError("Give either --day or --from and --to.")
    if day is not None:
        return (day_of(day),)
    if (first is None) != (last is None):
        raise SettingsError("--from and --to go together.")
    if first is None or last is None:
        return ()
    return days_between(day_of(first), day_of(last))


@contextmanager
def _progress(is_silent: bool) -> Iterator[Progress]:
    from rich.console import Console

    console = Console(stderr=True)
    if is_silent or not console.is_terminal:
        yield _silent
        return
    with console.status("starting") as shown:
        yield lambda work, done, total: shown.update(f"{work}: {done} of {total}")


def _silent(_work: str, _done: int, _total: int) -> None:
    """Show nothing."""


def _facts(counts: NightCounts) -> dict[str, object]:
    return {
        "files": counts.files,
        "registrations": counts.registrations,
        "days": [_named(one) for one in counts.days],
        "periods": [_named(one) for one in counts.periods],
        "upkeep": counts.upkeep,
        "failures": counts.failures,
        "unmatched": counts.unmatched,
        "run": counts.run,
        "hooks": counts.hooks,
    }


def _named(one: PeriodCounts) -> dict[str, object]:
    """With `day`, `week`, ... and the period's name instead of the period."""
    facts = asdict(one)
    del facts["period"]
    return {one.period.grain.value: one.period.name, **facts}


def _show(counts: NightCounts) -> None:
    lines = sum(one.counts.lines for one in counts.files)
    recognised = sum(one.counts.recognised for one in counts.files)
    verdicts = ", ".join(
        f"{sum(one.verdict == name for one in counts.files)} {name}" for name in _verdicts(counts)
    )
    typer.echo(f"files: {verdicts or 'none'}; {lines:,} lines read, {recognised:,} recognised")
    for one in counts.files:
        if one.verdict == "empty":
            typer.echo(f"warning: {one.name} holds no line", err=True)
    for name in counts.unmatched:
        typer.echo(f"warning: no file matches the paths of the log {name}", err=True)
    if counts.registrations is not None:
        _show_registrations(counts.registrations)
    for period in (*counts.days, *counts.periods):
        _show_period(period)
    if counts.upkeep is not None:
        for day in counts.upkeep.unpublished:
            typer.echo(f"warning: {day} was never published; its records have reached their time", err=True)
    for failure in counts.failures:
        typer.echo(f"failed: {failure.work}: {failure.message}", err=True)


def _show_period(one: PeriodCounts) -> None:
    shown, hidden = (
        sum(table.published for table in one.tables),
        sum(table.suppressed for table in one.tables),
    )
    cells = f": {len(one.tables)} tables, {shown} cells published, {hidden} withheld" if one.tables else ""
    if one.tables and one.tables[0].table.startswith("microdata/"):
        cells = f": {one.tables[0].table}, {shown} records, {hidden} left out"
    missing = f"; no data of {', '.join(one.missing)}" if one.missing else ""
    typer.echo(f"{one.period} {one.verdict}{cells}{missing}")
    for said in one.warnings:
        typer.echo(f"warning: {one.period}: {said}", err=True)


def _verdicts(counts: NightCounts) -> list[str]:
    return sorted({one.verdict for one in counts.files})


def _show_registrations(counts: RegistrationCounts) -> None:
    changed, late = " changed" * counts.changes_only, sum(counts.late.values())
    more = [f"{number:,} {what}" for number, what in ((counts.removed, "removed"), (late, "late")) if number]
    more += [f"{number:,} rejected for {reason}" for reason, number in counts.rejected.items()]
    typer.echo(", ".join([f"registrations: {counts.rows:,}{changed} rows, {counts.kept:,} people", *more]))
    for name in counts.undeclared:
        typer.echo(f"warning: registration column {name!r} is not declared; it is not read", err=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)
