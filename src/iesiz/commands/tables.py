"""Printing rows as a table on a terminal, or as plain text into a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

LONGEST_ROW = 1000


def counted(counts: Mapping[str, int]) -> str:
    """Counts by name on one line, ``name 1,234, other 5``."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns; whole numbers are set to the right, a missing value is empty."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    held = [tuple(row) for row in rows]
    console = Console()
    if not console.is_terminal:
        console = Console(width=LONGEST_ROW)
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(columns):
        numbers = bool(held) and all(isinstance(row[place], int | float | None) for row in held)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in held:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    console.print(table)
