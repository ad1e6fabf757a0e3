"""``iesiz forget``: a person's records leave the restricted zone for every day not yet published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of

IdFile = Annotated[
    Path, typer.Argument(help="TOML: accounts = [...], and [[visitors]] with address and agent.")
]


def forget(
    id_file: IdFile,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Take people out of every day not yet published, for good; the file's content is not kept."""
    from iesiz import pipeline
    from iesiz.forget_request import load_request

    chosen, request = settings_of(settings, store), load_request(id_file)
    with pipeline.store_lock(chosen):
        done = pipeline.forget(chosen, request)
    if as_json:
        print_json(done)
        return
    typer.echo(f"{done.rows} records of {len(done.days)} days are gone; what arrives again is left out")
    typer.echo("Published days stay as they are: they hold nothing of a person. Delete the request's file.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forget")(forget)
