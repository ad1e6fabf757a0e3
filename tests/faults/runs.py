"""Disturbed runs, each in a child process that is forked before any library has started a thread.

``python -m tests.faults.runs PLACE BEGUN SCENE`` reads one fault a line, as JSON (kind, at, error),
runs the night on a copy of BEGUN with it, then again without, and writes what it saw, one JSON object a line.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from iesiz import tools
from iesiz.deidentify.agents import classify_agent
from iesiz.errors import IesizError
from iesiz.publish import verify_store
from tests.faults import world
from tests.nights import BROWSER, Network

KINDS = {"count": 0, "kill": 1, "once": 2, "from": 3}
AT_ONCE = 2
FAILED, UNFORESEEN = 5, 70


@dataclass(frozen=True)
class Fault:
    """What goes wrong at which of the calls that change the store (counted from 0), and its error number."""

    kind: str
    at: int = 0
    error: int = 0


@dataclass(frozen=True)
class Seen:
    """What a disturbed run, and the one after it, came to.

    Attributes:
        first: how the disturbed run ended: 0, 5 if it failed as foreseen, 70 otherwise, below 0 for a signal.
        second: the same of the run after it.
        lost: what was published before and is not after the disturbed run.
        kept: SHA-256 of what is published after the second.
        left: what the second left behind, and what the auditor of the ledgers says.
    """

    fault: Fault
    first: int
    second: int
    lost: list[str]
    kept: dict[str, str]
    left: list[str]


def run(base: Path, scene: str) -> int:
    """The night, as an exit code."""
    return world.work(Network(base).settings, world.SCENES[scene]).exit_code


def child(do: Callable[[], int]) -> int:
    """Do it in a forked process; its exit code, or minus the signal that ended it.

    An error of ours is its exit code; one that nobody foresaw is shown.
    """
    number = os.fork()
    if not number:
        code = UNFORESEEN
        try:
            code = do()
        except IesizError as error:
            code = error.exit_code
        finally:
            if code == UNFORESEEN:
                traceback.print_exc()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def disturbed(base: Path, fault: Fault, do: Callable[[], int], record: int = -1) -> int:
    """Do it with a fault armed, in a forked process."""

    def armed() -> int:
        folder = f"{base / 'store'}/".encode()
        ctypes.CDLL(None).fault_arm(folder, KINDS[fault.kind], ctypes.c_long(fault.at), fault.error, record)
        return do()

    return child(armed)


def try_fault(place: Path, begun: Path, scene: str, fault: Fault) -> Seen:
    """One fault on a copy of its own, which is deleted afterwards."""
    base = place / f"{fault.kind}-{fault.error}-{fault.at}"
    shutil.copytree(begun, base)
    net = Network(base)
    before = world.kept(net)
    first = disturbed(base, fault, lambda: run(base, scene))
    between = world.kept(net)
    lost = [name for name in before if name not in between and "ledger" not in name]
    second = child(lambda: run(base, scene))
    left = world.leftovers(net) + list(verify_store(net.settings))
    seen = Seen(fault, first, second, lost, world.kept(net), left)
    shutil.rmtree(base)
    return seen


def shared_out(faults: list[Fault], number: int) -> Iterator[Fault]:
    """Every so-manieth fault, for one of the processes."""
    yield from faults[number::AT_ONCE]


def main() -> None:
    """Try the faults of standard input; or name the calls of an undisturbed run, if there are none."""
    place, begun, scene = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    # What every child would have to load again.
    tools.examine([begun / "logs/mall/web/first.log"], "combined")
    classify_agent(BROWSER)
    faults = [Fault(**json.loads(line)) for line in sys.stdin]
    if not faults:
        record = os.open(place / "calls", os.O_WRONLY | os.O_CREAT)
        sys.exit(disturbed(begun, Fault("count"), lambda: run(begun, scene), record))
    children = []
    for number in range(AT_ONCE):
        process = os.fork()
        if not process:
            for fault in shared_out(faults, number):
                line = json.dumps(asdict(try_fault(place, begun, scene, fault))) + "\n"
                os.write(1, line.encode())
            os._exit(0)
        children.append(process)
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children))


if __name__ == "__main__":
    main()
