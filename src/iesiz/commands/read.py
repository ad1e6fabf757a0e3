"""``iesiz read``: what a log holds and what would become of each field; writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.commands.options import AsJson, print_json
from iesiz.commands.tables import counted, print_table

if TYPE_CHECKING:
    from iesiz.examination import Examination

Files = Annotated[list[Path], typer.Argument(help="Log files, plain or compressed; - is standard input.")]
Form = Annotated[
    str,
    typer.Option(
        "--format", help="The log's format, by name or as the server's own format string; auto finds it."
    ),
]


def read(files: Files, form: Form = "auto", as_json: AsJson = False) -> None:
    """Count what a log holds, without keeping anything."""
    from iesiz.tools import examine, field_treatments

    total, each = examine(files, form)
    fields = field_treatments(total.format)
    if not as_json:
        _show(total, fields)
        return
    facts = asdict(total)
    if len(each) > 1:
        facts["files"] = [{"file": str(path), **asdict(one)} for path, one in zip(files, each, strict=True)]
    print_json({**facts, "fields": fields})


def _show(total: Examination, fields: dict[str, str]) -> None:
    print_table(("what", "count"), [(name, _shown(value)) for name, value in asdict(total).items()])
    typer.echo("")
    print_table(("field", "what would become of it"), fields.items())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return counted(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read")(read)
