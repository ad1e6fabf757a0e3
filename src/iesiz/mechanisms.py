"""How each table is protected, as the operator chooses it in `[tables.<name>]`, and the budget in `[dp]`.

Suppression is the default. `dp` publishes numbers with noise instead, `none` does not publish the table.
Whether a choice fits its table, and what is linked to it, is asked by `choices`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from iesiz.amounts import amount_of
from iesiz.settings_section import Section

SUPPRESSION: Literal["suppression"] = "suppression"
DP, NONE = "dp", "none"
VISITOR_DAY, PERSON = "visitor_day", "person"
CELLS = "cells"
MOST_DELTA = Decimal("0.0001")  # a larger one would let one in ten thousand lose everything

Amount = Annotated[Decimal, BeforeValidator(amount_of)]
Bound = Annotated[int, Field(ge=1, le=10**9)]


class TableChoice(Section):
    """How one table is protected.

    Attributes:
        mechanism: suppression; dp (noise); none (the table is not published).
        unit: whose data may change without anybody being able to tell: a visitor of one local day (at all
            sites), or a person for good.
        bounds: `cells`, the number of cells that one unit is in at most, and for each column that is told the
            most that one unit adds to a cell. Columns that are not named are null.
        rho: loss of one release of the table under zCDP (discrete Gaussian noise); or instead
        epsilon: loss under pure differential privacy (discrete Laplace noise).
        delta: chance at which labels that nobody declared may be told wrongly; needed where a table has such
            labels, and else the delta at which rho is told as an epsilon.
    """

    mechanism: Literal["suppression", "dp", "none"] = SUPPRESSION
    unit: Literal["visitor_day", "person"] | None = None
    bounds: dict[str, Bound] = Field(default_factory=dict)
    rho: Amount | None = None
    epsilon: Amount | None = None
    delta: Amount | None = None

    @model_validator(mode="after")
    def _whole_or_nothing(self) -> TableChoice:
        if self.mechanism != DP:
            if self.unit or self.bounds or self.rho or self.epsilon or self.delta:
                raise ValueError("unit, bounds, rho, epsilon and delta belong to mechanism = 'dp'")
            return self
        if self.unit is None or CELLS not in self.bounds or len(self.bounds) < 2:
            raise ValueError("mechanism = 'dp' needs unit, and bounds with `cells` and a column")
        if (self.rho is None) == (self.epsilon is None):
            raise ValueError("mechanism = 'dp' needs either rho or epsilon")
        if self.delta is not None and self.delta > MOST_DELTA:
            raise ValueError(f"delta is at most {MOST_DELTA}")
        return self

    @property
    def columns(self) -> dict[str, int]:
        """The columns that are told, with the most that one unit adds to a cell of each."""
        return {name: most for name, most in self.bounds.items() if name != CELLS}


class DpBudget(Section):
    """What one visitor or person may lose in a calendar month and in a year, all tables together, in rho."""

    month: Amount
    year: Amount

    @model_validator(mode="after")
    def _month_fits_into_the_year(self) -> DpBudget:
        if self.month > self.year:
            raise ValueError("a month's budget cannot be larger than the year's")
        return self
