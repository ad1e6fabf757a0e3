"""Runs of digits as people group them: ``+7 (701) 234-56-78``, ``4000 1234 ...``, ``900101300017``.

Job: cut a text into runs of digit groups that stand so close that they may be one number, and offer
the numbers to be read in them. In: decoded text. Out: runs and windows. It must not say what a number is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEPARATOR = r"[\s.\-\u2010-\u2015\u2212_()\[\]+/]"
_MIN_DIGITS = 9  # Shorter runs are no number that could tell a person.
_RUN = re.compile(rf"\d(?:{SEPARATOR}{{0,3}}\d){{{_MIN_DIGITS - 1},}}")
_GROUP = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Group:
    """Digits without a gap.

    Attributes:
        start: where they begin in the text.
        end: where they end in the text, exclusive.
        offset: digits before them in their run.
        block: groups of one block are one character apart, other ones two or three.
    """

    start: int
    end: int
    offset: int
    block: int


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring groups of a text.

    Attributes:
        groups: at least one.
        digits: of all of them.
        ends: from the digits up to the end of a group to its index.
    """

    groups: tuple[Group, ...]
    digits: str
    ends: dict[int, int]

    def is_whole(self, window: Window) -> bool:
        """Tell whether a window takes in all groups."""
        return window.first == 0 and window.last == len(self.groups) - 1

    def is_tight(self, window: Window) -> bool:
        """Tell whether no two groups of a window are more than one character apart."""
        return self.groups[window.first].block == self.groups[window.last].block

    def sizes(self, window: Window) -> tuple[int, ...]:
        """Return the digits in each group of a window."""
        return tuple(group.end - group.start for group in self.groups[window.first : window.last + 1])


@dataclass(frozen=True, slots=True)
class Window:
    """The groups ``first`` to ``last`` (inclusive) of a run read as one number, and its place in the text."""

    first: int
    last: int
    start: int
    end: int
    digits: str


def digit_runs(text: str) -> Iterator[Run]:
    """Yield the runs of at least nine digits whose groups are at most three separators apart."""
    for match in _RUN.finditer(text):
        groups: list[Group] = []
        ends: dict[int, int] = {}
        offset = block = 0
        for group in _GROUP.finditer(match.group()):
            start, end = match.start() + group.start(), match.start() + group.end()
            block += bool(groups) and start - groups[-1].end > 1
            groups.append(Group(start, end, offset, block))
            offset += end - start
            ends[offset] = len(groups) - 1
        yield Run(tuple(groups), "".join(_GROUP.findall(match.group())), ends)


def windows(run: Run, first: int, lengths: Sequence[int]) -> Iterator[Window]:
    """Yield the numbers of the given lengths that begin with group ``first`` and end with some group."""
    group = run.groups[first]
    for length in lengths:
        last = run.ends.get(group.offset + length)
        if last is not None:
            digits = run.digits[group.offset : group.offset + length]
            yield Window(first, last, group.start, run.groups[last].end, digits)
