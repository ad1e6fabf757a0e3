"""The researcher's commands over a file of records: `iesiz anonymise` and `iesiz risk`.

In: what is written on the command line. Out: a table or one JSON object on standard output, and a CSV file.
Must not compute: it turns words into arguments and results into words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iesiz.errors import SettingsError

if TYPE_CHECKING:
    from iesiz.microdata.models import Model, RecursiveDiversity
    from iesiz.microdata.report import Report

File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="Records with a header, separated by , or ;")]
More = Annotated[
    list[str] | None, typer.Argument(metavar="[COLUMN=HIERARCHY.csv]...", help="More columns after --quasi.")
]
Quasi = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN=HIERARCHY.csv", help="A quasi-identifier and its hierarchy; repeatable."),
]
Sensitive = Annotated[str | None, typer.Option(metavar="COLUMN", help="The sensitive attribute.")]
Distance = Annotated[str, typer.Option(metavar="equal|ordered", help="How far apart sensitive values are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("anonymise")(anonymise)
    app.command("risk")(risk)


def anonymise(
    file: File,
    more: More = None,
    quasi: Quasi = None,
    sensitive: Sensitive = None,
    k: Annotated[int | None, typer.Option("-k", metavar="K", help="Least records in a class.")] = None,
    distinct_l: Annotated[int | None, typer.Option("--l", metavar="L", help="Distinct l-diversity.")] = None,
    entropy_l: Annotated[float | None, typer.Option(metavar="L", help="Entropy l-diversity.")] = None,
    recursive_l: Annotated[str | None, typer.Option(metavar="C,L", help="Recursive (c,l)-diversity.")] = None,
    t: Annotated[float | None, typer.Option("--t", metavar="T", help="t-closeness.")] = None,
    t_distance: Distance = "equal",
    suppress: Annotated[float, typer.Option(metavar="SHARE", help="Share of records to give up.")] = 0.0,
    loss: Annotated[
        str, typer.Option(metavar="entropy|discernibility|loss|class-size", help="What to keep small.")
    ] = "entropy",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT.csv", help="Where the release goes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Generalise a file of records at the least loss that keeps everyone in it hidden.

    The release holds the quasi-identifiers and the sensitive attribute, sorted; other columns are left out.
    """
    from iesiz.microdata import models
    from iesiz.microdata.release import released, write_csv
    from iesiz.microdata.report import of_outcome
    from iesiz.microdata.study import generalise, open_study

    diversity = _diversity(distinct_l, entropy_l, recursive_l)
    chosen = ([] if k is None else [models.KAnonymity(k)]) + diversity
    chosen += [] if t is None else [models.Closeness(t, t_distance)]
    requirement = models.Requirement(tuple(chosen), suppress)
    study = open_study(file, _with_hierarchies([*(quasi or []), *(more or [])]), sensitive)
    outcome = generalise(study, requirement, loss)
    if output is not None:
        others = [] if sensitive is None else [sensitive]
        write_csv(
            released(study.records, study.data, outcome.optimum, others), output, study.records.separator
        )
    _print(of_outcome(study, outcome), as_json, f"{file.name}: least {loss}")


def risk(
    file: File,
    more: More = None,
    quasi: Quasi = None,
    sensitive: Sensitive = None,
    t_distance: Distance = "equal",
    weight: Annotated[str | None, typer.Option(metavar="COLUMN", help="Survey weights.")] = None,
    population: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Everyone the file is of.")
    ] = None,
    sampling_fraction: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of the population in the file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well people can be found in a file of records, without changing it."""
    from iesiz.microdata.report import of_file, of_population, of_weights
    from iesiz.microdata.study import open_study

    names = [word.partition("=")[0] for word in [*(quasi or []), *(more or [])]]
    study = open_study(file, dict.fromkeys(names), sensitive)
    report = of_file(study, t_distance)
    if weight is not None:
        report |= of_weights(study, weight)
    if population is not None or sampling_fraction is not None:
        report |= of_population(study, population, sampling_fraction)
    _print(report, as_json, file.name)


def _with_hierarchies(words: Sequence[str]) -> dict[str, Path | None]:
    found: dict[str, Path | None] = {}
    for word in words:
        name, equals, source = word.partition("=")
        if not name or not equals or not source:
            raise SettingsError("write a quasi-identifier as COLUMN=HIERARCHY.csv")
        if name in found:
            raise SettingsError(f"quasi-identifier '{name}' is named twice; name it once")
        found[name] = Path(source)
    return found


def _diversity(distinct: int | None, entropy: float | None, recursive: str | None) -> list[Model]:
    from iesiz.microdata import models

    chosen: list[Model] = []
    if distinct is not None:
        chosen.append(models.DistinctDiversity(distinct))
    if entropy is not None:
        chosen.append(models.EntropyDiversity(entropy))
    if recursive is not None:
        chosen.append(_recursive(recursive))
    if len(chosen) > 1:
        raise SettingsError("choose one of --l, --entropy-l and --recursive-l")
    return chosen


def _recursive(text: str) -> RecursiveDiversity:
    from iesiz.microdata.models import RecursiveDiversity

    c, _, least = text.partition(",")
    try:
        return RecursiveDiversity(float(c), int(least))
    except ValueError:
        raise SettingsError("write --recursive-l as C,L, for example 4,3") from None


def _print(report: Report, as_json: bool, title: str) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    from iesiz.microdata.report import rows

    table = Table(title=title, show_header=False)
    for name, value in rows(report):
        table.add_row(name, value)
    Console().print(table)
