"""Robots that pass for browsers: visitor-days that do what no person does.

An agent that the log lacks makes nobody a robot. The thresholds are those of ``iesiz.behaviour``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iesiz.aggregate.habit_kernel import ASSETS, BUSIEST, HABITS, PAGES, ROBOTS_FILES, count_habits
from iesiz.aggregate.rows import People
from iesiz.aggregate.words import Words
from iesiz.behaviour import Behaviour

Habits = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """What visitors who are no suspects asked for: pages and assets."""

    pages: int = 0
    assets: int = 0

    def plus(self, other: Asked) -> Asked:
        """Both together."""
        return Asked(self.pages + other.pages, self.assets + other.assets)

    def has_assets(self, behaviour: Behaviour) -> bool:
        """Whether the site's log has assets; where it leaves them out, nobody asks for one."""
        return self.assets >= max(1, behaviour.asset_share * self.pages)


def habits_of(people: People) -> Habits:
    """What each visitor asked for, shape (visitors, ``HABITS``)."""
    found = np.zeros((people.visitors, HABITS), np.int64)
    rows = people.rows
    count_habits(people.starts, rows["second"], rows["duration"], rows["kind"], rows["spoken"], found)
    return found


def asked_of(people: People, words: Words, behaviour: Behaviour) -> Asked:
    """What those ask for who might tell whether a site's log has assets. The suspects have no say in it."""
    habits = habits_of(people)
    is_bare = (habits[:, ASSETS] == 0) & (habits[:, PAGES] >= behaviour.bare_pages)
    asked = habits[_has_agent(people, words) & ~is_bare].sum(axis=0)
    return Asked(int(asked[PAGES]), int(asked[ASSETS]))


def persons_among(
    people: People, habits: Habits, words: Words, behaviour: Behaviour, *, has_assets: bool
) -> Flags:
    """Whether each visitor with requests is taken for a person."""
    reads = habits[:, ROBOTS_FILES] >= behaviour.robots_requests
    hasty = habits[:, BUSIEST] >= behaviour.minute_pages
    is_bare = (habits[:, ASSETS] == 0) & (habits[:, PAGES] >= behaviour.bare_pages) & has_assets
    is_person: Flags = ~(_has_agent(people, words) & (reads | hasty | is_bare))
    return is_person & (np.diff(people.starts) > 0)


def _has_agent(people: People, words: Words) -> Flags:
    unknown = words.place["device"].get(UNKNOWN, -1)
    found, there = np.zeros(people.visitors, np.bool_), np.diff(people.starts) > 0
    found[there] = people.rows["device"][people.starts[:-1][there]] != unknown
    return found
