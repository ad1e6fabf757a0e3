"""What a loss of rho means: composition, and the epsilon and delta that it comes to.

Rho is the loss under zero-concentrated differential privacy (zCDP). Losses of the same people add up, and
nothing is lost by adding later what was lost earlier (Bun and Steinke 2016, lemma 1.7). All that is told to
readers is rounded up.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

from iesiz.amounts import EXACT

TOLD_DELTA = Decimal("1e-6")
"""Delta at which a longer period's epsilon is told."""

PLACES = Decimal("0.1")


def rho_of(epsilon: Decimal) -> Decimal:
    """The rho that pure differential privacy with epsilon implies, exactly: epsilon^2 / 2.

    Source: Bun and Steinke 2016, proposition 1.4.
    """
    return EXACT.divide(EXACT.multiply(epsilon, epsilon), Decimal(2))


def epsilon_at(rho: Decimal, delta: Decimal) -> Decimal:
    """The epsilon that holds with delta for a loss of rho: rho + 2 sqrt(rho ln(1/delta)), rounded up.

    Source: Bun and Steinke 2016, proposition 1.3. Better conversions exist; this one is an upper bound.
    """
    with localcontext() as context:
        context.prec, context.rounding = 50, ROUND_CEILING
        return rho + 2 * (rho * -delta.ln()).sqrt()


def told(epsilon: Decimal) -> str:
    """An epsilon as readers are told it, rounded up to a tenth."""
    return str(epsilon.quantize(PLACES, ROUND_CEILING))
