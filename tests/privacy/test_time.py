"""Night after night: what days withheld stays withheld when weeks and months come out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from iesiz.disclosure.block import Block
from iesiz.periods import Period
from iesiz.tables import TableSpec
from tests.privacy.releases import SPECS, SUMMED, THRESHOLDS, Releases, world
from tests.solutions import counted_solutions

K = THRESHOLDS.k
LEVELS = (6.0, 15.0, 30.0, 60.0)


def recovered(
    mean: float, days: int, releases: Releases, start: dt.date = dt.date(2026, 11, 1)
) -> tuple[int, int, int]:
    """Withheld numbers, those exactly known, and those known more closely than k."""
    made = world(mean, days, start=start)
    seen, truth = made.attack(made.run(releases))
    assert np.all((truth >= seen.lo - 1e-6) & (truth <= seen.hi + 1e-6))
    return len(truth), int(np.sum(seen.width < 1e-6)), int(np.sum(seen.width < K - 1e-6))


@pytest.mark.parametrize("mean", LEVELS)
def test_a_fortnight_and_its_month_give_nothing_away(mean: float) -> None:
    withheld, exact, narrow = recovered(mean, 10, Releases())
    assert withheld > 0
    assert (exact, narrow) == (0, 0)


@pytest.mark.parametrize("specs", [SPECS, SUMMED])
def test_a_week_that_reaches_into_the_next_month_gives_nothing_away(specs: Sequence[TableSpec]) -> None:
    releases = Releases(specs=specs, keeps_days=40)
    withheld, exact, narrow = recovered(20.0, 21, releases, dt.date(2026, 10, 19))
    assert {"2026-W44", "2026-10", "2026-11"} <= {period.name for _, period in releases.done}
    assert withheld > 0
    assert (exact, narrow) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("mean", [6.0, 20.0])
def test_a_hundred_nights_need_no_more_than_the_last_forty(mean: float) -> None:
    """Exact counts are kept for 40 days; the attacker keeps everything."""
    releases = Releases(specs=SUMMED, keeps_days=40)
    withheld, exact, narrow = recovered(mean, 100, releases, dt.date(2026, 9, 1))
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


@pytest.mark.parametrize("mean", [0.7, 3.0])
def test_what_is_told_by_scaling_is_what_is_solved_number_by_number(
    mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small network of which nearly all is withheld: the same cells come out, with fewer solutions."""
    solved = counted_solutions(monkeypatch)
    made = world(mean, 10)
    scaled, few = shown(made.run(Releases(specs=SUMMED))), len(solved)
    solved.clear()
    monkeypatch.setattr(Block, "scale", lambda _: None)
    assert shown(made.run(Releases(specs=SUMMED))) == scaled
    assert few < len(solved)


def shown(releases: Releases) -> dict[tuple[str, Period], list[dict[str, object]]]:
    """Rows of each release."""
    return {name: one.published.table.to_pylist() for name, one in releases.done.items()}
