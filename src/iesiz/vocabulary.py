"""The words that all rooms share, as frozen types that cannot hold a wrong value.

A record crosses from one stage to the next as an Arrow table, a path or one of these types,
never as a loose tuple. Counts are plain whole numbers: no type here has room for content.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from iesiz.errors import SettingsError

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
OTHER = "other"
SUPPRESSED = "suppressed"
NOISY = "noisy"
CATALOG = "catalog.duckdb"
PUBLISHED = "published"
PROTECTION = "primary and complementary suppression, audited"
AUDITED = "audited"
NOISE_PROTECTION = "differential privacy, noise by OpenDP"
NOISE_CONFIRMED = "noise within its budget"


class Role(StrEnum):
    """What a column of a table is for.

    One of the role ``rule`` is read by rules and never published. A ``derived`` one is no count: it is told
    only beside published counts, by a rule of its own, and is null otherwise.
    """

    DIMENSION = "dimension"
    MEASURE = "measure"
    CONTRIBUTOR = "contributor"
    DERIVED = "derived"
    RULE = "rule"
    STATUS = "status"


class Outcome(StrEnum):
    """What became of a line that was read."""

    RECOGNISED = "recognised"
    IGNORED = "ignored"
    REJECTED = "rejected"


class Purpose(StrEnum):
    """The purposes of the policy under which a table may be published."""

    SERVICE_QUALITY = "2C"
    RESEARCH = "2E"


class DayState(StrEnum):
    """Where a local day stands in its life; an expired one was never published, and its records are gone."""

    OPEN = "open"
    EXPIRED = "expired"
    PUBLISHED = "published"


def day_of(text: str) -> dt.date:
    """Read ``YYYY-MM-DD``.

    Raises:
        SettingsError: the text is not a date of that form.
    """
    try:
        if len(text) == len("2026-11-01"):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise SettingsError("A day is written YYYY-MM-DD, for example 2026-11-01.")


def check_name(kind: str, name: str) -> str:
    """Return ``name`` if it can stand in a path and a key's name.

    Raises:
        SettingsError: it is empty, too long or holds other than a-z, 0-9, ``-`` and ``_``.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise SettingsError(f"The name of a {kind} is made of a-z, 0-9, '-' and '_', at most 63 of them.")
    return name


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that arrived for one stream of one site; nothing of it has been read.

    Attributes:
        refusal: why it may not be read (a pipe, a link out of its folder); empty for an ordinary file.
    """

    site: str
    stream: str
    path: Path
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a night from going well: where it was looked for, what it is, what to do."""

    check: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key is for; never the key.

    Attributes:
        scope: the site, or what is wider than one.
        epoch: the period that it is for, or the stream.
        destroy_after: the last day on which it may be kept; None as long as something needs it.
    """

    purpose: str
    scope: str
    epoch: str
    created: dt.date
    destroy_after: dt.date | None

    @property
    def name(self) -> str:
        """Purpose, scope and epoch, as the ledger names it."""
        return f"{self.purpose}/{self.scope}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class Balance:
    """What of a budget is spent.

    Attributes:
        unit: whose loss it is.
        epoch: a month (2026-11) or a year (2026).
        limit, spent, left: rho as exact decimals; limit and left are empty where no budget is set any more.
        delta: the chances of wrongly told labels, added up.
    """

    unit: str
    epoch: str
    limit: str
    spent: str
    left: str
    delta: str


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a night finds before it starts.

    Attributes:
        files: files of all sites, read before or not.
        unmatched: ``site/stream`` of declared logs for which there is no file.
        last: the night's own local day; no later one is closed.
    """

    files: tuple[FileRef, ...]
    last: dt.date
    unmatched: tuple[str, ...] = ()
