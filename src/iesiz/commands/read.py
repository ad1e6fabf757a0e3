"""``iesiz read``: what a log holds and what would become of each field; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.commands.options import AsJson, print_json
from iesiz.commands.tables import counted, print_table

if TYPE_CHECKING:
    from iesiz.examination import Examination
    from iesiz.tools import FieldFate

Files = Annotated[list[Path], typer.Argument(help="Log files, plain or compressed; - is standard input.")]
Form = Annotated[
    str,
    typer.Option(
        "--format", help="The log's format, by name or as the server's own format string; auto finds it."
    ),
]


def read(files: Files, form: Form = "auto", as_json: AsJson = False) -> None:
    """Count what a log holds, without keeping anything."""
    from iesiz.tools import examine, fates_of

    total, each = examine(files, form)
    fates = fates_of(total.fields)
    if not as_json:
        _show(total, fates)
        return
    facts = asdict(total)
    if len(each) > 1:
        facts["files"] = [{"file": str(path), **asdict(one)} for path, one in zip(files, each, strict=True)]
    said = {one.field: f"{one.treatment}: {one.meaning}" if one.treatment else one.meaning for one in fates}
    print_json({**facts, "fields": said, "treatments": [asdict(one) for one in fates]})


def _show(total: Examination, fates: Sequence[FieldFate]) -> None:
    counts = {name: value for name, value in asdict(total).items() if name != "fields"}
    counts["certainty"] = f"{total.certainty:.1%} of the first lines"
    print_table(("what", "count"), [(name, _shown(value)) for name, value in counts.items()])
    typer.echo("")
    rows = [(one.field, one.becomes, one.clause, one.meaning) for one in fates]
    print_table(("field", "what would become of it", "clause", "in full"), rows)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return counted(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read")(read)
