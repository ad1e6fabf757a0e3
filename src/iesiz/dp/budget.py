"""The privacy budget: what a unit may lose in a month and a year, reserved before a draw, never given back.

A ledger of its own in the restricted zone, append-only and hash-chained, holds every reservation as exact
decimals. A reservation that a crash left without a draw stays spent, and is the one under which the period is
drawn once the same is asked again. In: declarations. Out: reservations, balances, refusals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from iesiz.amounts import text_of, total
from iesiz.dp.mechanism import Declaration
from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Entry, Ledger
from iesiz.mechanisms import DpBudget
from iesiz.periods import Grain, Period
from iesiz.settings import Settings
from iesiz.vocabulary import Balance

RESERVE, DRAW = "reserve", "draw"


@dataclass(frozen=True, slots=True)
class Account:
    """The reservations of a store and what they may come to."""

    ledger: Ledger
    limits: DpBudget | None

    @classmethod
    def of(cls, settings: Settings) -> Account:
        """The account of a store."""
        return cls(Ledger(settings.restricted / "dp" / "ledger.jsonl"), settings.dp)

    def reserve(self, table: str, period: Period, declaration: Declaration) -> Entry:
        """Spend what one release costs, durably, before anything is drawn.

        Raises:
            PrivacyRefusal: there is no budget, or not so much is left of it; nothing is written.
            OutsideError: the storage failed.
        """
        begun = self._without_draw(table, period)
        if begun is not None and begun.facts["terms"] == declaration.terms:
            return begun
        for epoch in epochs_of(period):
            self._refuse_over(table, period, declaration, epoch)
        facts = {"table": table, "period": period.name, "unit": declaration.unit}
        loss = {"rho": text_of(declaration.cost), "delta": text_of(_delta(declaration))}
        return self.ledger.append(RESERVE, {**facts, **loss, "terms": declaration.terms})

    def balances(self, units: Collection[str] = (), today: dt.date | None = None) -> tuple[Balance, ...]:
        """Every unit and epoch of which something is spent, and today's of the units that are named."""
        known = {
            (entry.facts["unit"], epoch)
            for entry in self.ledger.entries(RESERVE)
            for epoch in epochs_of(Period.named(entry.facts["period"]))
        }
        if today is not None:
            known |= {(unit, epoch) for unit in units for epoch in epochs_of(Period(Grain.DAY, today))}
        return tuple(self.balance(unit, epoch) for unit, epoch in sorted(known))

    def balance(self, unit: str, epoch: str) -> Balance:
        """What a unit has lost in an epoch, and what it may still lose."""
        limit, spent = self._limit(epoch), self.spent(unit, epoch)
        left = "" if limit is None else text_of(max(Decimal(0), total((limit, -spent))))
        delta = self.spent(unit, epoch, "delta")
        return Balance(unit, epoch, text_of(limit) if limit else "", text_of(spent), left, text_of(delta))

    def spent(self, unit: str, epoch: str, what: str = "rho") -> Decimal:
        """The exact sum of what was reserved; a period that reaches into two epochs counts in both."""
        return total(
            Decimal(entry.facts[what])
            for entry in self.ledger.entries(RESERVE)
            if entry.facts["unit"] == unit and epoch in epochs_of(Period.named(entry.facts["period"]))
        )

    def _without_draw(self, table: str, period: Period) -> Entry | None:
        drawn = {entry.facts["reservation"] for entry in self.ledger.entries(DRAW)}
        found = [
            entry
            for entry in self.ledger.entries(RESERVE)
            if (entry.facts["table"], entry.facts["period"]) == (table, period.name)
            and entry.digest not in drawn
        ]
        return found[-1] if found else None

    def _refuse_over(self, table: str, period: Period, declaration: Declaration, epoch: str) -> None:
        limit, spent = self._limit(epoch), self.spent(declaration.unit, epoch)
        if limit is None:
            raise PrivacyRefusal(
                "There is no [dp] with month and year: a table with noise needs a budget. Nothing is drawn."
            )
        if total((spent, declaration.cost)) > limit:
            raise PrivacyRefusal(
                f"{table}, {period}: costs rho {text_of(declaration.cost)} of the budget of {epoch}, of "
                f"which {text_of(spent)} of {text_of(limit)} is spent for each {declaration.unit}. "
                "Nothing is drawn or published. Decide on a larger budget, or give it mechanism = 'none'."
            )

    def _limit(self, epoch: str) -> Decimal | None:
        if self.limits is None:
            return None
        return self.limits.year if len(epoch) == len("2026") else self.limits.month


def epochs_of(period: Period) -> tuple[str, ...]:
    """The months and years that a period has days in."""
    days = [day.isoformat() for day in period.days]
    return tuple(sorted({day[:length] for day in days for length in (len("2026"), len("2026-11"))}))


def _delta(declaration: Declaration) -> Decimal:
    """The chance of a wrongly told label; none where all labels are declared."""
    return declaration.delta or Decimal(0) if declaration.chooser else Decimal(0)
