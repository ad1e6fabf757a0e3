"""``iesiz status`` and ``iesiz query``: what was done, and answers from what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.commands.tables import print_table

if TYPE_CHECKING:
    from iesiz.status import Status

Sql = Annotated[str, typer.Argument(help="A query over the published tables.")]


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
    if found.periods:
        longer = [(one.period, one.closed, ", ".join(one.missing)) for one in found.periods]
        print_table(("period", "closed", "without"), longer)
        typer.echo("")
    shown = [(one.table, one.periods, one.last, one.cells, one.suppressed) for one in found.tables]
    print_table(("table", "periods", "last", "cells", "withheld"), shown)


def query(
    sql: Sql, settings: SettingsPath = DEFAULT_SETTINGS, store: StorePath = None, as_json: AsJson = False
) -> None:
    """Ask the published tables, read-only."""
    from iesiz import catalog

    answer = catalog.query(settings_of(settings, store).catalog, sql)
    if as_json:
        print_json({"columns": answer.columns, "rows": answer.rows})
    else:
        print_table(answer.columns, answer.rows)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("query")(query)
