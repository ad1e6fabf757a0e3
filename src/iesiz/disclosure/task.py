"""What is to be protected, from whom, and which of what is found is enough.

In: the plan, the exact variables, the sensitive cells, the needs. Out: a frozen `Task`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from iesiz.disclosure.rules import Needs
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.system import LinearSystem

NOBODY: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be protected.

    Attributes:
        system: the plan.
        inner: exact variables, shape (variables,).
        sensitive: cells that must be withheld, shape (cells,).
        fixed: cells that are published already and cannot be withheld any more, shape (cells,).
        needs: how uncertain each form must be if withheld.
        insiders: for each single contributor, the variables that hold nobody else's value: he knows them.
        gone: cells withheld by an earlier release, which stay so, shape (cells,); none if left out.
    """

    system: LinearSystem
    inner: Floats
    sensitive: Bools
    fixed: Bools
    needs: Needs
    insiders: tuple[tuple[int, ...], ...] = ()
    gone: Bools | None = None

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: arrays of other lengths, or a cell both sensitive and published already.
        """
        shapes = (self.inner.shape, self.sensitive.shape, self.fixed.shape, self.needs.width.shape)
        system = self.system
        if shapes != ((system.variables,), (system.cells,), (system.cells,), (len(system.forms),)):
            raise ValueError("variables, cells and needs must fit the system")
        if np.any(self.sensitive & self.fixed):
            raise ValueError("a sensitive cell is published already")

    @cached_property
    def must(self) -> Bools:
        """Cells that stay withheld whatever else is, shape (cells,)."""
        return self.sensitive if self.gone is None else self.sensitive | self.gone

    @cached_property
    def values(self) -> Floats:
        """Exact value of each form, shape (forms,)."""
        return self.system.forms.dot(self.inner)

    @cached_property
    def guarded(self) -> Bools:
        """Forms of sensitive cells: these must be safe from insiders as well."""
        return self.system.owned(self.sensitive)

    def published(self, withheld: Bools) -> Floats:
        """The forms' values with NaN where withheld."""
        return np.where(self.system.owned(withheld), np.nan, self.values)

    def concerns(self, told: tuple[int, ...], forms: Ints) -> Ints:
        """Those of the forms that must be safe from one insider: sensitive, and not wholly his own."""
        if not told:
            return forms
        forms = forms[self.guarded[forms]]
        rows = self.system.forms.take(forms)
        mine = np.bincount(rows.row_of, weights=np.isin(rows.indices, told), minlength=len(forms))
        return forms[mine < rows.sizes]

    def unmet(self, told: tuple[int, ...], forms: Ints, lo: Floats, hi: Floats) -> Ints:
        """Those of the forms whose interval is not enough; for an insider's own sums the width decides.

        Args:
            told: what the insider knows; empty for everybody.
            forms: shape (n,), as given by `concerns`.
            lo, hi: the ends of their intervals, shape (n,).
        """
        needs = self.needs
        if told:
            mask = np.zeros(self.system.variables, dtype=np.bool_)
            mask[list(told)] = True
            needs = needs.relaxed(self.system.forms.any(mask))
        return forms[~needs.met(self.values[forms], lo, hi, forms)]
