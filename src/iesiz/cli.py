"""The command line: commands, and how an error becomes a message and an exit code."""

from __future__ import annotations

import sys
import traceback

import click
import typer

from iesiz.commands import (
    audit,
    doctor,
    forget,
    init,
    keys,
    look,
    microdata,
    protect,
    query,
    read,
    registration,
    revise,
    run,
    watch,
)
from iesiz.errors import IesizError
from iesiz.heap import use_one_heap

app = typer.Typer(
    name="iesiz",
    help="Access logs and registrations in, statistics about nobody out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
parts = (
    init,
    run,
    watch,
    revise,
    read,
    registration,
    look,
    keys,
    forget,
    doctor,
    query,
    microdata,
    protect,
    audit,
)
for part in parts:
    part.register(app)


def main() -> None:
    """Run the command line; exits with the code of the error, see ``iesiz.errors``."""
    use_one_heap()
    sys.exit(_code())


def _code() -> int:
    try:
        return int(app(standalone_mode=False) or 0)
    except IesizError as error:
        click.echo(f"iesiz: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold content
        click.echo(_defect(error), err=True)
        return 1


def _defect(error: Exception) -> str:
    """Where an unexpected error arose; its text is left out, since it may hold content."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "an unknown place"
    what = f"iesiz: a defect ({type(error).__name__} at {place})."
    return f"{what} Please report it; what was stored before is intact."
