"""``iesiz doctor``: what keeps a night from going well, each finding with its remedy."""

from __future__ import annotations

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.errors import SettingsError


def doctor(
    settings: SettingsPath = DEFAULT_SETTINGS, store: StorePath = None, as_json: AsJson = False
) -> None:
    """Look at settings, permissions, keys, clock, versions, space, sources and schedule; changes nothing."""
    from iesiz.doctor import Examination, examine_store
    from iesiz.vocabulary import Finding

    try:
        found = examine_store(settings_of(settings, store))
    except SettingsError as error:
        remedy = "Correct the settings file; `iesiz init` writes an example."
        found = Examination(("settings",), (Finding("settings", str(error), remedy),))
    if as_json:
        print_json(found)
    for one in () if as_json else found.findings:
        typer.echo(f"{one.check}: {one.problem}\n  remedy: {one.remedy}")
    if not (as_json or found.findings):
        typer.echo(f"looked at {', '.join(found.checks)}: nothing found")
    raise typer.Exit(1 if found.findings else 0)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)
