"""Which labels a table shows on a day; every other one goes to ``other``.

A label is admitted when enough visitors shared it on at least two days before, when its site names it as an
own route, or, as long as its site has fewer than two days behind it, from the day itself. So a row's being
there tells nothing about the day, and a label too few people share is never shown, not even as withheld.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iesiz.rule_settings import Thresholds
from iesiz.site_settings import Site
from iesiz.tables import TableSpec
from iesiz.vocabulary import OTHER

DAYS_NEEDED = 2
Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """The labels of a day's tables as they were published, which a revision does not change.

    Attributes:
        sites: sites that were published; others choose their labels anew.
        labels: (site, label) by table.
    """

    sites: frozenset[str]
    labels: Mapping[str, Collection[Label]]

    def instead_of(self, table: str, found: Collection[Label]) -> list[Label]:
        """Labels that a table shows: those published, and those found of other sites."""
        return sorted({*self.labels.get(table, ()), *(one for one in found if one[0] not in self.sites)})


History = Mapping[dt.date, Mapping[str, Collection[Label]]]


def common_labels(
    spec: TableSpec, candidates: Sequence[Mapping[str, Any]], thresholds: Thresholds, key: bytes, day: dt.date
) -> set[Label]:
    """(site, label) with enough visitors on this day: at least k and a part that is secret."""
    least = thresholds.k_sensitive if spec.sensitive else thresholds.k
    return {
        (row["site"], row["label"])
        for row in candidates
        if row["label"] != OTHER
        and row["contributor_count"]
        >= least
        + _secret(key, spec.labels_of or spec.name, row["site"], row["label"], str(day)) % thresholds.spread
    }


def admitted_labels(
    spec: TableSpec, sites: Sequence[Site], history: History, today: Collection[Label]
) -> list[Label]:
    """(site, label) that the table shows, in order.

    Args:
        spec: the table.
        sites: the sites of the day.
        history: for each earlier day that was published, labels that were common then, by table.
        today: labels that are common on the day itself.
    """
    admitted, shown = set[Label](), spec.labels_of or spec.name
    days = Counter(label for tables in history.values() for label in tables.get(shown, ()))
    for site in sites:
        earlier = sum(
            any(name == site.name for name, _ in tables.get(shown, ())) for tables in history.values()
        )
        own = {(site.name, route) for route in site.routes}
        common = {label for label, count in days.items() if label[0] == site.name and count >= DAYS_NEEDED}
        first = {label for label in today if label[0] == site.name} if earlier < DAYS_NEEDED else set()
        admitted |= own | common | first
    return sorted(admitted)


def _secret(key: bytes, *parts: str) -> int:
    digest = hmac.new(key, json.dumps(parts, ensure_ascii=False).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest, "big")
