"""How long the records of a day may be kept; nothing here deletes."""

from __future__ import annotations

import datetime as dt

from iesiz.settings import Keeping


def last_day_kept(
    keeping: Keeping, day: dt.date, closed: dt.date | None, arrived: dt.date | None = None
) -> dt.date:
    """The last day on which a local day's records may be kept.

    Args:
        keeping: keeping times in days.
        day: the local day.
        closed: the day on which it was published, if it was.
        arrived: the day on which the first of its records was made, if that is known.
    """
    latest = max(day, arrived or day) + dt.timedelta(days=keeping.at_most_days)
    if closed is None:
        return latest
    after = closed + dt.timedelta(days=keeping.after_publication_days)
    return min(after, latest) if arrived else after
