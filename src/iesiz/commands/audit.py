"""``iesiz audit``: what an attacker gets out of a protected table, or out of what is published."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from iesiz.commands.options import AsJson, print_json
from iesiz.errors import SettingsError
from iesiz.own_table import Asked, Bound, Bounds

SHOWN = 20  # withheld cells named on a terminal, the narrowest first

What = Annotated[str | None, typer.Argument(help="A published table, or a CSV file that somebody protected.")]
By = Annotated[str | None, typer.Option(help="File: columns that the table is broken down by.")]
Count = Annotated[str | None, typer.Option(help="File: column with the number of people.")]
Total = Annotated[str | None, typer.Option("--sum", help="File: column of a magnitude instead of a count.")]
Nest = Annotated[
    list[str] | None, typer.Option(help="File: child=group, the column that groups another's; repeatable.")
]
Least = Annotated[int, typer.Option("-k", help="File: intervals narrower than this are counted.")]


def audit(
    what: What = None,
    by: By = None,
    count: Count = None,
    total: Total = None,
    nest: Nest = None,
    k: Least = 10,
    as_json: AsJson = False,
) -> None:
    """Give the bounds that an attacker gets of each withheld cell; exit code 1 if one is exact or narrow."""
    if what is None or not what.lower().endswith(".csv"):
        raise SettingsError("Give a CSV file (its name ends in .csv) with --by and --count.")
    if by is None:
        raise SettingsError("The audit of a file needs --by, and either --count or --sum.")
    from iesiz.pipeline import audit_file

    bounds = audit_file(Asked(Path(what), by, tuple(nest or ()), count=count, total=total, k=k))
    if as_json:
        cells = [_cell(one) for one in bounds.cells]
        print_json({"cells": cells, "exact": bounds.exact, "narrow": bounds.narrow})
    else:
        _show(bounds, k)
    raise typer.Exit(int(bounds.found))


def _cell(one: Bound) -> dict[str, object]:
    """For JSON, which knows no infinity."""
    return {"labels": one.labels, "lo": one.lo, "hi": one.hi if math.isfinite(one.hi) else None}


def _show(bounds: Bounds, k: int) -> None:
    narrowest = sorted(bounds.cells, key=lambda one: (one.hi - one.lo, one.labels))
    for one in narrowest[:SHOWN]:
        hi = f"{one.hi:g}" if math.isfinite(one.hi) else "unbounded"
        typer.echo(f"{' / '.join(one.labels)}: {one.lo:g} to {hi}")
    if len(narrowest) > SHOWN:
        typer.echo(f"and {len(narrowest) - SHOWN} wider ones")
    typer.echo(
        f"{len(bounds.cells)} withheld cells: {bounds.exact} exactly known, "
        f"{bounds.narrow} within less than {k}."
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)
