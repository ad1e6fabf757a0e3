"""Where to look for cells that move with a sensitive one: the whole system, or a box of a large one.

In: the codes of each variable along the axes of the finest cross-classification. Out: a `Mover` for each
neighbourhood, made when first needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from iesiz.disclosure.mover import Mover
from iesiz.disclosure.sparse import Bools, Floats, Ints
from iesiz.disclosure.task import Task

BOX = 3000  # variables in a neighbourhood: about 10 ms a move, and room for enough cycles


class Neighbours:
    """One mover for each box of neighbouring codes."""

    def __init__(self, task: Task, prices: Floats) -> None:
        """Divide the variables into boxes."""
        self._task, self._prices = task, prices
        lengths = task.needs.length
        usual = float(np.median(lengths[lengths > 0])) if np.any(lengths > 0) else 1.0
        self._units = np.where(lengths > 0, lengths, usual)
        self._box_of = boxes(task.system.axes)
        self._movers: dict[int, Mover] = {}

    def move(self, form: int, length: float, held: Ints, withheld: Bools) -> tuple[float, Ints, Floats]:
        """As `Mover.move`, near the form's largest part.

        Raises:
            PrivacyRefusal: no table does it, or the solver proved no optimum.
        """
        mover = self._mover(self._home(form, held), withheld)
        return mover.move(form, length, held)

    def spread(
        self, forms: Ints, lengths: Floats, held: Ints, withheld: Bools
    ) -> Iterator[tuple[Ints, Floats]]:
        """As `Mover.spread`, for each neighbourhood in which some of the forms are.

        Raises:
            PrivacyRefusal: the solver proved no optimum.
        """
        homes = np.array([self._home(int(form), held) for form in forms], dtype=np.int64)
        for box in np.unique(homes):
            here = homes == box
            yield self._mover(int(box), withheld).spread(forms[here], lengths[here], held)

    def _home(self, form: int, held: Ints) -> int:
        """The box of a form's largest part that may move."""
        parts = self._task.system.forms.row(form)
        free = parts[~np.isin(parts, held)]
        return int(self._box_of[free[np.argmax(self._task.inner[free])]])

    def _mover(self, box: int, withheld: Bools) -> Mover:
        mover = self._movers.get(box)
        if mover is None:
            task, variables = self._task, np.flatnonzero(self._box_of == box)
            mover = Mover(task.system, task.inner, self._prices, self._units, variables)
            self._movers[box] = mover
        mover.sync(withheld)
        return mover


def boxes(axes: Ints) -> Ints:
    """The box of each variable.

    Args:
        axes: code of each variable along each axis, shape (variables, axes).

    Returns:
        Box numbers, shape (variables,); each axis is cut into equal runs of codes.
    """
    sizes = axes.max(axis=0, initial=0) + 1
    pieces = np.ones(len(sizes), dtype=np.int64)
    while len(axes) / np.prod(pieces) > BOX and np.any(sizes > pieces):
        pieces[np.argmax(sizes / pieces)] += 1
    number = np.zeros(len(axes), dtype=np.int64)
    for axis, (size, count) in enumerate(zip(sizes, pieces, strict=True)):
        number = number * count + axes[:, axis] * count // size
    return number
