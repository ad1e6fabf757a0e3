"""A month night by night, with and without crashes: ``python -m tests.faults.month BASE < FAULTS``.

Files of a day come in several runs, one comes late, a day has none, somebody is forgotten, keys are destroyed
when their time is over. FAULTS are JSON, one a line: the day after which a night is disturbed, and the fault;
such a night is run once more, as the engineer or the schedule would. Each night is a process of its own.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
from functools import partial
from pathlib import Path

from iesiz import pipeline
from iesiz.night import run_night
from tests.faults import world
from tests.faults.runs import Fault, child, disturbed, warm_up
from tests.nights import Network, log, network, site
from tests.quarters import REGISTRATION, deliver, people

FIRST, DAYS = dt.date(2025, 3, 1), 31
MISSING, LATE, LATE_AT, FORGOTTEN_AT = 18, 10, 15, 20
MORNING, EVENING, AFTERWARDS = range(1, 25), range(25, 41), range(41, 50)


def make(base: Path) -> Network:
    """A network whose days stay open for a day longer; people register on each of its days."""
    net = network(base, site("mall", "web", more="close_after_days = 1"), REGISTRATION)
    deliver(net, people(150))
    return net


def deliver_night(net: Network, day: int) -> None:
    """What comes in the night after a day of the month: its first part, and the rest of the day before."""
    for number, part in ((day, MORNING), (day - 1, EVENING)):
        if 0 < number <= DAYS and number != MISSING:
            name = f"logs/mall/web/{number:02}-{part.start:02}.log"
            net.write(name, log(FIRST.replace(day=number), part))
    if day == LATE_AT:
        net.write("logs/mall/web/late.log", log(FIRST.replace(day=LATE), AFTERWARDS))


def night(base: Path, day: int) -> int:
    """The night after a day of the month, at half past two in Almaty."""
    settings = Network(base).settings
    moment = dt.datetime.combine(FIRST + dt.timedelta(days=day - 1), dt.time(21, 30), dt.UTC)
    with world.fixed(moment):
        if day == FORGOTTEN_AT:
            with pipeline.store_lock(settings):
                pipeline.forget(settings, world.GONE)
        return run_night(settings, (), lambda *_: None).exit_code


def main() -> None:
    """The month, and two nights more for its last days."""
    base = Path(sys.argv[1])
    asked = {day: Fault(**fault) for day, fault in map(json.loads, sys.stdin)}
    net = make(base)
    warm_up()
    for day in range(1, DAYS + 3):
        deliver_night(net, day)
        do = partial(night, base, day)
        if day in asked and disturbed(base, asked[day], do) != -signal.SIGKILL:
            sys.exit(f"the night after day {day} was not killed")
        if code := child(do):
            sys.exit(f"the night after day {day} ended with {code}")


if __name__ == "__main__":
    main()
