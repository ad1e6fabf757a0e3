"""``iesiz keys`` and ``iesiz upkeep``: what each key is for, never a key; and the end of their time."""

from __future__ import annotations

from typing import Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.commands.tables import print_table

Encrypt = Annotated[
    bool,
    typer.Option("--encrypt", help="First encrypt those that lie in clear, as [keys] of the settings says."),
]


def keys(
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    encrypt: Encrypt = False,
    as_json: AsJson = False,
) -> None:
    """List what each key is for and how long it may be kept; a key itself is never shown."""
    from iesiz import pipeline

    chosen = settings_of(settings, store)
    if encrypt:
        with pipeline.store_lock(chosen):
            count = pipeline.encrypt_keys(chosen)
        typer.echo(f"encrypted {count} keys", err=True)
    found = pipeline.list_keys(chosen)
    if as_json:
        print_json({"keys": found, "encryption": chosen.keys.encryption})
        return
    rows = [
        (one.purpose, one.scope, one.epoch, one.created, one.destroy_after or "as long as needed")
        for one in found
    ]
    print_table(("purpose", "scope", "epoch", "created", "destroyed after"), rows)


def upkeep(
    settings: SettingsPath = DEFAULT_SETTINGS, store: StorePath = None, as_json: AsJson = False
) -> None:
    """Destroy keys and delete restricted data at the end of their time; every night does it too."""
    from iesiz import pipeline
    from iesiz.run_facts import UPKEEP, Work

    chosen = settings_of(settings, store)
    with pipeline.recorded(chosen, UPKEEP) as run, pipeline.store_lock(chosen):
        done = pipeline.upkeep(chosen)
        run.add(Work("upkeep"), done)
    if as_json:
        print_json(done)
        return
    typer.echo(f"destroyed {len(done.keys)} keys; deleted the records of {len(done.days)} days")
    for day in done.unpublished:
        typer.echo(f"warning: {day} was never published, and its records have reached their time", err=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("keys")(keys)
    app.command("upkeep")(upkeep)
