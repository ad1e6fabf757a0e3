"""What was declared of one table with noise: whom it protects, bounds, loss; and the noise that this takes.

In: the operator's choice and the table. Out: a frozen `Declaration`, its cost in rho, and the `Noise` of each
column. It must not see a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from iesiz.amounts import sound, text_of
from iesiz.dp.noise import Noise, gaussian, laplace, threshold_of
from iesiz.errors import PrivacyRefusal
from iesiz.mechanisms import CELLS, PERSON, VISITOR_DAY, TableChoice
from iesiz.table_parts import ADMITTED
from iesiz.tables import TableSpec
from iesiz.zcdp import rho_of


@dataclass(frozen=True, slots=True)
class Declaration:
    """One release of a table with noise.

    Attributes:
        unit: `visitor_day` or `person`: whom nobody can tell from the numbers.
        cells: L0, the cells that one unit is in at most.
        columns: the columns that are told, with Linf, the most that one unit adds to a cell.
        rho: the loss under zCDP, shared equally by the columns; or instead
        epsilon: the loss under pure differential privacy.
        delta: at which labels are chosen; None where all are declared.
        chooser: the column whose noise chooses labels that nobody declared; empty where all are declared.
    """

    unit: str
    cells: int
    columns: Mapping[str, int]
    rho: Decimal | None = None
    epsilon: Decimal | None = None
    delta: Decimal | None = None
    chooser: str = ""

    def __post_init__(self) -> None:
        """Check everything once more, whoever made it.

        Raises:
            PrivacyRefusal: an amount or a bound cannot be meant.
        """
        amounts = [one for one in (self.rho, self.epsilon, self.delta) if one is not None]
        bounds = (self.cells, *self.columns.values())
        try:
            fits = [sound(one) for one in amounts] and (self.rho is None) != (self.epsilon is None)
        except ValueError as error:
            raise PrivacyRefusal(f"A loss of privacy: {error}.") from None
        if not fits or self.unit not in (VISITOR_DAY, PERSON) or not self.columns:
            raise PrivacyRefusal("A table with noise has a known unit, a column, and either rho or epsilon.")
        if any(type(one) is not int or one < 1 for one in bounds):
            raise PrivacyRefusal("A bound of what one unit adds is a whole number of at least 1.")
        if self.chooser and (self.chooser not in self.columns or self.delta is None):
            raise PrivacyRefusal("Labels are chosen by a column that is told, and by delta.")

    @classmethod
    def of(cls, choice: TableChoice, spec: TableSpec) -> Declaration:
        """What was chosen for a table."""
        is_open = any(column.values == ADMITTED for column in spec.columns)
        return cls(
            unit=choice.unit or "",
            cells=choice.bounds[CELLS],
            columns={name: choice.columns[name] for name in spec.counted if name in choice.columns},
            rho=choice.rho,
            epsilon=choice.epsilon,
            delta=choice.delta,
            chooser=spec.contributors if is_open else "",
        )

    @property
    def cost(self) -> Decimal:
        """What one release costs, in rho."""
        return self.rho if self.rho is not None else rho_of(self.epsilon or Decimal("NaN"))

    @property
    def terms(self) -> dict[str, object]:
        """The declaration as JSON values."""
        amounts = {"rho": self.rho, "epsilon": self.epsilon, "delta": self.delta}
        told = {name: text_of(one) for name, one in amounts.items() if one is not None}
        return {"unit": self.unit, "cells": self.cells, "columns": dict(self.columns), **told}

    def noises(self) -> dict[str, Noise]:
        """The noise of each column, its privacy confirmed by OpenDP.

        Raises:
            SettingsError: OpenDP is not installed.
        """
        return {name: self._noise(name, most) for name, most in self.columns.items()}

    def _noise(self, name: str, most: int) -> Noise:
        share = Fraction(self.rho or self.epsilon or 0) / len(self.columns)
        noise = (gaussian if self.rho is not None else laplace)(self.cells, most, share)
        if name != self.chooser or self.delta is None:
            return noise
        return replace(noise, threshold=threshold_of(noise, self.cells, most, Fraction(self.delta)))
