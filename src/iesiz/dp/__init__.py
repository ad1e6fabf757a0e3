"""Exact counts in, counts with noise out: differential privacy, under a budget that is never given back.

`mechanism` holds what was declared and how much noise it takes, `noise` lets OpenDP draw it, `budget`
reserves the loss before a draw, `draws` keeps what was drawn, and `release` does them in that order: reserve,
draw, keep, and give again what was drawn before. It must not keep an exact count, nor draw anything twice.
"""

from __future__ import annotations

from iesiz.dp.budget import Account
from iesiz.dp.draws import drawn_periods
from iesiz.dp.mechanism import Declaration
from iesiz.dp.noise import has_opendp, require_opendp
from iesiz.dp.release import noisy_cells

__all__ = [
    "Account",
    "Declaration",
    "drawn_periods",
    "has_opendp",
    "noisy_cells",
    "require_opendp",
]
