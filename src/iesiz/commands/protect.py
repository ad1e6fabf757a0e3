"""The command `iesiz protect`: disclosure control for an analyst's own table. Thin over `disclosure.tabular`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from iesiz.disclosure.layout import layout
from iesiz.disclosure.render import as_csv, explanation, summary, widest_loss
from iesiz.disclosure.tabular import Options, protect_file
from iesiz.errors import IesizError, SettingsError


class Zeros(StrEnum):
    """What becomes of empty cells."""

    protect = "protect"
    publish = "publish"


class Goal(StrEnum):
    """How much an attacker may learn about a withheld cell."""

    exact = "exact"
    interval = "interval"


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("protect")(protect_command)


def protect_command(
    file: Annotated[Path, typer.Argument(help="CSV file of inner cells or single records", show_default=False)],
    by: Annotated[str, typer.Option(help="Columns that the table is broken down by, comma-separated")],
    count: Annotated[str | None, typer.Option(help="Column with the number of people; each record is one if left out")] = None,
    nest: Annotated[list[str] | None, typer.Option(help="child=group: the column that groups another's values; repeatable")] = None,
    total: Annotated[str | None, typer.Option("--sum", help="Column of a magnitude to publish as a sum")] = None,
    contributor: Annotated[str | None, typer.Option(help="Column that names the contributor of a magnitude")] = None,
    p: Annotated[float, typer.Option("-p", help="Per cent of the p % rule")] = 10.0,
    margins: Annotated[str, typer.Option(help="all, none, or a list such as age,geo,age+geo,total")] = "all",
    k: Annotated[int | None, typer.Option("-k", help="Smallest count published [default: 10]", show_default=False)] = None,
    zeros: Annotated[Zeros, typer.Option(help="Whether empty cells are sensitive")] = Zeros.publish,
    goal: Annotated[Goal, typer.Option(help="Bar exact values only, or narrow intervals too")] = Goal.interval,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write the table; standard output if left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words")] = False,
) -> None:
    """Withhold what is too small and what would give it away, and prove it with a solver."""
    try:
        shape = layout(by, nest or [], margins)
        options = Options(shape, count, total, contributor, k, p, zeros is Zeros.protect, goal is Goal.exact)
        result = protect_file(file, options)
        text = as_csv(result, shape)
        if output is not None:
            _write(output, text)
    except IesizError as error:
        typer.echo(f"iesiz: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps(summary(result).as_dict()))
    elif output is None:
        typer.echo(text, nl=False)
    if not as_json:
        console = Console(stderr=output is None, highlight=False, soft_wrap=True)
        for line in explanation(result, options):
            console.print(line, markup=False)
        if losses := widest_loss(result):
            console.print("Largest cells lost to protect others: " + "; ".join(losses), markup=False)


def _write(output: Path, text: str) -> None:
    """Write the file.

    Raises:
        SettingsError: it cannot be written there.
    """
    try:
        output.write_text(text, encoding="utf-8")
    except OSError:
        raise SettingsError(f"{output}: cannot be written; give another place with -o") from None
