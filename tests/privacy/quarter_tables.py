"""A quarter's tables of registrations as they would be published, made without the code that publishes them.

Cells below the rules' thresholds are withheld; nothing is withheld to protect these, which leaves an attacker
more than the real tables do.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import pyarrow as pa

from iesiz.periods import Grain, Period
from iesiz.tables import Cells, Standing, TableSpec, load_tables

START, END = dt.date(2025, 1, 1), dt.date(2025, 4, 1)
SITE = "mall"
SPECS = {spec.name: spec for spec in load_tables() if spec.source == "registration"}
STATES = ("not_given", "invalid")
FIELDS = ("age", "sex", "region", "channel", "interests", "marketing_consent")
FIELD_OF = {"age": "birth_date"}

Person = Mapping[str, str]
"""Treated words, and `came`, an ISO day."""

Keys = Callable[[Person], list[tuple[str, ...]]]


def _answers(one: Person) -> list[tuple[str, ...]]:
    return [
        (SITE, FIELD_OF.get(name, name), one[name] if one[name] in STATES else "given") for name in FIELDS
    ]


KEYS: dict[str, Keys] = {
    "daily_registrations_by_region": lambda one: [(SITE, one["region"])],
    "monthly_registrations_by_channel": lambda one: [(SITE, one["channel"])],
    "weekly_registrations_by_age_and_sex": lambda one: [(SITE, one["age"], one["sex"])],
    "monthly_completeness_by_field": _answers,
}


def tables_of(people: Sequence[Person]) -> list[Cells]:
    """Every table of the quarter, with the weeks that lie in it."""
    found = []
    for name, keys in KEYS.items():
        spec = SPECS[name]
        for period in periods(spec.grain):
            inside = [one for one in people if dt.date.fromisoformat(one["came"]) in period]
            found.append(shown_cells(spec, period, Counter(key for one in inside for key in keys(one))))
    return found


def periods(grain: Grain) -> list[Period]:
    """The periods of a length that lie in the quarter."""
    days = [START + dt.timedelta(days=number) for number in range((END - START).days)]
    found = sorted({Period.of(grain, day) for day in days}, key=lambda one: one.start)
    return [one for one in found if one.start >= START and one.end <= END]


def shown_cells(spec: TableSpec, period: Period, counts: Counter[tuple[str, ...]]) -> Cells:
    """A table of a period, every cell of it, those with too few people withheld."""
    least = 20 if spec.sensitive else 10
    values = [
        (SITE,) if isinstance(one.values, str) else one.values
        for one in spec.columns
        if one.name in spec.dimensions
    ]
    rows = []
    for key in product(*values):
        count = counts[tuple(str(part) for part in key)]
        shown = {"registration_count": count if count >= least else None}
        status = {"status": "published" if count >= least else "suppressed"}
        rows.append({**dict(zip(spec.dimensions, key, strict=True)), **shown, **status})
    days = frozenset(period.days) if period.grain is not Grain.DAY else frozenset[dt.date]()
    table = pa.Table.from_pylist(rows)
    return Cells(spec, table, period=period, days=days, standing=Standing.KEPT)
