"""``iesiz revise``: late lines of a published day taken in, if new minus old tells of nobody."""

from __future__ import annotations

from typing import Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.vocabulary import day_of

OneDay = Annotated[str, typer.Option("--day", help="The published local day, YYYY-MM-DD.")]
Because = Annotated[
    str, typer.Option("--because", help="Why, in one line that names nobody; it is recorded.")
]
OneSite = Annotated[str | None, typer.Option("--site", help="Take in late lines of this site only.")]


def revise(
    day: OneDay,
    because: Because,
    site: OneSite = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Take late lines into a published day, or refuse with the rule that forbids it."""
    from iesiz import pipeline

    chosen, which = settings_of(settings, store), day_of(day)
    with pipeline.store_lock(chosen):
        done = pipeline.revise(chosen, which, because, site)
        pipeline.build_catalog(chosen)
        pipeline.build_dashboard(chosen)
    if as_json:
        print_json({"day": day, "verdict": done.verdict, "tables": done.tables, "missing": done.missing})
        return
    hidden = sum(one.suppressed for one in done.tables)
    typer.echo(f"{day} {done.verdict}: {len(done.tables)} tables, {hidden} cells withheld")
    typer.echo("Readers see the new numbers; what they took the place of is kept in published/superseded.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("revise")(revise)
