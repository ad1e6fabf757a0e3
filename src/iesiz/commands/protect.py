"""``iesiz protect``: disclosure control for an analyst's own table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from iesiz.commands.options import AsJson, print_json
from iesiz.errors import SettingsError
from iesiz.own_table import Asked, ProtectedFile


class Zeros(StrEnum):
    """What becomes of empty cells."""

    protect = "protect"
    publish = "publish"


class Goal(StrEnum):
    """How much an attacker may learn about a withheld cell."""

    exact = "exact"
    interval = "interval"


File = Annotated[Path, typer.Argument(help="CSV file of inner cells or single records.", show_default=False)]
By = Annotated[str, typer.Option(help="Columns that the table is broken down by, comma-separated.")]
Nest = Annotated[
    list[str] | None, typer.Option(help="child=group: the column that groups another's values; repeatable.")
]
Count = Annotated[
    str | None, typer.Option(help="Column with the number of people; without it a record is one.")
]
Total = Annotated[str | None, typer.Option("--sum", help="Column of a magnitude to publish as a sum.")]
Contributor = Annotated[str | None, typer.Option(help="Column that names a magnitude's contributor.")]
Percent = Annotated[float, typer.Option("-p", help="Per cent of the p % rule.")]
Margins = Annotated[str, typer.Option(help="all, none, or a list such as age,geo,age+geo,total.")]
Least = Annotated[
    int | None, typer.Option("-k", help="Smallest count published [default: 10].", show_default=False)
]
OutPath = Annotated[
    Path | None, typer.Option("-o", "--output", help="Where to write the table instead of the terminal.")
]


def protect(
    file: File,
    by: By,
    count: Count = None,
    nest: Nest = None,
    total: Total = None,
    contributor: Contributor = None,
    p: Percent = 10.0,
    margins: Margins = "all",
    k: Least = None,
    zeros: Annotated[Zeros, typer.Option(help="Whether empty cells are sensitive.")] = Zeros.publish,
    goal: Annotated[Goal, typer.Option(help="Bar exact values only, or narrow ones too.")] = Goal.interval,
    output: OutPath = None,
    as_json: AsJson = False,
) -> None:
    """Withhold what is too small and what would give it away, and prove it with a solver."""
    from iesiz.tools import protect_file

    protect_zeros, exact_only = zeros is Zeros.protect, goal is Goal.exact
    nests = tuple(nest or ())
    asked = Asked(file, by, nests, margins, count, total, contributor, k, p, protect_zeros, exact_only)
    result = protect_file(asked)
    if output is not None:
        _write(output, result.text)
    if as_json:
        print_json(result.counts)
    else:
        _show(result, to_terminal=output is None)


def _show(result: ProtectedFile, to_terminal: bool) -> None:
    """The table, if it goes nowhere else, and the words beside it."""
    if to_terminal:
        typer.echo(result.text, nl=False)
    for line in result.words:
        typer.echo(line, err=to_terminal)


def _write(output: Path, text: str) -> None:
    """Write the file.

    Raises:
        SettingsError: it cannot be written there.
    """
    try:
        output.write_text(text, encoding="utf-8")
    except OSError:
        raise SettingsError(f"{output}: cannot be written; give another place with -o") from None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("protect")(protect)
