"""Options that commands share, and how they find the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from iesiz.settings import Settings

SettingsPath = Annotated[Path, typer.Option("--settings", help="The settings file.")]
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Another folder than store.path of the settings.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DEFAULT_SETTINGS = Path("iesiz.toml")


def settings_of(path: Path, store: Path | None) -> Settings:
    """Load the settings, with another store if one was named."""
    from iesiz.settings import load_settings

    settings = load_settings(path)
    if store is None:
        return settings
    return settings.model_copy(
        update={"store": settings.store.model_copy(update={"path": str(store.resolve())})}
    )


def json_text(value: object) -> str:
    """A frozen type or a map as one JSON object in one line."""
    return json.dumps(_plain(value), ensure_ascii=False) + "\n"


def print_json(value: object) -> None:
    """Print a frozen type or a map as one JSON object."""
    typer.echo(json_text(value), nl=False)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
