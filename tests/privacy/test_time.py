"""Night after night: what days withheld stays withheld when weeks and months come out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.privacy.releases import THRESHOLDS, Releases, world

K = THRESHOLDS.k
LEVELS = (6.0, 15.0, 30.0, 60.0)


def recovered(mean: float, days: int, releases: Releases) -> tuple[int, int, int]:
    """Withheld numbers, those exactly known, and those known more closely than k."""
    made = world(mean, days)
    seen, truth = made.attack(made.run(releases))
    assert np.all((truth >= seen.lo - 1e-6) & (truth <= seen.hi + 1e-6))
    return len(truth), int(np.sum(seen.width < 1e-6)), int(np.sum(seen.width < K - 1e-6))


@pytest.mark.parametrize("mean", LEVELS)
def test_a_fortnight_and_its_month_give_nothing_away(mean: float) -> None:
    withheld, exact, narrow = recovered(mean, 10, Releases())
    assert withheld > 0
    assert (exact, narrow) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("mean", LEVELS)
def test_thirty_nights_four_weeks_and_a_month_give_nothing_away(mean: float) -> None:
    withheld, exact, narrow = recovered(mean, 30, Releases())
    assert withheld > 0
    assert (exact, narrow) == (0, 0)


@pytest.mark.parametrize("mean", LEVELS[2:])
def test_control_without_history_weeks_minus_days_are_withheld_numbers(mean: float) -> None:
    _, exact, narrow = recovered(mean, 10, Releases(remembers=False))
    assert exact > 0
    assert narrow >= exact
