"""Facts of the pages that are no charts: how fresh the tables are, and how what they hold is protected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iesiz.policy import EditionInForce
from iesiz.reader import Reader
from iesiz.rule_settings import Thresholds
from iesiz.tables import TableSpec
from iesiz.vocabulary import AUDITED


def freshness_facts(reader: Reader) -> list[dict[str, Any]]:
    """One entry a table: last period, last due one, how many are missing, state."""
    names = ("table", "last_period", "due_period", "missing_count", "state")
    rows = reader.sql(
        "select table_name, last_period, due_period, missing_count, state from freshness order by all"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def protection_facts(
    reader: Reader, specs: Sequence[TableSpec], edition: EditionInForce, thresholds: Thresholds
) -> dict[str, Any]:
    """The edition in force, the rules' numbers, what share of each table is withheld, what the audit said."""
    verdicts = dict(reader.sql("select verdict, count(*) from releases group by all").fetchall())
    return {
        "edition": f"{edition.name}: {edition.title}",
        "in_force": edition.in_force.isoformat(),
        "contact": edition.contact,
        "k": thresholds.k,
        "sensitive": thresholds.k_sensitive,
        "shares": [_share(reader, spec) for spec in specs],
        "audited": verdicts.get(AUDITED, 0),
        "releases": sum(verdicts.values()),
    }


def _share(reader: Reader, spec: TableSpec) -> dict[str, Any]:
    there = reader.connection.table(spec.name)
    cells, withheld = there.aggregate("count(*), count(*) filter (status = 'suppressed')").fetchall()[0]
    return {"table": spec.name, "cells": cells, "withheld": withheld}
