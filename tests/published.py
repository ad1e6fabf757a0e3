"""A store with made-up partitions of every table, written without a night: for what readers get."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from iesiz import pipeline
from iesiz.periods import Period
from iesiz.publish.parquet import metadata_of, write_partition
from iesiz.settings import Settings
from iesiz.storage import prepare_store
from iesiz.table_parts import TYPES
from iesiz.tables import Cells, TableSpec, load_tables
from iesiz.vocabulary import Role
from tests.nights import network, site

SITES = ("almaty", "astana", "club")
PAGES = ("/{lang}/", "/{lang}/shops", "/{lang}/shops/{shop}", "/join", "/register", "other")
FIRST = "0" * 64


def made_store(
    base: Path,
    first: dt.date,
    days: int,
    seed: int = 1,
    withheld: float = 0.3,
    specs: Sequence[TableSpec] | None = None,
) -> Settings:
    """Write partitions of all tables for so many days, their ledgers and the catalog; a share is withheld."""
    settings = network(base, *(site(name, "web") for name in SITES)).settings
    prepare_store(settings)
    chance = np.random.default_rng(seed)
    dates = [first + dt.timedelta(days=step) for step in range(days)]
    releases = [
        one for spec in specs or load_tables() for one in _partitions(settings, spec, dates, chance, withheld)
    ]
    _ledger(settings.published / "ledger.jsonl", [{"kind": "release", **one} for one in releases])
    facts = [{"kind": "day", "day": str(day), "missing": [], "closed": str(day)} for day in dates]
    _ledger(settings.restricted / "ledger.jsonl", facts)
    pipeline.build_catalog(settings)
    return settings


def _partitions(
    settings: Settings, spec: TableSpec, days: Sequence[dt.date], chance: np.random.Generator, withheld: float
) -> Iterator[dict[str, Any]]:
    keys = list(itertools.product(*map(_domain, spec.of_role(Role.DIMENSION))))
    for period in dict.fromkeys(Period.of(spec.grain, day).name for day in days):
        path = settings.published / "tables" / spec.name / f"{spec.grain}={period}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        cells = Cells(spec, _rows(spec, keys, chance, withheld))
        write_partition(cells, metadata_of(cells, "mega-coco-1", period, 0), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield {
            "table": spec.name,
            "period": period,
            "revision": 0,
            "edition": "mega-coco-1",
            "sha256": digest,
            "verdict": "audited",
        }


def _domain(column: Any) -> Sequence[Any]:
    return {"sites": SITES, "admitted": PAGES}.get(column.values, column.values)


def _rows(
    spec: TableSpec, keys: Sequence[tuple[Any, ...]], chance: np.random.Generator, withheld: float
) -> pa.Table:
    hidden = chance.random(len(keys)) < withheld
    columns: dict[str, pa.Array] = {}
    for column in spec.published:
        kind = getattr(pa, TYPES[column.type])() if column.type != "float" else pa.float64()
        if column.name in spec.dimensions:
            place = spec.dimensions.index(column.name)
            columns[column.name] = pa.array([key[place] for key in keys], kind)
        else:
            columns[column.name] = pa.array(chance.integers(10, 3000, len(keys)), kind, mask=hidden)
    columns["status"] = pa.array(np.where(hidden, "suppressed", "published").tolist(), pa.string())
    return pa.table(columns)


def _ledger(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """The same chain as a ledger that grew line by line."""
    previous, lines = FIRST, []
    for number, entry in enumerate(entries, 1):
        body = {"number": number, "previous": previous, **entry}
        previous = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        lines.append(json.dumps({**body, "chain": previous}, sort_keys=True) + "\n")
    path.write_text("".join(lines), "utf-8")
