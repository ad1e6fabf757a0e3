"""How ``iesiz status`` shows how things stand: what is amiss by site and day, what is due, the disk, runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from iesiz.commands.tables import print_table

if TYPE_CHECKING:
    from iesiz.standing import SiteDay, Standing

SHOWN_DAYS = 14


def show_standing(found: Standing) -> None:
    """Print it: of the sites the last two weeks, and what is due to go."""
    days = sorted({one.day for one in found.sites})[-SHOWN_DAYS:]
    rows = _folded([one for one in found.sites if one.day in days])
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


def _folded(states: Sequence[SiteDay]) -> list[tuple[object, ...]]:
    """A row a site and day; days on end of which the same is said share one."""
    order = {site: place for place, site in enumerate(dict.fromkeys(one.site for one in states))}
    rows = []
    for (site, *told), same in groupby(sorted(states, key=lambda one: order[one.site]), _told):
        days = [one.day for one in same]
        span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        rows.append((days[0], order[site], (span, site, *told)))
    return [row for *_, row in sorted(rows, key=lambda one: one[:2])]


def _told(one: SiteDay) -> tuple[str, str, int, int, str]:
    return one.site, one.state, one.lines, one.late, one.why


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MiB" if count < 1 << 30 else f"{count / (1 << 30):,.1f} GiB"
