"""The words that the generator's modules share. Times are naive local times of Asia/Almaty (+0500)."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Site:
    """A site of the network: how it is reached, what it serves, how its log is written and rotated."""

    name: str
    host: str
    kind: str  # mall or club: which pages of content.toml it serves
    log_format: str  # combined_timed, vhost_combined or combined_forwarded
    rotation_days: int
    is_last_log_plain: bool = False


SITES = (
    Site("mega-almaty", "mega-almaty.example", "mall", "combined_timed", rotation_days=1),
    Site("mega-astana", "mega-astana.example", "mall", "vhost_combined", rotation_days=7),
    Site("club", "club.mega.example", "club", "combined_forwarded", rotation_days=1, is_last_log_plain=True),
)


@dataclass(frozen=True)
class Plan:
    """What to generate: `days` local days from `first` on, `scale` times the usual traffic."""

    seed: int
    first: date
    days: int
    scale: float

    def __post_init__(self) -> None:
        """Refuse a plan that would generate nothing."""
        if self.days < 1 or self.scale <= 0:
            raise ValueError("a plan needs at least one day and a scale above zero")

    def rng(self, *topic: object) -> Random:
        """A source of chance for one topic, so that a change to one leaves the others as they were."""
        return Random(":".join(map(str, (self.seed, *topic))))

    def dates(self) -> list[date]:
        """The local days, in order."""
        return [self.first + timedelta(days=n) for n in range(self.days)]


@dataclass(frozen=True)
class Request:
    """One request as the server saw it; `request` is the first line, `size` bytes sent."""

    at: datetime
    host: str
    address: str
    request: str
    status: int
    size: int
    referrer: str = "-"
    agent: str = "-"
    user: str = "-"
    port: int = 443
    forwarded: str = "-"
    seconds: float = 0.0


@dataclass(frozen=True)
class Line:
    """A line of a log, and the time that decides its place."""

    at: datetime
    text: str


def load(name: str) -> dict[str, Any]:
    """Read a list of this folder, e.g. `agents.toml`."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def midnight(day: date) -> datetime:
    """The first moment of a local day."""
    return datetime.combine(day, time())
