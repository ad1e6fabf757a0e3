"""What is told of a run, in one line of JSON: counts, names of periods and sites, codes; never content."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from iesiz.periods import Period
from iesiz.vocabulary import FileRef

NIGHT, UPKEEP = "night", "upkeep"


@dataclass(frozen=True, slots=True)
class Work:
    """A unit of work of a run.

    Attributes:
        kind: ``file``, ``registrations``, ``day``, ``week``, ..., ``microdata``, ``catalog``, ``run``, ...
        name: what people call it.
        period: the name of the period that it closes.
    """

    kind: str
    name: str = ""
    site: str = ""
    stream: str = ""
    period: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()

    @classmethod
    def of_file(cls, file: FileRef) -> Work:
        """Reading a file."""
        return cls("file", str(file.path), file.site, file.stream)

    @classmethod
    def of_day(cls, day: dt.date) -> Work:
        """Closing a day."""
        return cls("day", day.isoformat(), period=day.isoformat())

    @classmethod
    def of_period(cls, period: Period) -> Work:
        """Closing a day or a longer period."""
        return cls(period.grain.value, period.name, period=period.name)

    @classmethod
    def of_microdata(cls, period: Period) -> Work:
        """Releasing the microdata of a month or quarter."""
        return cls("microdata", period.name, period=period.name)


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """A unit of work that failed, by code."""

    code: str
    exit_code: int
    work: str
    site: str = ""
    stream: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The summary of a run.

    Attributes:
        run: what tells it from other runs.
        kind: ``night`` or ``upkeep``.
        began, ended: ISO times in UTC.
        last: the last local day that the run was to close (ISO).
        days, periods: names of what it published; ``missing`` days without any data.
        tables: tables published; ``tables_held`` those that the auditor held back.
        cells, withheld: cells of the published tables, and those of them that are withheld.
        files: their number by verdict; ``lines`` their lines by outcome.
        empty: ``site/stream`` of files without a line; ``unmatched`` of logs without a file.
        lapsed: days whose records reached the end of their time unpublished.
        seconds: by stage, and in all.
        failures: what failed.
        hooks: what became of each alert hook; empty as long as nobody was told.
    """

    run: str
    kind: str
    began: str
    ended: str
    exit_code: int
    last: str = ""
    days: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    tables: int = 0
    tables_held: int = 0
    cells: int = 0
    withheld: int = 0
    files: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    registrations: int | None = None
    empty: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    keys_destroyed: int = 0
    lapsed: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    failures: tuple[FailureFacts, ...] = ()
    hooks: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, line: str | bytes) -> RunFacts:
        """Read such a line.

        Raises:
            ValueError: it is none.
        """
        found: dict[str, Any] = json.loads(line)
        try:
            failures = tuple(FailureFacts(**one) for one in found.pop("failures"))
            names = ("days", "periods", "missing", "empty", "unmatched", "lapsed")
            lists: dict[str, Any] = {name: tuple(found.pop(name)) for name in names}
            return cls(**found, **lists, failures=failures)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not the summary of a run") from None
