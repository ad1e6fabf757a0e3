"""The codebook: what every table and column means, how it is protected, what it cannot answer.

Generated from the tables' descriptions and the edition of the policy: as rows for the catalog, as Markdown,
and as one HTML page made of that Markdown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from iesiz.catalog.noise_words import budget_section
from iesiz.catalog.own import own_tables
from iesiz.catalog.wording import PERIODS, STATUS_MEANING, limits_of, protection_of
from iesiz.mechanisms import DpBudget, TableChoice
from iesiz.periods import Grain
from iesiz.policy import EditionInForce
from iesiz.rule_settings import Thresholds
from iesiz.table_parts import TYPES
from iesiz.tables import TableSpec
from iesiz.vocabulary import Role

NO_CHOICES: Mapping[str, TableChoice] = {}
NUMBERS = frozenset({Role.CONTRIBUTOR, Role.MEASURE, Role.DERIVED})
MACRO = re.compile(r"comment on macro (?:table )?\w+ is '((?:[^']|'')*)'")


def described(spec: TableSpec) -> list[tuple[str, str, str]]:
    """Name, meaning and unit of each column that readers see, in order."""
    meaning, unit = PERIODS[spec.grain]
    columns = [(one.name, one.meaning, one.unit) for one in spec.published]
    return [
        (str(spec.grain), meaning, unit),
        *columns,
        ("status", STATUS_MEANING, "published, suppressed or noisy"),
    ]


def codebook_rows(
    specs: Sequence[TableSpec],
    edition: EditionInForce,
    thresholds: Thresholds,
    choices: Mapping[str, TableChoice] = NO_CHOICES,
) -> list[Mapping[str, object]]:
    """Rows of the catalog's table ``codebook``."""
    return [
        {
            "table_name": spec.name,
            "column_name": name,
            "meaning": meaning,
            "unit": unit,
            "type": _kinds(spec)[name],
            "role": _roles(spec)[name],
            "purpose": str(spec.purpose),
            "clause": _clause(spec, edition),
            "protection": protection_of(spec, thresholds, choices.get(spec.name))
            if _roles(spec)[name] in NUMBERS
            else "not withheld",
        }
        for spec in specs
        for name, meaning, unit in described(spec)
    ]


def codebook_markdown(
    specs: Sequence[TableSpec],
    edition: EditionInForce,
    thresholds: Thresholds,
    choices: Mapping[str, TableChoice] = NO_CHOICES,
    budget: DpBudget | None = None,
) -> str:
    """The codebook as Markdown.

    Args:
        specs: the tables.
        edition: the edition of the policy whose clauses it names.
        thresholds: least numbers of contributors.
        choices: how tables are protected where it is not by withholding.
        budget: what the noise may add up to.
    """
    parts = [
        _head(specs, edition),
        *(_section(spec, edition, protection_of(spec, thresholds, choices.get(spec.name))) for spec in specs),
        *filter(None, [budget_section(specs, choices, budget)]),
        _catalog_section(),
    ]
    return "\n".join(parts)


@functools.lru_cache(maxsize=1)
def codebook_html(markdown: str) -> str:
    """The codebook's Markdown as one page that needs nothing besides itself; made anew where it changed."""
    from markdown_it import MarkdownIt

    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    body = render(markdown)
    body = re.sub(r"<h2><code>(\w+)</code>", r'<h2 id="\1"><code>\1</code>', body)
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    page = resources.files("iesiz.catalog").joinpath("codebook.html").read_text("utf-8")
    return page.replace("<!-- body -->", body)


def _head(specs: Sequence[TableSpec], edition: EditionInForce) -> str:
    lines = [
        "# Codebook",
        "",
        "What is published, table by table. A cell is one combination of a table's dimensions in one period; "
        "its numbers are all there or all withheld.",
        "",
        f"Edition of the privacy policy: {edition.name}, {edition.title}, in force since {edition.in_force}. "
        f"Questions: {edition.contact}.",
        "",
        "| table | grain | purpose | one row |",
        "| --- | --- | --- | --- |",
        *(
            f"| [`{one.name}`](#{one.name}) | {one.grain} | {one.purpose} | {_cell(one.row)} |"
            for one in specs
        ),
        "",
    ]
    return "\n".join(lines)


def _section(spec: TableSpec, edition: EditionInForce, protection: str) -> str:
    limits = [f"- {one}" for one in limits_of(spec)]
    changes = [f"- {one.date}: {one.what}" for one in spec.changes] or ["- none since its first period"]
    return "\n".join(
        [
            f"## `{spec.name}`",
            "",
            f"{spec.title}. One row: {spec.row}, in one {spec.grain}.",
            "",
            f"Purpose {spec.purpose}: {_clause(spec, edition)}. Schema version {spec.schema_version}.",
            "",
            "| column | type | role | unit | meaning |",
            "| --- | --- | --- | --- | --- |",
            *_column_lines(spec),
            "",
            f"**How it is protected.** {protection}",
            "",
            "**What it cannot answer.**",
            "",
            *limits,
            "",
            "**Changes.**",
            "",
            *changes,
            "",
        ]
    )


def _column_lines(spec: TableSpec) -> Iterator[str]:
    values = {one.name: _values(one.values) for one in spec.published}
    for name, meaning, unit in described(spec):
        said = _cell(meaning + values.get(name, ""))
        yield f"| `{name}` | {_kinds(spec)[name]} | {_roles(spec)[name]} | {_cell(unit)} | {said} |"


def _values(values: tuple[str | int, ...] | str) -> str:
    if isinstance(values, str) or not values:
        return ""
    return f": {values[0]} to {values[-1]}" if len(values) > 23 else f": {', '.join(map(str, values))}"


def _catalog_section() -> str:
    lines = ["## In `catalog.duckdb` besides", ""]
    for table in own_tables():
        lines += [
            f"`{table.name}`: one row is {table.row}.",
            "",
            "| column | unit | meaning |",
            "| --- | --- | --- |",
        ]
        lines += [f"| `{one.name}` | {_cell(one.unit)} | {_cell(one.meaning)} |" for one in table.columns]
        lines.append("")
    text = resources.files("iesiz.catalog").joinpath("macros.sql").read_text("utf-8")
    macros = [one.replace("''", "'").partition(": ") for one in MACRO.findall(text)]
    lines += ["Macros:", "", *(f"- `{name}`: {meaning}" for name, _, meaning in macros), ""]
    return "\n".join(lines)


def _kinds(spec: TableSpec) -> dict[str, str]:
    kinds = {one.name: TYPES[one.type] for one in spec.published}
    return {str(spec.grain): "date" if spec.grain == Grain.DAY else "string", **kinds, "status": "string"}


def _roles(spec: TableSpec) -> dict[str, str]:
    roles = {one.name: str(one.role) for one in spec.published}
    return {str(spec.grain): "period", **roles, "status": str(Role.STATUS)}


def _clause(spec: TableSpec, edition: EditionInForce) -> str:
    return edition.purposes.get(spec.purpose, "not permitted by the edition in force")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
