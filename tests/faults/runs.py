"""Disturbed runs, each in a child process that is forked before any library has started a thread.

``python -m tests.faults.runs`` reads requests, one line of JSON each: a fault and the scene that it disturbs.
It runs the night on a copy of the scene with the fault, then again without, and answers with what it saw.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import markdown_it  # noqa: F401 - what every child would have to load again

from iesiz import tools
from iesiz.deidentify.agents import classify_agent
from iesiz.errors import IesizError
from iesiz.publish import verify_store
from tests.faults import world
from tests.nights import BROWSER, Network, log

KINDS = {"count": 0, "kill": 1, "once": 2, "from": 3}
FAILED, UNFORESEEN = 5, 70


@dataclass(frozen=True)
class Fault:
    """What goes wrong at which of the calls that change the store (counted from 0), and its error number.

    Of kind ``count`` nothing does; each call is named in the file ``calls`` beside the scene.
    """

    kind: str
    at: int = 0
    error: int = 0


@dataclass(frozen=True)
class Request:
    """A fault that is to be tried.

    Attributes:
        scene: one of ``world.SCENES``.
        begun: the folder of the network before the night; made if it is not there.
    """

    scene: str
    begun: str
    fault: Fault

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Request:
        """The request of its JSON."""
        return cls(**{**facts, "fault": Fault(**facts["fault"])})


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

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Seen:
        """What its JSON says."""
        return cls(**{**facts, "fault": Fault(**facts["fault"])})


def warm_up() -> None:
    """Do what every child would have to do again, and start no thread here, as a fork takes none along."""
    with tempfile.TemporaryDirectory() as place:
        sample = Path(place) / "warm.log"
        sample.write_bytes(log(world.BEFORE))
        tools.examine([sample], "combined")
    classify_agent(BROWSER)


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


def try_fault(asked: Request) -> Seen:
    """One fault on a copy of its own, which is deleted afterwards."""
    begun, fault, last = Path(asked.begun), asked.fault, world.SCENES[asked.scene]
    if not begun.exists() and child(lambda: world.begin(begun, last)):
        raise RuntimeError(f"the scene {asked.scene} could not be made")
    base = begun.with_name(f"{fault.kind}-{fault.error}-{fault.at}")
    shutil.copytree(begun, base)
    net = Network(base)
    before = world.kept(net)
    record = os.open(begun.with_name("calls"), os.O_WRONLY | os.O_CREAT) if fault.kind == "count" else -1
    first = disturbed(base, fault, lambda: world.work(net.settings, last).exit_code, record)
    between = world.kept(net)
    lost = [name for name in before if name not in between and "ledger" not in name]
    second = child(lambda: world.work(net.settings, last).exit_code)
    left = world.leftovers(net) + list(verify_store(net.settings))
    seen = Seen(fault, first, second, lost, world.kept(net), left)
    shutil.rmtree(base)
    return seen


def main() -> None:
    """Try faults as long as somebody asks."""
    warm_up()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(asdict(try_fault(Request.of(json.loads(line))))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
