"""Control digits of the numbers that name people and accounts.

Job: say whether a string of digits (or letters and digits) passes its control. In: bare characters
without separators. Out: bool. It must not search text nor say what a number means.
"""

from __future__ import annotations

_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def is_iin(digits: str) -> bool:
    """Tell whether 12 digits pass the control shared by IIN and BIN.

    ``sum(d_i * i) mod 11`` over the first eleven, i = 1..11; if 10, again with the weights
    3..11, 1, 2; if 10 again, such a number is never issued. The digits need match neither a
    date nor a sex (numbers issued since 2013 may not).
    """
    if len(digits) != 12:
        return False
    values = [int(digit) for digit in digits]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        control = sum(map(int.__mul__, values, weights)) % 11
        if control != 10:
            return control == values[11]
    return False


def is_bin_shaped(digits: str) -> bool:
    """Tell a BIN from an IIN: its fifth digit is 4, 5 or 6, where an IIN has the tens of a day."""
    return digits[4:5] in ("4", "5", "6")


def is_luhn(digits: str) -> bool:
    """Tell whether digits pass the Luhn control (ISO/IEC 7812-1, annex B)."""
    values = [int(digit) for digit in reversed(digits)]
    doubled = sum(value * 2 - 9 * (value > 4) for value in values[1::2])
    return (sum(values[::2]) + doubled) % 10 == 0


def is_mod97(account: str) -> bool:
    """Tell whether an IBAN without separators passes ISO 7064 mod 97-10 (ISO 13616)."""
    turned = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
