"""How far the tables reach and what is missing, from the days' facts and the partitions that lie there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iesiz.periods import Grain, Period
from iesiz.tables import TableSpec

NAMED = 5  # missing periods that are named in a sentence
ABSENT = "nothing of that day was published, nor did a file of it arrive"


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What readers may know of a local day.

    Attributes:
        published: whether its tables are published.
        missing: sites or sources that had no data when it was.
        late_lines: whether lines came after publication.
        is_expired: whether its records reached the end of their time before it was published.
    """

    day: dt.date
    published: bool
    missing: tuple[str, ...] = ()
    late_lines: bool = False
    is_expired: bool = False


def day_rows(facts: Sequence[DayFacts], due: dt.date) -> list[dict[str, object]]:
    """Rows of ``days``: every day from the first published to the last due."""
    known = {one.day: one for one in facts}
    days = _days([one.day for one in facts if one.published], due)
    return [_day_row(day, known.get(day)) for day in days]


def freshness_rows(
    specs: Sequence[TableSpec], periods: Mapping[str, Sequence[str]], facts: Sequence[DayFacts], due: dt.date
) -> list[dict[str, object]]:
    """Rows of ``freshness``.

    Args:
        specs: the tables.
        periods: for each table the periods that are published.
        facts: what is known of the days.
        due: the last local day that is due.
    """
    days = _days([one.day for one in facts if one.published], due)
    over = {grain: _over(grain, days) for grain in {spec.grain for spec in specs}}
    return [_table_row(spec, sorted(periods.get(spec.name, ())), over[spec.grain]) for spec in specs]


def _days(published: Sequence[dt.date], due: dt.date) -> list[dt.date]:
    if not published:
        return []
    first, last = min(published), max(due, *published)
    return [first + dt.timedelta(days=step) for step in range((last - first).days + 1)]


def _day_row(day: dt.date, facts: DayFacts | None) -> dict[str, object]:
    state = "missing" if facts is None else _state(facts)
    said = ABSENT if facts is None else "; ".join(_said(facts))
    return {
        "day": day,
        "state": state,
        "sites_missing": ", ".join(facts.missing) if facts else "",
        "has_late_lines": bool(facts and facts.late_lines),
        "why": said,
    }


def _state(facts: DayFacts) -> str:
    if facts.published:
        return "published"
    return "expired" if facts.is_expired else "late"


def _said(facts: DayFacts) -> Iterator[str]:
    if facts.is_expired:
        yield "it was not published before its records had reached the end of their time, and never will be"
        return
    if not facts.published:
        yield "files of that day are here; it is due and not published"
        return
    yield f"published without {', '.join(facts.missing)}" if facts.missing else "published with all sites"
    if facts.late_lines:
        yield "lines came after publication and are left out"


def _over(grain: Grain, days: Sequence[dt.date]) -> list[str]:
    """The periods of the days, in order, without one that has begun and is not over."""
    names = list(dict.fromkeys(Period.of(grain, day).name for day in days))
    if days and Period.of(grain, days[-1] + dt.timedelta(days=1)).name == names[-1]:
        names.pop()
    return names


def _table_row(spec: TableSpec, there: Sequence[str], names: Sequence[str]) -> dict[str, object]:
    held = set(there)
    missing = [name for name in names if there and name >= there[0] and name not in held]
    due = names[-1] if names else None
    state = "empty" if not there else "behind" if due and there[-1] < due else "fresh"
    return {
        "table_name": spec.name,
        "grain": str(spec.grain),
        "first_period": there[0] if there else None,
        "last_period": there[-1] if there else None,
        "due_period": due,
        "missing_count": len(missing),
        "state": state,
        "why": _why(there, missing),
    }


def _why(there: Sequence[str], missing: Sequence[str]) -> str:
    if not there:
        return "nothing is published yet"
    if not missing:
        return "every period that is due is there"
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return f"not published: {', '.join(missing[:NAMED])}{more}; the table days says what is known of each day"
