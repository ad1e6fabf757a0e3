"""Sentences of the codebook that follow from a table's facts: how it is protected, what it cannot answer."""

from __future__ import annotations

from iesiz.catalog.noise_words import noise_of
from iesiz.mechanisms import DP, NONE, TableChoice
from iesiz.periods import Grain
from iesiz.rule_settings import Thresholds
from iesiz.tables import TableSpec
from iesiz.vocabulary import Role

STATUS_MEANING = (
    "published, or suppressed: withheld, since the cell is about too few or would give such a cell away; a "
    "withheld cell is not zero; or noisy: its numbers have noise, and those that are null are not told"
)
PERIODS = {
    Grain.DAY: ("local day of the site", "date"),
    Grain.WEEK: ("ISO week of local days, Monday to Sunday", "year and week, such as 2026-W47"),
    Grain.MONTH: ("calendar month of local days", "year and month, such as 2026-10"),
    Grain.QUARTER: ("quarter of the calendar year", "year and quarter, such as 2026-Q4"),
}
COUNTED = {"visitor": "visitors", "person": "people"}


def protection_of(spec: TableSpec, thresholds: Thresholds, choice: TableChoice | None = None) -> str:
    """How the numbers of a table are protected, in sentences."""
    if choice is not None and choice.mechanism == DP:
        return noise_of(spec, choice)
    unpublished = choice is not None and choice.mechanism == NONE
    return "It is not published any more. " * unpublished + _by_withholding(spec, thresholds)


def _by_withholding(spec: TableSpec, thresholds: Thresholds) -> str:
    k = thresholds.k_sensitive if spec.sensitive else thresholds.k
    rules = {one.name for one in spec.of_role(Role.RULE)}
    networks = ", from at least 3 networks" if "network_count" in rules else ""
    dominated = sorted(one.removesuffix("_first") for one in rules if one.endswith("_first"))
    said = [
        f"A cell is published when at least {k} distinct {COUNTED[spec.contributor]} (and a secret few more)"
        f"{networks} stand behind it; else all its numbers are withheld."
    ]
    if dominated:
        said.append(
            f"No single visitor's part of {' or '.join(dominated)} could be told within the p % rule."
        )
    if spec.links:
        tables = ", ".join(sorted({one.table for one in spec.links}))
        said.append(
            f"It is protected together with {tables}: more cells are withheld so that none is told by sums."
        )
    else:
        said.append("More cells are withheld where sums would tell one.")
    said.append("An attacker with a solver tried every withheld number before publication.")
    if networks:
        said.append(
            "Somebody who sends enough visitors of his own from enough networks lifts a cell over the "
            "threshold and subtracts them: the secret part and the networks make that harder, no more."
        )
    return " ".join(said)


def limits_of(spec: TableSpec) -> tuple[str, ...]:
    """What a table cannot answer, a sentence each: its own limits and those of its kind."""
    limits = [spec.cannot] if spec.cannot else []
    limits.append(
        "How large a withheld cell is; a sum over cells of which some are withheld is at least that."
    )
    if spec.contributor == "visitor":
        limits.append(
            "How many people there are: a visitor is an address and an agent, so that one person with two "
            f"devices is two, and visitors of several sites or {spec.grain}s cannot be added up to people."
        )
    else:
        limits.append("Whether what users state is true: nothing they say of themselves is verified.")
    dimensions = " and ".join(spec.dimensions)
    limits.append(
        f"Anything that is not a breakdown by {dimensions}; no table joins another person by person."
    )
    return tuple(limits)
