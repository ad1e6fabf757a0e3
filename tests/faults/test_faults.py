"""A night that is killed, or whose disk fails, at any call that changes the store.

Nothing that was published is lost, nothing half done stays, and the next night ends in the bytes of an
undisturbed one, with ledgers that verify.
"""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Sequence

import pytest

from tests.faults.conftest import Prepare, Prepared, Try
from tests.faults.runs import FAILED, Fault, Seen

KILLS, GROUPS, QUARTER, FAILURES = 110, 9, 5, 8
PARTS = (
    "keys/",
    "requests/",
    "exact/",
    "seen/",
    "staging/",
    "journal",
    "ledger",
    "catalog",
    "dashboard",
    "forget",
    "runs",
)

pytestmark = pytest.mark.faults


def kind_of(call: str) -> str:
    """What a call does to which kind of file, without days, numbers and digests."""
    return re.sub(r"[0-9a-f]{8,}|\d+", "N", call)


def spread(calls: Sequence[str], count: int) -> list[int]:
    """So many calls: the first of each kind, as far as they go, and others evenly between."""
    first = list({kind_of(call): number for number, call in reversed(list(enumerate(calls)))}.values())
    if len(first) >= count:
        return sorted(sorted(first)[step * len(first) // count] for step in range(count))
    rest = sorted(set(range(len(calls))) - set(first))
    more = count - len(first)
    return sorted([*first, *(rest[step * len(rest) // more] for step in range(more))])


def wrong(seen: Sequence[Seen], prepared: Prepared, ends: set[int]) -> list[tuple[Fault, str]]:
    """What is not as it must be, by fault."""
    found, whole = [], prepared.undisturbed
    for one in seen:
        told = {
            f"ended with {one.first}": one.first not in ends,
            f"the next ended with {one.second}": one.second != 0,
            f"lost {one.lost}": bool(one.lost),
            f"left {one.left}": bool(one.left),
            f"published {sorted(one.kept.items() ^ whole.items())}": one.kept != whole,
        }
        found += [(one.fault, text) for text, is_wrong in told.items() if is_wrong]
    return found


def test_every_kind_of_write_is_among_the_calls(prepare: Prepare) -> None:
    calls = prepare("week").calls
    kinds = {kind_of(call) for call in calls}
    assert len(calls) > 500
    for part in PARTS:
        assert any(part in kind for kind in kinds), part


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_night_that_is_killed_anywhere_is_finished_by_the_next(
    prepare: Prepare, try_faults: Try, group: int
) -> None:
    prepared = prepare("week")
    faults = [Fault("kill", at) for at in spread(prepared.calls, KILLS)[group::GROUPS]]
    seen = try_faults(prepared, faults)
    assert wrong(seen, prepared, {-signal.SIGKILL, 0}) == []
    # Threads may do the same work in fewer calls, so that the last few of them are not met.
    assert sum(one.first == -signal.SIGKILL for one in seen) >= len(faults) - 1


def test_a_night_that_is_killed_while_it_closes_a_quarter_is_finished_by_the_next(
    prepare: Prepare, try_faults: Try
) -> None:
    prepared, known = prepare("quarter"), {kind_of(call) for call in prepare("week").calls}
    own = [number for number, call in enumerate(prepared.calls) if kind_of(call) not in known]
    assert len(own) > QUARTER
    seen = try_faults(prepared, [Fault("kill", own[step * len(own) // QUARTER]) for step in range(QUARTER)])
    assert wrong(seen, prepared, {-signal.SIGKILL}) == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [("from", errno.ENOSPC), ("once", errno.ENOSPC), ("from", errno.EIO), ("once", errno.EIO)],
)
def test_a_disk_that_fails_ends_the_night_as_foreseen_and_the_next_one_makes_good(
    prepare: Prepare, try_faults: Try, kind: str, error: int
) -> None:
    prepared = prepare("week")
    seen = try_faults(prepared, [Fault(kind, at, error) for at in spread(prepared.calls, FAILURES)])
    assert wrong(seen, prepared, {FAILED, 0}) == []
    assert any(one.first == FAILED for one in seen)
