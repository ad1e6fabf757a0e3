"""How the numbers of two tables hang together, as data: ``[[links]]`` of a table.toml read into frozen types.

In: the entries of one table. Out: ``Link``. Whether the other table exists and fits is asked by the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iesiz.errors import PrivacyRefusal


@dataclass(frozen=True, slots=True)
class Link:
    """What everyone knows of two tables' numbers once some dimensions are summed out.

    Attributes:
        table: the other table.
        over: own dimensions summed out; none where both tables have the same cells.
        over_there: the other table's dimensions summed out.
        sums: own column to the other's column with the same sum.
        unions: own distinct count to the other's: `max(parts) <= union <= sum(parts)`, on both sides of one
            unpublished set where the other table is summed as well.
        within: own distinct count to the other's, which holds every part and perhaps others besides.
        times: own distinct count to the other's count of days on which the same contributors were seen: each
            of a cell's was seen as often as its value of the dimension that is summed out says.
        over_time: the other table is of another grain: `sums` and `unions` go over the days that the own
            period is made of, `within` to the longer periods that hold some of its days.
        by_route: each own step's numbers in `sums` are at most those of the page that the step is, in the
            other table's cell of that route; the first step's are the same.
        each: own dimensions for each value of which it holds, where the other table has no such dimension.
    """

    table: str
    over: tuple[str, ...]
    over_there: tuple[str, ...] = ()
    sums: Mapping[str, str] = field(default_factory=dict)
    unions: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    by_route: bool = False
    over_time: bool = False
    each: tuple[str, ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether the table shows the other's very cells, so that its numbers are the other's."""
        return not (self.over or self.over_there or self.over_time)


def read_links(table: str, entries: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    """Read the links of one table.

    Raises:
        PrivacyRefusal: an entry lacks a fact, has one too many, or one of another kind.
    """
    return tuple(_link(table, entry) for entry in entries)


def _link(table: str, entry: Mapping[str, Any]) -> Link:
    lists, maps = ("over", "over_there", "each"), ("sums", "unions", "within", "times")
    known = {"table", "by_route", "over_time", *lists, *maps}
    fits = (
        set(entry) <= known
        and isinstance(entry.get("table"), str)
        and all(isinstance(entry.get(name, False), bool) for name in ("by_route", "over_time"))
        and all(_words(entry.get(name, [])) for name in lists)
        and all(isinstance(entry.get(name, {}), Mapping) for name in maps)
        and all(_words(list(entry.get(name, {}).values())) for name in maps)
    )
    sums_out = "over" in entry or entry.get("over_time")
    if not fits or not sums_out or not any(entry.get(name) for name in maps):
        raise PrivacyRefusal(
            f"Table {table}: a link has a table, the dimensions it sums over, and sums, unions or within "
            f"from own columns to the other's; known are {sorted(known)}."
        )
    return Link(
        entry["table"],
        over=tuple(entry.get("over", ())),
        over_there=tuple(entry.get("over_there", ())),
        each=tuple(entry.get("each", ())),
        sums=dict(entry.get("sums", {})),
        unions=dict(entry.get("unions", {})),
        within=dict(entry.get("within", {})),
        times=dict(entry.get("times", {})),
        by_route=entry.get("by_route", False),
        over_time=entry.get("over_time", False),
    )


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
