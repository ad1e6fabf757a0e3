"""``iesiz watch``: whether a night succeeded by the time that is due; for a schedule of its own."""

from __future__ import annotations

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of


def watch(
    settings: SettingsPath = DEFAULT_SETTINGS, store: StorePath = None, as_json: AsJson = False
) -> None:
    """Tell it when no night has succeeded by `alerts.due`; exit code 1 if anything is open."""
    from iesiz.alerts import alert_codes
    from iesiz.calendar import now
    from iesiz.watch import watch as look

    found = look(settings_of(settings, store), now())
    if as_json:
        print_json(found)
    else:
        for one in found.alerts:
            known = alert_codes()[one.alert.code]
            typer.echo(f"{one.alert}: {known.meaning}\n  run: {known.command}")
        if not found.alerts:
            typer.echo(f"nothing is open; the last night succeeded at {found.last_success}")
    for name, outcome in found.hooks.items():
        if outcome.startswith("failed"):
            typer.echo(f"warning: the alert hook {name} {outcome}", err=True)
    raise typer.Exit(1 if found.alerts else 0)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch")(watch)
