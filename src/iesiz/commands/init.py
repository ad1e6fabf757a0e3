"""``iesiz init``: a commented settings file and an empty store."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from iesiz.errors import SettingsError

Folder = Annotated[Path, typer.Argument(help="Where to put iesiz.toml; the store lies beside it.")]


def init(folder: Folder = Path()) -> None:
    """Write a commented iesiz.toml and an empty store."""
    from iesiz.settings import load_settings
    from iesiz.storage import prepare_store, write_bytes

    path = folder / "iesiz.toml"
    if path.exists():
        raise SettingsError(f"{path}: is there already, and is left as it is.")
    write_bytes(path, resources.files("iesiz").joinpath("iesiz.toml").read_bytes())
    settings = load_settings(path)
    prepare_store(settings)
    typer.echo(f"wrote {path} and an empty store in {settings.store_path}")
    typer.echo("Name your sites, their logs and the date of the policy's edition in it, then: iesiz run")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)
