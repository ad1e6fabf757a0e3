"""``iesiz registration check``: what the source has, what is declared, what would become of each."""

from __future__ import annotations

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, print_json, settings_of
from iesiz.commands.tables import print_table
from iesiz.errors import InputError

part = typer.Typer(help="The registration source.", no_args_is_help=True, rich_markup_mode=None)


@part.callback()
def registration() -> None:
    """The registration source."""


@part.command("check")
def check(settings: SettingsPath = DEFAULT_SETTINGS, as_json: AsJson = False) -> None:
    """List columns and declared fields; reads no row and writes nothing."""
    from iesiz.tools import check_registration

    found = check_registration(settings_of(settings, None))
    missing = [one.field for one in found if one.is_missing]
    if as_json:
        print_json({"fields": found, "missing": missing})
    else:
        rows = [
            (one.column, one.field, one.type, "mandatory" * one.mandatory, one.category, one.outcome)
            for one in found
        ]
        print_table(("column", "declared as", "type", "", "category", "what would become of it"), rows)
    if missing:
        raise InputError(
            f"registration: mandatory fields are missing: {', '.join(missing)}. "
            "Have them delivered or granted."
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.add_typer(part, name="registration")
