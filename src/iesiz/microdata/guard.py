"""What has to be suppressed of microdata beside published tables of the same people.

In: classes of a scheme, what each table has published, and an attacker who knows these tables. Out: classes
to suppress besides. It must not show a record that the models suppress.

1. People of a group minus its records are the people left out. They must be none or at least k, unless no
   record of the group is shown. Where a table withholds nothing of the group it must not be fewer than the
   records, and what they lack of it is none or at least k as well: accounts come and go after their day.
2. What the records tell of the sums of withheld cells goes to the attacker. He is told more than anybody can
   know: in which groups nobody was left out, so that their records are all the people there. Where he comes
   closer to a withheld number than its rule allows, a class that he summed over is suppressed, and he is
   asked again.

Whole classes are suppressed, the smallest first, until both hold or too many are gone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from iesiz.microdata.classes import Classes, Microdata, Vector
from iesiz.microdata.margins import Cut, Margin, Place, Scheme
from iesiz.microdata.models import Mask
from iesiz.microdata.records import Counts

ROUNDS = 40
"""How often the attacker is asked about one scheme before it is given up."""


@dataclass(frozen=True)
class GroupSum:
    """What the attacker is told of the people in some cells of a table.

    Attributes:
        cut: number of the table.
        places: combinations of its values, over all its periods.
        least, most: people in them; `most` may be infinite.
    """

    cut: int
    places: tuple[Place, ...]
    least: float
    most: float


@dataclass(frozen=True)
class Narrow:
    """A withheld number that the attacker came too close to; `cut` is None where no cut holds it."""

    cut: int | None = None
    place: Place = ()


@dataclass(frozen=True)
class _Group:
    """A group of a margin: how many of its records are shown, and how many people are left out of it."""

    margin: Margin
    number: int
    shown: int
    gone: int


Attack = Callable[[Sequence[GroupSum]], Sequence[Narrow]]


@dataclass(frozen=True)
class TablesGuard:
    """Suppresses what published tables would tell of beside the microdata.

    Attributes:
        data: the records.
        sensitive: name of the sensitive attribute; "" without one.
        cuts: the tables.
        k: fewest people that a difference may tell of.
        limit: records that may be suppressed; nothing is sought beyond.
        attack: tells withheld numbers that come too close, told what records tell; None where
            no table withholds anything.
    """

    data: Microdata
    sensitive: str
    cuts: Sequence[Cut]
    k: int
    limit: int
    attack: Attack | None

    def __call__(self, vector: Vector, classes: Classes, failing: Mask) -> Mask:
        """Return the classes to suppress, those that fail among them; all where no choice is safe."""
        margins = Scheme(self.data, self.sensitive, vector, classes).margins(self.cuts)
        failing = failing.copy()
        for _ in range(ROUNDS):
            self._settle(margins, classes, failing)
            if self.attack is None or self._is_beyond(classes, failing):
                return failing
            found = self.attack(self._sums(margins, failing))
            if not found:
                return failing
            self._relieve(found, margins, classes, failing)
        return np.ones_like(failing)

    def _is_beyond(self, classes: Classes, failing: Mask) -> bool:
        return bool(failing.all()) or int(classes.counts[failing].sum()) > self.limit

    def _settle(self, margins: Sequence[Margin], classes: Classes, failing: Mask) -> None:
        """Suppress until every difference tells of nobody or of k."""
        checked = 0
        while checked < len(margins) and not self._is_beyond(classes, failing):
            chosen = self._next(margins[checked], classes, failing)
            if chosen is None:
                checked += 1
            else:
                failing[chosen] = True
                checked = 0

    def _next(self, one: Margin, classes: Classes, failing: Mask) -> int | None:
        """The smallest class of the first group that tells too much; None if none does."""
        if not one.is_once:
            return None
        shown, gone = one.sums(~failing), one.sums(failing)
        tells = _is_few(gone, self.k)
        if one.told is not None:
            lack = np.array([told.published + told.beyond for told in one.told], np.int64) - shown
            whole = np.array([told.withheld == 0 for told in one.told], np.bool_)
            tells = tells | (whole & ((lack < 0) | _is_few(lack, self.k)))
        found = np.flatnonzero(tells & (shown > 0))
        return self._smallest(one, int(found[0]), classes, failing) if found.size else None

    def _smallest(self, one: Margin, number: int, classes: Classes, failing: Mask) -> int | None:
        inside = one.classes_in(number)
        inside = inside[~failing[inside]]
        return int(inside[np.argmin(classes.counts[inside])]) if inside.size else None

    def _sums(self, margins: Sequence[Margin], failing: Mask) -> list[GroupSum]:
        """What records tell of the sums of tables, and that no more than the share allowed is left out."""
        found = []
        for one in margins:
            shown, gone = one.sums(~failing), one.sums(failing)
            for number, told in enumerate(one.told or ()):
                if shown[number] and told.withheld:
                    beyond = told.beyond if one.is_once else 0
                    least = max(0.0, float(shown[number]) - beyond)
                    most = self._most(one, int(shown[number]), int(gone[number])) - beyond
                    found.append(GroupSum(one.cut, one.places[number], least, max(most, least)))
        return found

    def _most(self, one: Margin, shown: int, gone: int) -> float:
        """The most people that the attacker knows a group to have."""
        if not one.is_once:
            return math.inf
        if gone == 0:
            return shown
        share = self.limit / max(self.data.records, 1)
        return math.inf if one.columns or share >= 1 else shown / (1 - share)

    def _relieve(
        self, found: Sequence[Narrow], margins: Sequence[Margin], classes: Classes, failing: Mask
    ) -> None:
        """Suppress a class for each number, but none for those that an earlier one may have helped."""
        before = failing.copy()
        for one in found:
            groups = [group for margin in margins for group in self._groups_of(one, margin, failing)]
            if any(group.margin.sums(before)[group.number] == 0 < group.gone for group in groups):
                continue
            smallest = min(groups, key=lambda group: (group.gone > 0, group.shown), default=None)
            if smallest is not None:
                chosen = self._smallest(smallest.margin, smallest.number, classes, failing)
            elif (before == failing).all():
                chosen = int(np.argmin(np.where(failing, np.iinfo(np.int64).max, classes.counts)))
            else:
                continue
            failing[chosen] = True

    def _groups_of(self, narrow: Narrow, one: Margin, failing: Mask) -> list[_Group]:
        """The groups of a margin that hold a number and show a record."""
        if one.cut != narrow.cut or one.told is None:
            return []
        shown, gone = one.sums(~failing), one.sums(failing)
        return [
            _Group(one, int(number), int(shown[number]), int(gone[number]))
            for number in np.flatnonzero(shown > 0)
            if narrow.place in one.places[number]
        ]


def _is_few(people: Counts, k: int) -> Mask:
    return np.asarray((people > 0) & (people < k))
