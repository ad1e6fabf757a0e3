"""A system cut into its connected components, each a system of its own.

In: a system. Out: frozen `Part`s that say which variables, forms and cells they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.components import blocks
from iesiz.disclosure.rules import Needs
from iesiz.disclosure.sparse import Ints, from_lists, stack
from iesiz.disclosure.system import Limits, LinearSystem


@dataclass(frozen=True, eq=False)
class Part:
    """One component: numbers of its variables, forms and cells in the whole, all ascending."""

    system: LinearSystem
    variables: Ints
    forms: Ints
    cells: Ints

    def within(self, inner: Part) -> Part:
        """A component of this one, numbered in the whole."""
        return Part(
            inner.system, self.variables[inner.variables], self.forms[inner.forms], self.cells[inner.cells]
        )

    def needs(self, needs: Needs) -> Needs:
        """The needs of the component's forms."""
        chosen = self.forms
        return Needs(needs.width[chosen], needs.up[chosen], needs.down[chosen], needs.whole[chosen])

    def insiders(self, told: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        """Those of the insiders who know something here, in the component's own numbers."""
        place = {int(variable): number for number, variable in enumerate(self.variables)}
        found = (tuple(place[v] for v in one if v in place) for one in told)
        return tuple(one for one in found if one)


def cut(system: LinearSystem) -> tuple[Part, ...]:
    """The components: variables that share a form, an inequality or a cell are in one."""
    members: list[list[int]] = [[] for _ in range(system.cells)]
    for form, owner in enumerate(system.owner):
        members[owner].extend(system.forms.row(form).tolist())
    together = from_lists([sorted(set(one)) for one in members], system.variables)
    block = blocks(stack([together, system.limits.rows]))
    return tuple(_part(system, block, number) for number in range(int(block.max(initial=-1)) + 1))


def _part(system: LinearSystem, block: Ints, number: int) -> Part:
    inside = block == number
    variables, limits = np.flatnonzero(inside), system.limits
    forms, rows = np.flatnonzero(system.forms.any(inside)), np.flatnonzero(limits.rows.any(inside))
    cells, owner = np.unique(system.owner[forms], return_inverse=True)
    near = Limits(limits.rows.take(rows).within(variables), limits.lower[rows], limits.upper[rows])
    own = LinearSystem(
        system.forms.take(forms).within(variables),
        owner.astype(np.int64),
        len(cells),
        np.arange(len(cells), dtype=np.int64),
        near,
        system.axes[variables],
    )
    return Part(own, variables, forms, cells)
