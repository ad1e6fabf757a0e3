"""Amounts of privacy loss: exact, and nothing that cannot be meant."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.amounts import amount_of, sound, text_of, total
from iesiz.zcdp import rho_of

WRONG = [
    "NaN", "sNaN", "Infinity", "-Infinity", "inf", "-0.015", "0", "0.0", "-0", "1e-310", "5e-324", "1e-16",
    "1e999", "101", "0.0150000000000001", "0.1_5", " 0.015", "0,015", "", "٠.٥", "0x1p-3", "1/2", "1" * 500,
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal number in quotes"):
        amount_of(text)


@pytest.mark.parametrize(
    "value", [0.015, 1, True, None, Decimal("NaN"), Decimal("sNaN"), Decimal("-1"), 5e-324]
)
def test_nothing_but_a_sound_decimal_goes_on(value: object) -> None:
    with pytest.raises(ValueError, match="decimal number"):
        sound(value) if isinstance(value, Decimal) else amount_of(value)
    if not isinstance(value, Decimal):
        with pytest.raises(ValueError, match="decimal number"):
            sound(value)


@given(
    st.lists(
        st.decimals("1e-15", 100, places=15).filter(lambda one: len(one.normalize().as_tuple().digits) < 13)
    )
)
def test_sums_are_exact_however_many(amounts: list[Decimal]) -> None:
    assert Fraction(total(amounts)) == sum(map(Fraction, amounts), Fraction(0))


@given(st.text(max_size=30) | st.floats().map(str) | st.decimals().map(str))
def test_any_text_is_that_number_or_refused(text: str) -> None:
    try:
        amount = amount_of(text)
    except ValueError:
        return
    assert amount == Decimal(text)
    assert amount_of(text_of(amount)) == amount
    assert Fraction(rho_of(amount)) == Fraction(amount) ** 2 / 2


def test_a_float_would_not_have_been_exact() -> None:
    days = [Decimal("0.015")] * 31
    assert total(days) == Decimal("0.465")
    assert sum([0.015] * 31) != 0.465
