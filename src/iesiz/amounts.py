"""Amounts of privacy loss as exact decimals: from text, never from a float, and added without rounding.

In: text as somebody wrote it. Out: `Decimal`. It must not let through what cannot be meant: not a number,
infinite, zero, negative, so small or so precise that it is a slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation, Overflow

WRITTEN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
LEAST, MOST = Decimal("1e-15"), Decimal(100)
DIGITS = 12
EXPECTED = (
    'expected a decimal number in quotes, such as "0.015": above 0, between 1e-15 and 100, with at most '
    f"{DIGITS} digits that count"
)
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])


def amount_of(text: object) -> Decimal:
    """Read an amount.

    Raises:
        ValueError: it is no text, or not such a number; what was expected is said.
    """
    if not isinstance(text, str) or not WRITTEN.fullmatch(text):
        raise ValueError(EXPECTED)
    return sound(Decimal(text))


def sound(amount: object) -> Decimal:
    """An amount that can be meant, as it is.

    Raises:
        ValueError: it is no `Decimal`, not finite, not positive, too small, too large or too precise.
    """
    fits = isinstance(amount, Decimal) and amount.is_finite() and LEAST <= amount <= MOST
    if not isinstance(amount, Decimal) or not fits or len(amount.normalize().as_tuple().digits) > DIGITS:
        raise ValueError(EXPECTED)
    return amount


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum; 0 of none.

    Raises:
        ValueError: it could not be told without rounding.
    """
    found = Decimal(0)
    try:
        for one in amounts:
            found = EXACT.add(found, one)
    except DecimalException:
        raise ValueError("the amounts cannot be added without rounding") from None
    return found


def text_of(amount: Decimal) -> str:
    """The shortest text that reads back to the same amount, without an exponent: `0.0000001`."""
    return f"{amount.normalize():f}"
