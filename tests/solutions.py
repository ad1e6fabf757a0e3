"""How often the solver is asked."""

from __future__ import annotations

import pytest

from iesiz.disclosure.lp import Model, Optimum


def counted_solutions(patch: pytest.MonkeyPatch) -> list[bool]:
    """A list that gets an entry with every solution from now on: whether a most was looked for."""
    solved: list[bool] = []
    solve = Model.solve

    def counting(model: Model, maximise: bool = False) -> Optimum:
        solved.append(maximise)
        return solve(model, maximise)

    patch.setattr(Model, "solve", counting)
    return solved
