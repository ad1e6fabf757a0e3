"""``iesiz status``: what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.commands.tables import print_table

if TYPE_CHECKING:
    from iesiz.status import Status


def status(
    settings: SettingsPath = DEFAULT_SETTINGS, store: StorePath = None, as_json: AsJson = False
) -> None:
    """Show days, files, tables and keys: what is done, late, missing, due for deletion."""
    from iesiz.status import status_of

    found = status_of(settings_of(settings, store))
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: Status) -> None:
    typer.echo(
        f"files: {found.files} read, {found.copies} copies, {found.stopped} stopped; keys: {found.keys}\n"
    )
    columns = ("day", "state", "lines", "late", "missing", "records go after")
    rows = [
        (one.day, one.state, one.lines, one.late, ", ".join(one.missing), one.delete_after)
        for one in found.days
    ]
    print_table(columns, rows)
    typer.echo("")
    shown = [(one.table, one.periods, one.last, one.cells, one.suppressed) for one in found.tables]
    print_table(("table", "periods", "last", "cells", "withheld"), shown)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
