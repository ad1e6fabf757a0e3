"""How long the records of a day may be kept; nothing here deletes."""

from __future__ import annotations

import datetime as dt

from iesiz.settings import Keeping


def last_day_kept(keeping: Keeping, day: dt.date, closed: dt.date | None) -> dt.date:
    """The last day on which a local day's records may be kept.

    Args:
        keeping: keeping times in days.
        day: the local day.
        closed: the day on which it was published, if it was.
    """
    if closed is None:
        return day + dt.timedelta(days=keeping.at_most_days)
    return closed + dt.timedelta(days=keeping.after_publication_days)
