"""Local days of a file's lines as runs: most files are of a day or two, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class DayRuns:
    """Days since 1970-01-01 and how many lines in a row are of each, in the order of the file."""

    _days: list[Days] = field(default_factory=list)
    _counts: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def add(self, days: Days) -> None:
        """Append the days of more lines, one a line."""
        if not len(days):
            return
        starts = np.concatenate([[0], np.flatnonzero(days[1:] != days[:-1]) + 1])
        counts = np.diff(starts, append=len(days))
        if self._days and self._days[-1][-1] == days[0]:
            self._counts[-1][-1] += counts[0]
            starts, counts = starts[1:], counts[1:]
        if len(starts):
            self._days.append(days[starts])
            self._counts.append(counts)

    @property
    def present(self) -> list[int]:
        """The days that are there, ascending."""
        return sorted({day for days in self._days for day in np.unique(days).tolist()})

    def are(self, wanted: Iterable[int]) -> Flags:
        """Whether each line is of one of the days, shape (lines,)."""
        runs = [np.isin(days, list(wanted)) for days in self._days]
        spread = [np.repeat(flags, counts) for flags, counts in zip(runs, self._counts, strict=True)]
        return np.concatenate([np.zeros(0, np.bool_), *spread])

    def of(self, lines: Flags) -> list[int]:
        """The days of some lines, ascending."""
        return [day for day in self.present if bool((lines & self.are([day])).any())]
