"""Steps by which a period's exact cells are made, and kept for the periods that come after it.

Opened by ``pipeline`` alone. In: what a period is made of, its tables, its cells. Out: exact cells in memory,
and in the restricted zone what later periods are made of and protected with. It must not publish.
"""

from __future__ import annotations

from functools import partial

from iesiz.aggregate import DayInput, Left, PeriodInput, aggregate_day, aggregate_period
from iesiz.archive import with_changes
from iesiz.closing import Protected
from iesiz.noise_work import Chosen
from iesiz.periods import Period
from iesiz.restricted import freeze_registrations, write_exact, write_labels, write_visits
from iesiz.seen_work import keep_visitors
from iesiz.settings import Settings
from iesiz.tables import Cells


def counted(settings: Settings, given: DayInput | PeriodInput, chosen: Chosen) -> tuple[Cells, ...]:
    """Exact cells of a period's tables; what a day leaves for longer periods is kept on the way.

    Raises:
        PrivacyRefusal: a rule of the aggregation refuses.
        OutsideError: the storage failed.
    """
    means = (chosen.all, settings.thresholds, settings.reading.threads)
    if isinstance(given, DayInput):
        cells = aggregate_day(given, *means, partial(_keep_left, settings, given))
    else:
        cells = aggregate_period(given, *means)
    return with_changes(settings, cells)


def _keep_left(settings: Settings, given: DayInput, left: Left) -> None:
    write_visits(settings, given.day, left.visits)
    keep_visitors(settings, given.day, given.parts, left.visitors)


def keep_exact(
    settings: Settings, period: Period, given: DayInput | PeriodInput, protected: Protected
) -> None:
    """Keep what later releases are protected with; of a day its registrations and labels as well.

    Raises:
        OutsideError: the storage failed.
    """
    if isinstance(given, DayInput) and given.registrations is not None:
        freeze_registrations(settings, given.day, given.registrations)
    write_exact(settings, period, protected.marked)
    if isinstance(given, DayInput):
        own = [one for one in protected.exact if one.spec.labels and not one.spec.labels_of]
        write_labels(settings, given.day, {one.spec.name: one.common for one in own})
