"""What an attacker gets out of a table that somebody protected, in whatever way.

In: a CSV file with an empty number and `status = suppressed` where a cell is withheld. Out: frozen `Bounds`.
Must not need an exact count.
"""

from __future__ import annotations

import numpy as np

from iesiz.disclosure.attacker import Attacker, Intervals, View
from iesiz.disclosure.csv_table import Columns, read
from iesiz.disclosure.layout import Layout, layout
from iesiz.disclosure.sparse import Bools, Floats
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import TOTAL, Dimension, Table, all_margins, codes_of, cross
from iesiz.errors import InputError, PrivacyRefusal, SettingsError
from iesiz.own_table import Asked, Bound, Bounds

STATUS, SUPPRESSED = "status", "suppressed"


def attack_file(asked: Asked) -> Bounds:
    """The bounds of each withheld cell of a protected table.

    Args:
        asked: a CSV file with a row for each published or withheld cell; the label of a total is `Total`. If
            the finest cells are given, those that are missing are taken to be empty. With `nest`, the column
            `group` names the group of each of the child's finest labels, and a group's own rows carry its
            label in the child's column.

    Raises:
        InputError: the file cannot be read as a protected table, or its values contradict each other.
        SettingsError: the options do not fit the file.
    """
    if (asked.count is None) == (asked.total is None):
        raise SettingsError("The audit of a file needs --by, and either --count or --sum.")
    number, whole, path = asked.count or asked.total or "", asked.count is not None, asked.path
    shape = layout(asked.by, asked.nest, "all")
    columns = read(path, _columns(shape, number))
    table = cross(_dimensions(columns, shape), all_margins(shape.by))
    values, withheld = _values(columns, shape, table, number, whole)
    system = system_of(table.incidence, codes_of(table.dimensions))
    merged = np.full(system.cells, np.nan)
    known = ~np.isnan(values)
    merged[system.planned[known]] = values[known]
    if np.any(np.abs(merged[system.planned[known]] - values[known]) > 1e-6):
        raise InputError(f"{path}: two rows for the same group of records have different values")
    try:
        seen = Attacker(View(system, merged)).intervals()
    except PrivacyRefusal as refusal:
        raise InputError(f"{path}: {refusal}; check sums, labels and --nest") from None
    return _bounds(seen, table, withheld, system.planned, float(asked.k or 10), whole)


def _columns(shape: Layout, number: str) -> tuple[str, ...]:
    groups = tuple(nest.group for nest in shape.nests)
    return tuple(dict.fromkeys((*shape.by, *groups, number, STATUS)))


def _dimensions(columns: Columns, shape: Layout) -> tuple[Dimension, ...]:
    """Leaf labels are those that are neither the total nor a group's."""
    found = []
    for name in shape.by:
        groups = [nest.group for nest in shape.nests if nest.child == name]
        labels = columns.text[name]
        above = {
            columns.text[g][i] for g in groups for i in range(len(columns)) if labels[i] != columns.text[g][i]
        }
        leaves = tuple(sorted(set(labels) - above - {TOTAL}))
        if not leaves or "" in leaves:
            raise InputError(
                f"{columns.path}: column {name} needs labels that are neither empty nor {TOTAL} only"
            )
        groupings = tuple(_grouping(columns, name, group, leaves) for group in groups)
        found.append(Dimension(name, leaves, groupings))
    return tuple(found)


def _grouping(columns: Columns, name: str, group: str, leaves: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for label, above, line in zip(columns.text[name], columns.text[group], columns.lines, strict=True):
        if label in leaves and (not above or found.setdefault(label, above) != above):
            raise InputError(
                f"{columns.path}, line {line}: {group} must name one group for each finest label of {name}"
            )
    return tuple(found[leaf] for leaf in leaves)


def _values(columns: Columns, shape: Layout, table: Table, number: str, whole: bool) -> tuple[Floats, Bools]:
    """Value of each planned cell (NaN if withheld or not there) and which are withheld."""
    place = {labels: cell for cell, labels in enumerate(table.labels)}
    values, withheld = np.full(len(place), np.nan), np.zeros(len(place), dtype=np.bool_)
    numbers, seen = columns.numbers(number, whole=whole, empty=True), set()
    for record, line in enumerate(columns.lines):
        labels = tuple(columns.text[name][record] for name in shape.by)
        cell = place.get(labels)
        if cell is None or cell in seen:
            raise InputError(f"{columns.path}, line {line}: expected one row for each combination of labels")
        seen.add(cell)
        value, hidden = numbers[record], columns.text[STATUS][record] == SUPPRESSED
        if hidden != np.isnan(value):
            raise InputError(
                f"{columns.path}, line {line}: a cell is either {SUPPRESSED} and empty or has a number"
            )
        if value < 0:
            raise InputError(f"{columns.path}, line {line}: column {number} must not be negative")
        values[cell], withheld[cell] = value, hidden
    finest = np.flatnonzero(table.incidence.sizes == 1)
    if seen & set(finest.tolist()):
        absent = [cell for cell in finest if cell not in seen]
        values[absent] = 0.0
    return values, withheld


def _bounds(
    seen: Intervals, table: Table, withheld: Bools, planned: np.ndarray, k: float, whole: bool
) -> Bounds:
    place = {int(form): target for target, form in enumerate(seen.forms)}
    cells = np.flatnonzero(withheld)
    found = [place.get(int(planned[cell]), -1) for cell in cells]
    if -1 in found:
        raise InputError("a withheld cell is made of the same records as a published one")
    lo, hi = seen.lo[found], seen.hi[found]
    only = np.floor(hi + 1e-6) <= np.ceil(lo - 1e-6) if whole else hi - lo <= 1e-6 * np.maximum(1.0, lo)
    bounds = tuple(Bound(table.labels[c], float(a), float(b)) for c, a, b in zip(cells, lo, hi, strict=True))
    return Bounds(bounds, int(only.sum()), int(np.sum(hi - lo < k - 1e-6)))
