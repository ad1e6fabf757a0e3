"""What was drawn, kept in the restricted zone and given again: a period's noise is never drawn twice.

A second draw of the same counts could be averaged with the first. A draw holds what readers will see and
nothing else: no exact count, no seed. In: rows with noise. Out: the same rows, or a refusal if they are not
what was noted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from iesiz.dp.budget import DRAW, RESERVE
from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Entry, Ledger
from iesiz.periods import Period
from iesiz.settings import Settings
from iesiz.storage import outside, write_secret

Row = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Draw:
    """One release of a table, as it was drawn.

    Attributes:
        reservation: digest of the reservation that it was drawn under.
        rows: labels and numbers with noise, a row a cell.
        noise: what readers must know of the noise.
    """

    table: str
    period: str
    reservation: str
    rows: tuple[Row, ...]
    noise: Mapping[str, object]


def find_draw(settings: Settings, ledger: Ledger, table: str, period: Period) -> Draw | None:
    """What was drawn of a table for a period, or None; one that a crash left without its note is noted.

    Raises:
        PrivacyRefusal: it is lost, changed, or of another reservation; it is never drawn anew.
    """
    path, noted = _path(settings, table, period), _last(ledger, DRAW, table, period)
    if noted is None and not path.exists():
        return None
    content = _content(path)
    if noted is not None and hashlib.sha256(content).hexdigest() != noted.facts["sha256"]:
        raise _not_as_noted(path)
    try:
        draw = Draw(**{**json.loads(content), "rows": tuple(json.loads(content)["rows"])})
    except (ValueError, TypeError, KeyError):
        raise _not_as_noted(path) from None
    if noted is None:
        reserved = {one.digest for one in ledger.entries(RESERVE) if _is_of(one, table, period)}
        if draw.reservation not in reserved:
            raise _not_as_noted(path)
        _note(ledger, draw, content)
    return draw


def keep_draw(settings: Settings, ledger: Ledger, period: Period, draw: Draw) -> None:
    """Keep a draw durably, then note it.

    Raises:
        OutsideError: the storage failed; nothing was told to anybody, and the reservation stays spent.
    """
    content = json.dumps(asdict(draw), sort_keys=True, ensure_ascii=False).encode()
    write_secret(_path(settings, draw.table, period), content)
    _note(ledger, draw, content)


def drawn_periods(settings: Settings) -> dict[str, frozenset[Period]]:
    """The periods of which each table was drawn."""
    found: dict[str, set[Period]] = {}
    for entry in Ledger(settings.restricted / "dp" / "ledger.jsonl").entries(DRAW):
        found.setdefault(entry.facts["table"], set()).add(Period.named(entry.facts["period"]))
    return {table: frozenset(periods) for table, periods in found.items()}


def _note(ledger: Ledger, draw: Draw, content: bytes) -> None:
    facts = {"table": draw.table, "period": draw.period, "reservation": draw.reservation}
    ledger.append(DRAW, {**facts, "sha256": hashlib.sha256(content).hexdigest()})


def _last(ledger: Ledger, kind: str, table: str, period: Period) -> Entry | None:
    found = [one for one in ledger.entries(kind) if _is_of(one, table, period)]
    return found[-1] if found else None


def _is_of(entry: Entry, table: str, period: Period) -> bool:
    return (entry.facts["table"], entry.facts["period"]) == (table, period.name)


def _content(path: Path) -> bytes:
    with outside(path):
        return path.read_bytes() if path.exists() else b""


def _path(settings: Settings, table: str, period: Period) -> Path:
    return settings.restricted / "dp" / "draws" / table / f"{period.grain}={period}.json"


def _not_as_noted(path: Path) -> PrivacyRefusal:
    return PrivacyRefusal(
        f"{path}: not the draw that was noted, and a draw is never made twice. Restore the store from a copy."
    )
