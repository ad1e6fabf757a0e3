"""``iesiz audit``: what an attacker gets out of a protected table, or out of what is published."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, print_json, settings_of
from iesiz.errors import SettingsError
from iesiz.own_table import Asked, Bound, Bounds
from iesiz.vocabulary import day_of

SHOWN = 20  # withheld cells named on a terminal, the narrowest first

What = Annotated[str | None, typer.Argument(help="A published table, or a CSV file that somebody protected.")]
By = Annotated[str | None, typer.Option(help="File: columns that the table is broken down by.")]
Count = Annotated[str | None, typer.Option(help="File: column with the number of people.")]
Total = Annotated[str | None, typer.Option("--sum", help="File: column of a magnitude instead of a count.")]
Nest = Annotated[
    list[str] | None, typer.Option(help="File: child=group, the column that groups another's; repeatable.")
]
Day = Annotated[str | None, typer.Option("--day", help="Published: one local day, YYYY-MM-DD.")]
Least = Annotated[int, typer.Option("-k", help="File: intervals narrower than this are counted.")]


def audit(
    what: What = None,
    by: By = None,
    count: Count = None,
    total: Total = None,
    nest: Nest = None,
    k: Least = 10,
    day: Day = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Give the bounds that an attacker gets of each withheld cell; exit code 1 if one is exact or narrow."""
    if what is None or not what.lower().endswith(".csv"):
        raise typer.Exit(_published(what, None if day is None else day_of(day), settings, store, as_json))
    if by is None:
        raise SettingsError("The audit of a file needs --by, and either --count or --sum.")
    from iesiz.tools import audit_file

    bounds = audit_file(Asked(Path(what), by, tuple(nest or ()), count=count, total=total, k=k))
    if as_json:
        cells = [_cell(one) for one in bounds.cells]
        print_json({"cells": cells, "exact": bounds.exact, "narrow": bounds.narrow})
    else:
        _show(bounds, k)
    raise typer.Exit(int(bounds.found))


def _published(
    table: str | None, day: dt.date | None, settings: Path, store: Path | None, as_json: bool
) -> int:
    from iesiz.tools import audit_published

    found = audit_published(settings_of(settings, store), table, day)
    if as_json:
        print_json(found)
        return int(bool(found.findings))
    for finding in found.findings:
        typer.echo(f"found: {finding}")
    least = "none is bounded" if found.narrowest is None else f"the narrowest is {found.narrowest:g} wide"
    typer.echo(
        f"{found.days} days, {found.periods} longer periods, {found.withheld} withheld numbers attacked: "
        f"{found.exact} exactly known, {found.narrow} closer than the rules allow; {least}."
    )
    return int(bool(found.findings))


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
