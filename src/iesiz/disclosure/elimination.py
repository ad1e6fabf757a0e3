"""Exact recovery by linear algebra alone, whatever the numbers are.

In: integer rows that somebody knows, and forms that he would like to know. Out: which forms lie in the row
space of the known rows. Sparse, modulo the prime 2^61 - 1: exact but for odds of about 1 in 10^18.
"""

from __future__ import annotations

import numpy as np

from iesiz.disclosure.components import blocks
from iesiz.disclosure.sparse import Bools, Rows

PRIME = 2**61 - 1

Row = dict[int, int]


class Echelon:
    """Rows in echelon form: each has a leading 1 in a column of its own."""

    def __init__(self) -> None:
        """Start without rows."""
        self._by_lead: dict[int, Row] = {}

    def add(self, row: Row) -> bool:
        """Take a row in; False if it was in the row space already."""
        rest = self.rest(row)
        if not rest:
            return False
        lead = min(rest)
        inverse = pow(rest[lead], -1, PRIME)
        self._by_lead[lead] = {column: value * inverse % PRIME for column, value in rest.items()}
        return True

    def rest(self, row: Row) -> Row:
        """What is left of a row after the known ones; empty if it follows from them."""
        left = {column: value % PRIME for column, value in row.items() if value % PRIME}
        done: Row = {}
        while left:
            lead = min(left)
            known = self._by_lead.get(lead)
            if known is None:
                done[lead] = left.pop(lead)
                continue
            factor = left[lead]
            for column, value in known.items():
                new = (left.get(column, 0) - factor * value) % PRIME
                if new:
                    left[column] = new
                else:
                    left.pop(column, None)
        return done


def determined(known: Rows, forms: Rows) -> Bools:
    """Which forms are sums of multiples of the known rows, shape (forms,).

    Args:
        known: rows whose values are known; whole coefficients.
        forms: rows over the same columns; whole coefficients.

    Raises:
        ValueError: a coefficient is not whole.
    """
    rows, single = _without_singles(known)
    wanted = forms.within(np.flatnonzero(~single))
    return _in_row_space(rows, wanted)


def _without_singles(known: Rows) -> tuple[Rows, Bools]:
    """Columns known by themselves leave the system, again and again."""
    single = np.zeros(known.columns, dtype=np.bool_)
    while True:
        rows = known.within(np.flatnonzero(~single))
        alone = rows.sizes == 1
        if not alone.any():
            return rows, single
        open_columns = np.flatnonzero(~single)
        single[open_columns[rows.indices[alone[rows.row_of]]]] = True


def _in_row_space(rows: Rows, forms: Rows) -> Bools:
    """Eliminate short rows first, which keeps them short, and only blocks that a form is asked of."""
    block = blocks(rows) if rows.columns else np.zeros(0, dtype=np.int64)
    asked = np.zeros(int(block.max(initial=-1)) + 1, dtype=np.bool_)
    asked[block[forms.indices]] = True
    echelon = Echelon()
    for number in np.argsort(rows.sizes, kind="stable"):
        if rows.sizes[number] and asked[block[rows.row(int(number))[0]]]:
            echelon.add(_whole(rows, int(number)))
    return np.array([not echelon.rest(_whole(forms, form)) for form in range(len(forms))], dtype=np.bool_)


def _whole(rows: Rows, number: int) -> Row:
    values = rows.coefficients(number)
    if np.any(values != np.round(values)):
        raise ValueError("elimination needs whole coefficients")
    return {int(c): int(v) for c, v in zip(rows.row(number), values, strict=True)}
