"""``iesiz status``: what was done."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.commands.standing import show_standing
from iesiz.commands.tables import counted, print_table

if TYPE_CHECKING:
    from iesiz.settings import Settings
    from iesiz.status import Status

Rejected = Annotated[
    bool,
    typer.Option(
        "--rejected", help="List rejected lines instead: site, stream, file, its fingerprint, line, reason."
    ),
]


def status(
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    rejected: Rejected = False,
    as_json: AsJson = False,
) -> None:
    """Show days, files, tables and keys: what is done, late, missing, rejected, due for deletion."""
    from iesiz.status import status_of

    if rejected:
        _list_rejected(settings_of(settings, store), as_json)
        return
    found = status_of(settings_of(settings, store))
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: Status) -> None:
    typer.echo(
        f"files: {found.files} read, {found.copies} copies, {found.stopped} stopped; keys: {found.keys}\n"
    )
    columns = ("day", "state", "revision", "lines", "late", "missing", "records go after")
    rows = [
        (
            one.day,
            one.state,
            one.revision or "",
            one.lines,
            counted(one.late_by_site),
            ", ".join(one.missing),
            one.delete_after,
        )
        for one in found.days
    ]
    print_table(columns, rows)
    typer.echo("")
    if found.periods:
        longer = [(one.period, one.closed, ", ".join(one.missing), one.withheld) for one in found.periods]
        print_table(("period", "closed", "without", "withheld"), longer)
    if found.rejects:
        files = [
            (one.site, one.stream, one.name, one.file_id, counted(one.reasons), one.is_stopped or "")
            for one in found.rejects
        ]
        print_table(("site", "stream", "file", "file id", "rejected lines", "stopped"), files)
        typer.echo("")
    if found.budgets:
        budgets = [(one.unit, one.epoch, one.limit, one.spent, one.left, one.delta) for one in found.budgets]
        print_table(("privacy budget", "epoch", "rho", "spent", "left", "delta spent"), budgets)
        typer.echo("")
    shown = [(one.table, one.periods, one.last, one.cells, one.suppressed) for one in found.tables]
    print_table(("table", "periods", "last", "cells", "withheld"), shown)
    if found.standing is not None:
        show_standing(found.standing)


def _list_rejected(settings: Settings, as_json: bool) -> None:
    """A line for each rejected line, or one JSON object with each file's line numbers by reason."""
    from iesiz.status import rejected_lines

    files = []
    for found in rejected_lines(settings):
        file, numbers = found.file, dict[str, list[int]]()
        place = f"{file.site}\t{file.stream}\t{file.name}\t{file.file_id}"
        for one in found.lines:
            if as_json:
                numbers.setdefault(one.reason, []).append(one.line)
            else:
                typer.echo(f"{place}\t{one.line}\t{one.reason}")
        files.append({**asdict(file), "lines": numbers})
    if as_json:
        print_json({"rejected": files})


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
