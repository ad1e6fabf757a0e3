"""How ``iesiz status`` shows how things stand: what is amiss by site and day, what is due, the disk, runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from iesiz.commands.tables import print_table

if TYPE_CHECKING:
    from iesiz.standing import Standing

SHOWN_DAYS = 14


def show_standing(found: Standing) -> None:
    """Print it: of the sites the last two weeks, and what is due to go."""
    days = sorted({one.day for one in found.sites})[-SHOWN_DAYS:]
    rows = [
        (one.day, one.site, one.state, one.lines, one.late, one.why) for one in found.sites if one.day in days
    ]
    if rows:
        typer.echo("")
        print_table(("day", "site", "state", "lines", "late", "why"), rows)
    due, disk = found.due, found.disk
    keys = f"{due.keys} keys" + (f", the first to go after {due.keys_until}" if due.keys_until else "")
    records = f"records of {due.days} days" + (
        f", the first after {due.days_until}" if due.days_until else ""
    )
    typer.echo(f"\nheld: {keys}; {records}")
    if due.problem:
        typer.echo(f"warning: {due.problem}", err=True)
    used = f"restricted {_size(disk.restricted)}, published {_size(disk.published)}"
    typer.echo(f"disk: {_size(disk.free)} free; {used}")
    last = found.last_run
    typer.echo(
        f"last success: {found.last_success or 'none is noted'}"
        + (f"; last run: {last.ended}, exit code {last.exit_code}" if last else "")
    )
    for one in found.alerts:
        typer.echo(f"open: {one.alert} since {one.since}")


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MiB" if count < 1 << 30 else f"{count / (1 << 30):,.1f} GiB"
