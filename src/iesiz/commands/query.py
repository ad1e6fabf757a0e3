"""``iesiz query``, ``codebook``, ``dashboard``: what is published, asked, explained and shown."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.commands.options import DEFAULT_SETTINGS, AsJson, SettingsPath, StorePath, json_text, settings_of
from iesiz.commands.tables import print_table
from iesiz.errors import OutsideError, SettingsError

if TYPE_CHECKING:
    from iesiz.reader import Answer


class Form(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class Text(StrEnum):
    """How the codebook is written."""

    MARKDOWN = "markdown"
    HTML = "html"


Sql = Annotated[str, typer.Argument(help="A query over the published tables.")]
Format = Annotated[
    Form | None, typer.Option("--format", help="How rows are written; by default as the ending of -o says.")
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="A file instead of standard output.")]
TextFormat = Annotated[Text, typer.Option("--format", help="How the codebook is written.")]


def query(
    sql: Sql,
    form: Format = None,
    output: Output = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Ask the published tables, read-only; what rows do not say is said on standard error."""
    from iesiz.reader import ask

    chosen = Form.JSON if as_json else form or _form_of(output)
    if (chosen == Form.PARQUET and output is None) or (chosen == Form.TABLE and output is not None):
        raise SettingsError("A table goes to the terminal, and Parquet into a file: -o FILE.parquet.")
    answer = ask(settings_of(settings, store).catalog, sql)
    if chosen == Form.TABLE:
        print_table(answer.columns, _shown(answer))
    else:
        _put(_bytes(answer, chosen), output)
    for note in answer.notes:
        typer.echo(note, err=True)


def _form_of(output: Path | None) -> Form:
    if output is None:
        return Form.TABLE
    try:
        return Form(output.suffix.removeprefix("."))
    except ValueError:
        raise SettingsError(f"{output}: name it .csv, .json or .parquet, or give --format.") from None


def _shown(answer: Answer) -> list[list[object]]:
    """Rows for a terminal: a missing number is said, not left blank."""
    said = "withheld" if answer.notes else "null"
    return [[said if value is None else value for value in row] for row in answer.rows]


def _bytes(answer: Answer, form: Form) -> bytes:
    if form == Form.JSON:
        return json_text({"columns": answer.columns, "rows": answer.rows, "notes": answer.notes}).encode()
    from pyarrow import BufferOutputStream, csv, parquet

    out = BufferOutputStream()
    (csv.write_csv if form == Form.CSV else parquet.write_table)(answer.table, out)
    return bytes(out.getvalue())


def _put(content: bytes, output: Path | None) -> None:
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise OutsideError(f"{output}: cannot be written ({error.strerror}).") from None


def codebook(
    form: TextFormat = Text.MARKDOWN,
    output: Output = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
) -> None:
    """Print what every table and column means, how it is protected and what it cannot answer."""
    from iesiz.tools import codebook_text

    _put(codebook_text(settings_of(settings, None), html=form == Text.HTML).encode(), output)


def dashboard(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A folder instead of the published zone.")
    ] = None,
    settings: SettingsPath = DEFAULT_SETTINGS,
    store: StorePath = None,
) -> None:
    """Write the pages that show what is published; they need neither server nor network."""
    from iesiz.pipeline import build_dashboard

    typer.echo(build_dashboard(settings_of(settings, store), output))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("query")(query)
    app.command("codebook")(codebook)
    app.command("dashboard")(dashboard)
