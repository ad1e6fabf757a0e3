"""What keeps tables with noise from being published, for ``iesiz doctor``: the extra, the fit, the budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from iesiz import pipeline
from iesiz.amounts import EXACT, text_of, total
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.mechanisms import DP
from iesiz.settings import Settings
from iesiz.vocabulary import Finding
from iesiz.zcdp import rho_of

LONGEST_MONTH, LONGEST_YEAR = 31, 366


def noise_findings(settings: Settings) -> Iterator[Finding]:
    """Mechanisms that do not fit, a missing OpenDP, and a budget that does not last for its month or year."""
    try:
        pipeline.check_mechanisms(settings)
    except (SettingsError, PrivacyRefusal) as error:
        yield Finding("noise", str(error), "Do as the message says; no night runs before.")
    if settings.dp is None:
        return
    for unit in sorted({one.unit for one in settings.tables.values() if one.unit is not None}):
        a_day = total(
            one.rho or rho_of(one.epsilon or Decimal(0))
            for one in settings.tables.values()
            if one.mechanism == DP and one.unit == unit
        )
        for name, days, limit in (
            ("month", LONGEST_MONTH, settings.dp.month),
            ("year", LONGEST_YEAR, settings.dp.year),
        ):
            needed = EXACT.multiply(a_day, Decimal(days))
            if needed > limit:
                yield Finding(
                    "noise",
                    f"a {name} of days costs each {unit} rho {text_of(needed)}, and dp.{name} is "
                    f"{text_of(limit)}: the last days will be refused.",
                    f"Decide on a larger dp.{name}, or on more noise (a smaller rho or epsilon).",
                )
