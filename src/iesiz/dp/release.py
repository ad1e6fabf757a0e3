"""One table with noise: reserved, drawn, kept; or, if it was drawn before, given again as it was.

In: exact cells, the declaration, the sites of the network. Out: cells with noise, as they will be published.
It must not tell what the labels of a site were: every combination of declared labels has a row, with people
or without, and of all others those that the noise chose.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa

from iesiz.contributions import sites_counted
from iesiz.dp.budget import Account
from iesiz.dp.draws import Draw, Row, find_draw, keep_draw
from iesiz.dp.mechanism import Declaration
from iesiz.dp.noise import Noise, choose, draw
from iesiz.errors import PrivacyRefusal
from iesiz.periods import Period
from iesiz.settings import Settings
from iesiz.site_settings import Site
from iesiz.table_parts import ADMITTED, SITES, TYPES, Column
from iesiz.tables import Cells, TableSpec
from iesiz.vocabulary import NOISY, OTHER, Role

Key = tuple[str | int, ...]
Counts = Mapping[Key, Mapping[str, int]]


def noisy_cells(settings: Settings, exact: Cells, period: Period, declaration: Declaration) -> Cells:
    """The cells of a table with noise.

    Args:
        settings: where the store is, and which sites the network has.
        exact: the counts of the cells that have any.
        period: the day or longer period.
        declaration: what was declared of the table.

    Raises:
        PrivacyRefusal: the budget does not suffice, or an earlier draw is lost; nothing is drawn.
        SettingsError: OpenDP is not installed; nothing is reserved.
        OutsideError: the storage failed.
    """
    account, spec = Account.of(settings), exact.spec
    found = find_draw(settings, account.ledger, spec.name, period)
    if found is None:
        noises, counts, keys = (
            declaration.noises(),
            _counts(exact),
            declared_keys(spec, sites_counted(settings, spec.source)),
        )
        if not declaration.chooser and not set(counts) <= set(keys):
            raise PrivacyRefusal(f"{spec.name}: a cell is outside its declared labels. Nothing is published.")
        reserved = account.reserve(spec.name, period, declaration)
        rows = _rows(spec, keys, counts, noises)
        found = Draw(spec.name, period.name, reserved.digest, rows, _about(declaration, noises))
        keep_draw(settings, account.ledger, period, found)
    return _as_cells(exact, found)


def declared_keys(spec: TableSpec, sites: Sequence[Site]) -> tuple[Key, ...]:
    """Every combination of labels that the settings and the table declare, whatever the data hold."""
    keys: list[Key] = []
    for site in sites:
        keys.extend(itertools.product(*(_labels(one, site) for one in spec.of_role(Role.DIMENSION))))
    return tuple(sorted(dict.fromkeys(keys)))


def _labels(column: Column, site: Site) -> Sequence[str | int]:
    if column.values == SITES:
        return (site.name,)
    if column.values == ADMITTED:
        return (*site.routes, OTHER)
    return tuple(column.values)


def _counts(exact: Cells) -> Counts:
    spec = exact.spec
    rows = exact.table.select([*spec.dimensions, *spec.counted]).to_pylist()
    return {tuple(row[name] for name in spec.dimensions): row for row in rows}


def _rows(
    spec: TableSpec, declared: Sequence[Key], counts: Counts, noises: Mapping[str, Noise]
) -> tuple[Row, ...]:
    """Rows of the declared labels and of those that were chosen, each number with noise of its own."""
    others = sorted(set(counts) - set(declared))
    told: dict[str, dict[Key, int]] = {}
    chosen: list[Key] = []
    for name, noise in sorted(noises.items(), key=lambda one: one[1].threshold is None):
        if noise.threshold is not None:
            there = {json.dumps(key): counts[key][name] for key in others if counts[key][name] > 0}
            found = {tuple(json.loads(key)): number for key, number in choose(noise, there).items()}
            told[name], chosen = found, sorted(found)
            keys = list(declared)
        else:
            told[name], keys = {}, [*declared, *chosen]
        numbers = [counts[key][name] if key in counts else 0 for key in keys]
        told[name] |= dict(zip(keys, draw(noise, numbers), strict=True))
    return tuple(
        {**dict(zip(spec.dimensions, key, strict=True)), **{name: told[name][key] for name in noises}}
        for key in sorted([*declared, *chosen])
    )


def _about(declaration: Declaration, noises: Mapping[str, Noise]) -> dict[str, Any]:
    """What readers must know: unit, bounds and loss as declared; kind, scale and accuracy of each column."""
    kinds = {noise.kind for noise in noises.values()}
    columns = {
        name: {**asdict(noise), "bound": declaration.columns[name], "scale": repr(noise.scale)}
        for name, noise in noises.items()
    }
    return {**declaration.terms, "mechanism": kinds.pop(), "columns": columns}


def _as_cells(exact: Cells, found: Draw) -> Cells:
    """A partition's cells; columns that are not told are null, as is what bounds left out."""
    spec, rows = exact.spec, found.rows
    columns = {
        one.name: pa.array([row.get(one.name) for row in rows], TYPES_OF[one.type]) for one in spec.published
    }
    columns["status"] = pa.array([NOISY] * len(rows), pa.string())
    return replace(exact, table=pa.table(columns), lost_to_bounds={}, warnings=(), noise=found.noise)


TYPES_OF = {name: pa.type_for_alias(alias) for name, alias in TYPES.items()}
