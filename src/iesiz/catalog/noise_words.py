"""What readers are told of noise: whom it hides, how far numbers are off, what it adds up to over time.

In: the tables, what the operator chose for them, the budget. Out: sentences and Markdown lines. It must not
need OpenDP: sizes of noise are told by their formulas, and exactly in each partition's metadata.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal

from iesiz.amounts import EXACT, text_of, total
from iesiz.mechanisms import CELLS, DP, VISITOR_DAY, DpBudget, TableChoice
from iesiz.periods import Grain
from iesiz.table_parts import ADMITTED
from iesiz.tables import TableSpec
from iesiz.zcdp import PLACES, TOLD_DELTA, epsilon_at, rho_of, told

UNITS = {
    VISITOR_DAY: "everything that one visitor (an address and an agent) did on one local day at all sites",
    "person": "everything that the network holds of one person",
}
RELEASES = {
    Grain.DAY: (1, 31, 366),
    Grain.WEEK: (1, 6, 54),
    Grain.MONTH: (1, 1, 12),
    Grain.QUARTER: (1, 1, 4),
}
SPANS = ("one period", "a month of 31 days", "a year of 366 days")
CERTAIN = Decimal("0.999")


def noise_of(spec: TableSpec, choice: TableChoice) -> str:
    """How a table with noise is protected, in sentences."""
    reach = ", ".join(
        f"`{name}` is within about {_reach(choice, most)} of the exact number (one {choice.unit} adds "
        f"{most} to a cell at most)"
        for name, most in choice.columns.items()
    )
    said = [
        "Rows with the status `noisy` hold numbers with random noise (differential privacy), drawn once by "
        f"OpenDP and never again. It hides {UNITS[choice.unit or VISITOR_DAY]}: with it or without it, the "
        "same numbers could have come out, and the chances differ little (see what the noise adds up to). In "
        f"95 of 100 cells {reach}; other numbers are not told.",
        "Every declared combination of labels has a row, with people or without. Numbers may be negative: "
        "they are left as they were drawn, since cutting them off at 0 would make sums too large. Add them "
        "up as they are, and cut off for display only.",
    ]
    if choice.delta is not None and _is_open(spec):
        said.append(
            "Labels that the settings do not name are told if the noise finds enough visitors; the chance "
            f"that one is told wrongly is at most {text_of(choice.delta)} a period."
        )
    said.append("Rows of periods before the noise was chosen are protected by withholding.")
    return " ".join(said)


def _reach(choice: TableChoice, most: int) -> int:
    """The 95 % error: 1.96 sigma of Gaussian noise, b ln 20 of Laplace noise."""
    columns, cells = len(choice.columns), choice.bounds[CELLS]
    if choice.rho is not None:
        return math.ceil(1.96 * most * math.sqrt(cells * columns / (2 * float(choice.rho))))
    return math.ceil(math.log(20) * cells * most * columns / float(choice.epsilon or 1))


def budget_section(
    specs: Sequence[TableSpec], choices: Mapping[str, TableChoice], budget: DpBudget | None
) -> str:
    """The part of the codebook that says what the noise adds up to; empty where no table has noise."""
    noisy = [one for one in specs if one.name in choices and choices[one.name].mechanism == DP]
    if not noisy or budget is None:
        return ""
    lines = ["## What the noise adds up to", ""]
    for unit in sorted({choices[one.name].unit or "" for one in noisy}):
        lines += _unit_lines([one for one in noisy if choices[one.name].unit == unit], choices, unit)
    return "\n".join(
        [
            *lines,
            f"**The budget.** Each unit may lose rho {text_of(budget.month)} in a calendar month and "
            f"{text_of(budget.year)} in a year, all tables together. It is reserved before a number is drawn "
            "and never given back; once it is spent nothing more is published of these tables. `iesiz "
            "status` shows what is left.",
            "",
        ]
    )


def _unit_lines(specs: Sequence[TableSpec], choices: Mapping[str, TableChoice], unit: str) -> Iterator[str]:
    names = ", ".join(f"`{one.name}`" for one in specs)
    yield f"**{unit}**: {UNITS[unit]}. Tables: {names}."
    yield ""
    yield "| who keeps every file of | rho | epsilon | delta | certainty from even odds |"
    yield "| --- | --- | --- | --- | --- |"
    for place, span in enumerate(SPANS):
        rho, epsilon, delta = _loss(specs, choices, place)
        shown = f"{text_of(rho)} | {told(epsilon)} | {text_of(delta) if delta else 0}"
        yield f"| {span} | {shown} | {_certainty(epsilon)} |"
    yield ""
    yield (
        "How to read it. Somebody who thinks it as likely as not that a certain visitor was there can be at "
        "most so certain after reading all these files, but for a chance of delta. Losses add up (rho of a "
        "day times the days), and epsilon = rho + 2 sqrt(rho ln(1/delta)). The first line is what anybody "
        "loses who came on one day, whatever is published later. The month and the year are for somebody who "
        "came every single day, always with the same address and agent, and was followed: there noise alone "
        "promises little, and nothing that is published joins one day with another."
    )
    yield ""


def _loss(
    specs: Sequence[TableSpec], choices: Mapping[str, TableChoice], place: int
) -> tuple[Decimal, Decimal, Decimal]:
    """Rho, epsilon and delta of all releases in a span; pure losses are added up where that is less."""
    chosen = [(choices[one.name], Decimal(RELEASES[one.grain][place]), one) for one in specs]
    rho = total(
        EXACT.multiply(one.rho or rho_of(one.epsilon or Decimal(0)), times) for one, times, _ in chosen
    )
    wrong = total(
        EXACT.multiply(one.delta or Decimal(0), times) for one, times, spec in chosen if _is_open(spec)
    )
    asked = [one.delta for one, _, spec in chosen if one.delta is not None and not _is_open(spec)]
    at = max(asked, default=TOLD_DELTA)
    epsilon, delta = epsilon_at(rho, at), total((at, wrong))
    if all(one.epsilon is not None for one, _, _ in chosen):
        pure = total(EXACT.multiply(one.epsilon or Decimal(0), times) for one, times, _ in chosen)
        return (rho, pure, wrong) if pure <= epsilon else (rho, epsilon, delta)
    return rho, epsilon, delta


def _is_open(spec: TableSpec) -> bool:
    """Whether noise chooses labels of the table."""
    return any(column.values == ADMITTED for column in spec.columns)


def _certainty(epsilon: Decimal) -> str:
    """What even odds can become: e^epsilon / (1 + e^epsilon), in per cent, rounded up."""
    odds = min(epsilon, Decimal(50)).exp()
    share = odds / (1 + odds)
    if share > CERTAIN:
        return "no bound worth the name"
    return f"at most {(100 * share).quantize(PLACES, ROUND_CEILING)} %"
